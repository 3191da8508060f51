"""XGBoost's hyperparameters that an execution may set, with the ranges that its documentation and its image give.

Left out are those that the workflow sets itself (objective), and those of models that predict does not serve (other
boosters than trees, several classes, survival, weights in the data), of several machines and of GPUs.
Sources: https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost_hyperparameters.html and, where that page gives no
range, hyperparameter_validation.py of https://github.com/aws/sagemaker-xgboost-container (release-3.0.5).
"""

from collections.abc import Mapping
from math import inf
from types import MappingProxyType

from wildrydes.tasks import BINARY, REGRESSION
from wildrydes.training.hyperparameters import together
from wildrydes.training.hyperparameters.rules import (
    COUNT,
    COUNT_OR_NONE,
    NOT_NEGATIVE,
    POSITIVE,
    SHARE,
    SHARE_ABOVE_ZERO,
    Number,
    Rule,
    Words,
)

_ALL: dict[str, Rule] = {
    "alpha": NOT_NEGATIVE,
    "base_score": Number(-1e30, 1e30),
    "colsample_bylevel": SHARE_ABOVE_ZERO,
    "colsample_bynode": SHARE_ABOVE_ZERO,
    "colsample_bytree": SHARE_ABOVE_ZERO,
    "early_stopping_rounds": COUNT,
    "eta": SHARE,
    "gamma": NOT_NEGATIVE,
    "grow_policy": Words(("depthwise", "lossguide")),
    "lambda": NOT_NEGATIVE,
    "max_bin": Number(2, inf, whole=True),
    "max_delta_step": NOT_NEGATIVE,
    "max_depth": COUNT_OR_NONE,
    "max_leaves": COUNT_OR_NONE,
    "min_child_weight": NOT_NEGATIVE,
    "num_parallel_tree": COUNT,
    "num_round": COUNT,
    "seed": Number(-(2**31) + 1, 2**31 - 2, whole=True),
    "subsample": SHARE_ABOVE_ZERO,
    "tree_method": Words(("auto", "exact", "approx", "hist")),
}

_BINARY: dict[str, Rule] = {
    # The initial probability, whose logarithm is taken.
    "base_score": Number(0, 1, open_ends=True),
    "eval_metric": Words(("logloss", "error", "auc", "aucpr")),
    "scale_pos_weight": POSITIVE,
}
_REGRESSION: dict[str, Rule] = {"eval_metric": Words(("rmse", "mae", "mape", "mphe"))}

ALLOWED: Mapping[str, Mapping[str, Rule]] = MappingProxyType(
    {
        BINARY: dict(sorted((_ALL | _BINARY).items())),
        REGRESSION: dict(sorted((_ALL | _REGRESSION).items())),
    }
)
"""By kind of task, in the order of the names."""

_HISTOGRAMS = ("auto", "approx", "hist")
# The library's exact trees take no columns by node and no growth by leaves, and pay no heed to max_leaves and max_bin:
# https://xgboost.readthedocs.io/en/release_3.0.0/parameter.html and treemethod.html
TOGETHER: tuple[together.Rule, ...] = (
    together.Only(("colsample_bynode", "grow_policy", "max_bin", "max_leaves"), "tree_method", _HISTOGRAMS, "auto"),
    together.Never("max_depth", ("0",), "tree_method", ("exact",), "auto"),
    # "A limit is required when grow_policy=depth-wise."
    together.Never("max_depth", ("0",), "grow_policy", ("depthwise",), "depthwise"),
)

# Small steps, of which early stopping takes as many as help. Without an eval_metric the image does not stop early.
DEFAULTS: Mapping[str, str] = MappingProxyType({"num_round": "200", "eta": "0.1", "early_stopping_rounds": "10"})


def default_metric(kind: str) -> str:
    """The metric by which it stops early."""
    return "logloss" if kind == BINARY else "rmse"


def follow_from_task(kind: str) -> dict[str, str]:
    """What the workflow sets by itself."""
    return {"objective": "binary:logistic" if kind == BINARY else "reg:squarederror"}
