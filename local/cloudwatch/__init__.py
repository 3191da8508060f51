"""CloudWatch, where it differs from MiniStack's."""
