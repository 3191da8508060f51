"""The metrics that the container adds to the library's own.

The library calls an added metric with predictions after the objective's
transformation, and the matrix with the labels.
"""

# pyright: reportAttributeAccessIssue=false

from collections.abc import Callable, Sequence

import numpy as np

from local.algorithms.xgboost.errors import UserError
from local.algorithms.xgboost.library import DMatrix

Added = Callable[[np.ndarray, DMatrix], list[tuple[str, float]]]


def _mse(predictions: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean((predictions.astype(np.float64) - labels) ** 2))


def _r2(predictions: np.ndarray, labels: np.ndarray) -> float:
    spread = float(np.mean((labels - labels.mean(dtype=np.float64)) ** 2))
    return 1 - _mse(predictions, labels) / spread if spread else 0.0


def _accuracy(predictions: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean((predictions > 0.5) == (labels > 0.5)))


_OWN = {"mse": _mse, "r2": _r2, "accuracy": _accuracy}
# Of the container, and not of the library.
_NOT_BUILT = frozenset(
    {"balanced_accuracy", "f1", "f1_binary", "f1_macro", "precision", "recall"}
    | {f"{name}_{kind}" for name in ("precision", "recall") for kind in ("macro", "micro")}
)


def divide(names: Sequence[str], objective: str) -> tuple[list[str], Added | None]:
    """Of the metrics of a job those that the library has, and the rest as one function of predictions and matrix.

    Raises UserError for one that is not built here.
    """
    for name in names:
        if name in _NOT_BUILT or (name == "accuracy" and objective.startswith("multi:")):
            raise UserError(f"Metric {name} is not implemented by the embedded AWS")
    own = [name for name in names if name in _OWN]

    def added(predictions: np.ndarray, matrix: DMatrix) -> list[tuple[str, float]]:
        labels = matrix.get_label()
        return [(name, _OWN[name](predictions, labels)) for name in own]

    return [name for name in names if name not in _OWN], added if own else None
