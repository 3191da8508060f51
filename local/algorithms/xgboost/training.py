"""Rounds of boosting by the library, with what the container adds: log lines, early stopping, the model of each round.

A round's line is `[0]<tab>train-rmse:1.00000<tab>validation-rmse:1.10000`. Training stops early only where there is a
validation channel, `early_stopping_rounds` and a metric, `eval_metric` or that of a tuning job; the model is then the
best round's. Without `save_model_on_termination` SIGTERM ends the process and leaves no model.
"""

# pyright: reportAttributeAccessIssue=false

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from local.algorithms.xgboost import library, model
from local.algorithms.xgboost.errors import LibraryError, UserError
from local.algorithms.xgboost.hyperparameters import MAXIMISED
from local.algorithms.xgboost.library import (
    Booster,
    DMatrix,
    EarlyStopping,
    EvaluationMonitor,
    TrainingCallback,
    XGBoostError,
)
from local.algorithms.xgboost.metrics import divide

# Of the container, and no parameters of the library.
_OF_CONTAINER = (
    *("num_round", "early_stopping_rounds", "eval_metric", "save_model_on_termination", "csv_weights"),
    *("_tuning_objective_metric", "use_dask_gpu_training", "updater"),
)
# What the library says of data and settings that a customer can mend.
_CUSTOMERS = (
    "label must be in [0,1] for logistic regression",
    "label must be in [0, num_class)",
    "feature_names mismatch",
    "Check failed: preds.size() == info.labels_.size()",
    "Check failed: !auc_error AUC: the dataset only contains pos or neg samples",
    "base_score must be in (0,1) for logistic loss",
    "PoissonRegression: label must be nonnegative",
    "TweedieRegression: label must be nonnegative",
    "Parameter reg_lambda should be greater equal to 0",
)


@dataclass(frozen=True)
class Data:
    """The matrices of the channels."""

    train: DMatrix
    validation: DMatrix | None


def train(values: dict[str, Any], data: Data, folder: Path) -> Booster:
    """The model of checked hyperparameters; `folder` is where it will be written. Raises UserError, LibraryError."""
    metrics, tuned = values.get("eval_metric"), values.get("_tuning_objective_metric")
    objective_metric = [tuned.partition(":")[2]] if tuned else None
    names = sorted({*metrics, *objective_metric}) if metrics and objective_metric else metrics or objective_metric or []
    library_metrics, added = divide(names, str(values.get("objective", "")))
    parameters = {name: value for name, value in values.items() if name not in _OF_CONTAINER}
    parameters |= {"eval_metric": library_metrics} if library_metrics else {}
    parameters |= {"updater": ",".join(values["updater"])} if "updater" in values else {}
    decisive = (objective_metric or metrics or [None])[-1]
    watched = [(data.train, "train"), *([(data.validation, "validation")] if data.validation is not None else [])]
    try:
        return library.train(
            parameters,
            data.train,
            num_boost_round=values["num_round"],
            evals=watched,
            custom_metric=added,
            callbacks=_callbacks(values, data, decisive, folder),
            verbose_eval=False,
        )
    except (XGBoostError, ValueError) as error:
        # What follows is of the library's own functions.
        reason = str(error).partition("Stack trace:")[0].strip()
        if any(text in reason for text in _CUSTOMERS):
            raise UserError(reason) from error
        raise LibraryError(f"XGB train call failed with exception:\n {reason}") from error


def _callbacks(values: dict[str, Any], data: Data, metric: str | None, folder: Path) -> list[TrainingCallback]:
    callbacks: list[TrainingCallback] = [EvaluationMonitor()]
    if values.get("save_model_on_termination") == "true":
        callbacks.append(_SavedRounds(folder))
        signal.signal(signal.SIGTERM, _end_with_model)
    if data.validation is not None and metric and "early_stopping_rounds" in values:
        callbacks.append(
            EarlyStopping(
                rounds=values["early_stopping_rounds"],
                data_name="validation",
                metric_name=metric,
                maximize=metric in MAXIMISED,
                save_best=True,
            )
        )
    return callbacks


class _SavedRounds(TrainingCallback):
    """Writes the model of each round, so that one that is stopped leaves its last."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        _write(self._folder, model)
        return False


def _write(folder: Path, booster: Booster) -> None:
    model.write(folder, booster)


def _end_with_model(_number: int, _frame: object) -> NoReturn:
    os._exit(0)
