"""CloudFormation, where it differs from MiniStack's."""
