"""EventBridge Scheduler, where it differs from MiniStack's."""
