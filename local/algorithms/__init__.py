"""The training containers of SageMaker's built-in algorithms, as local processes."""
