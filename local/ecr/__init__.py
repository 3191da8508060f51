"""ECR: the registries of SageMaker's own accounts, which MiniStack does not have."""
