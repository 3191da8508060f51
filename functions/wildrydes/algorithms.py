"""The algorithms that train, and what serves their models: their names in inputs, cards and commands."""

LINEAR_LEARNER, XGBOOST, KNN = "linear-learner", "xgboost", "knn"
ALGORITHMS = (LINEAR_LEARNER, XGBOOST, KNN)
"""The algorithms by SageMaker's names for them, the default first."""

LAMBDA, ENDPOINT = "lambda", "endpoint"
"""What serves a model: the task's function by itself, or an endpoint that the function asks."""

SERVINGS = (LAMBDA, ENDPOINT)
"""Both, the default first."""
