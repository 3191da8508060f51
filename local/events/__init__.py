"""EventBridge, where it differs from MiniStack's."""
