"""CloudWatch Logs, where it differs from MiniStack's."""
