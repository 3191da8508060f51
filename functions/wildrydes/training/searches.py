"""What a search may vary of each algorithm, over which ranges, and by which metric it decides.

Which hyperparameters SageMaker lets a tuning job vary, and the metrics, are on
https://docs.aws.amazon.com/sagemaker/latest/dg/linear-learner-tuning.html, xgboost-tuning.html and kNN-tuning.html.
The default ranges are those of the lab, which varies some that these pages do not list (docs/decisions/0033).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from wildrydes.algorithms import KNN, LINEAR_LEARNER, XGBOOST
from wildrydes.tasks import BINARY, REGRESSION
from wildrydes.training.tuning import CATEGORICAL, CONTINUOUS, INTEGER, Search

_LISTED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        LINEAR_LEARNER: {
            "wd": CONTINUOUS,
            "l1": CONTINUOUS,
            "learning_rate": CONTINUOUS,
            "mini_batch_size": INTEGER,
            "use_bias": CATEGORICAL,
            "positive_example_weight_mult": CONTINUOUS,
        },
        XGBOOST: {
            **dict.fromkeys(("alpha", "colsample_bylevel", "colsample_bynode", "colsample_bytree"), CONTINUOUS),
            **dict.fromkeys(("eta", "gamma", "lambda", "min_child_weight", "subsample"), CONTINUOUS),
            **dict.fromkeys(("max_delta_step", "max_depth", "num_round"), INTEGER),
        },
        KNN: {"k": INTEGER, "sample_size": INTEGER},
    }
)

# What the lab varies besides.
_OF_THE_LAB: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        LINEAR_LEARNER: {"optimizer": CATEGORICAL, "epochs": INTEGER},
        XGBOOST: {"early_stopping_rounds": INTEGER},
        KNN: {"mini_batch_size": INTEGER},
    }
)

DEFAULT_RANGES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        LINEAR_LEARNER: {"optimizer": ["sgd", "adam"], "epochs": {"min": 10, "max": 20}},
        XGBOOST: {
            "num_round": {"min": 20, "max": 200},
            "early_stopping_rounds": {"min": 1, "max": 10},
            "max_depth": {"min": 3, "max": 6},
            "eta": {"min": 0.1, "max": 1.0},
        },
        KNN: {
            "k": {"min": 50, "max": 150},
            "mini_batch_size": {"min": 500, "max": 1500},
            "sample_size": {"min": 50_000, "max": 500_000},
        },
    }
)
"""The lab's, by algorithm."""

# k-NN has no validation channel, and what it reads as its test channel is the validation split.
_OBJECTIVES: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        (LINEAR_LEARNER, BINARY): "validation:objective_loss",
        (LINEAR_LEARNER, REGRESSION): "validation:objective_loss",
        (XGBOOST, BINARY): "validation:logloss",
        (XGBOOST, REGRESSION): "validation:rmse",
        (KNN, BINARY): "test:mse",
        (KNN, REGRESSION): "test:mse",
    }
)


def search_of(algorithm: str, kind: str) -> Search:
    """The search of an algorithm for a task of `kind`: all its objectives are losses."""
    tunable = {**_LISTED[algorithm], **_OF_THE_LAB[algorithm]}
    if kind == REGRESSION:
        tunable.pop("positive_example_weight_mult", None)
    return Search(tunable, DEFAULT_RANGES[algorithm], (_OBJECTIVES[algorithm, kind], "Minimize"))
