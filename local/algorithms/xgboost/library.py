"""What is used of the library xgboost, imported in one place.

A type checker that looks from this package takes `xgboost` for the package itself, and the environment in which it runs
has no such library.
"""

from xgboost import Booster, DMatrix, train  # pyright: ignore[reportAttributeAccessIssue]
from xgboost.callback import (  # pyright: ignore[reportMissingImports]
    EarlyStopping,
    EvaluationMonitor,
    TrainingCallback,
)
from xgboost.core import XGBoostError  # pyright: ignore[reportMissingImports]

__all__ = ["Booster", "DMatrix", "EarlyStopping", "EvaluationMonitor", "TrainingCallback", "XGBoostError", "train"]
