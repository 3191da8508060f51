"""Which module loads the artefact of an algorithm. Modules are imported when they are needed: environments differ."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from local.algorithms.serving.predictor import Predictor

# Each has `load(folder) -> Predictor`, which raises UnusableModelError.
MODULES = {
    "linear-learner": "local.algorithms.linear_learner.serving",
    "xgboost": "local.algorithms.xgboost.serving",
    "knn": "local.algorithms.knn.serving",
}


def loader(algorithm: str) -> Callable[[Path], Predictor]:
    """The function that loads `algorithm`'s artefact from a folder. Raises KeyError for an unknown algorithm."""
    return import_module(MODULES[algorithm]).load
