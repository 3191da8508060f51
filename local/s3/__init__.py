"""S3, where it differs from MiniStack's."""
