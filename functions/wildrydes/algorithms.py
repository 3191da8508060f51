"""The algorithms that train, and what serves their models: their names in inputs, cards and commands."""

from collections.abc import Mapping
from types import MappingProxyType

LINEAR_LEARNER, XGBOOST, KNN = "linear-learner", "xgboost", "knn"
ALGORITHMS = (LINEAR_LEARNER, XGBOOST, KNN)
"""The algorithms by SageMaker's names for them, the default first."""

JOB_SUFFIXES: Mapping[str, str] = MappingProxyType(
    {name: "" if name == LINEAR_LEARNER else f"-{name}" for name in ALGORITHMS}
)
"""What the name of an algorithm's training job has after the execution's."""

LAMBDA, ENDPOINT = "lambda", "endpoint"
"""What serves a model: the task's function by itself, or an endpoint that the function asks."""

SERVINGS = (LAMBDA, ENDPOINT)
"""Both, the default first."""
