"""Hyperparameters: strings, checked by name, type, range and by what they need of each other, with the image's texts.

Names and ranges: hyperparameter_validation.py of the container, and "XGBoost hyperparameters" of the developer guide.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from local.algorithms.xgboost.errors import UserError
from local.algorithms.xgboost.rules import (
    BOOLEAN,
    COUNT,
    COUNT_OR_NONE,
    FLAG,
    NOT_NEGATIVE,
    POSITIVE,
    SHARE,
    SHARE_ABOVE_ZERO,
    Interval,
    NestedList,
    NumberTuple,
    Rule,
    WordList,
    Words,
)

# Metrics that a job may name, by which way is better: xgb_constants.py of the container.
MAXIMISED = (
    *("accuracy", "auc", "aucpr", "balanced_accuracy", "f1", "f1_binary", "f1_macro", "map", "ndcg", "precision", "r2"),
    *("recall", "precision_macro", "precision_micro", "recall_macro", "recall_micro"),
)
MINIMISED = (
    *("aft-nloglik", "cox-nloglik", "error", "gamma-deviance", "gamma-nloglik", "interval-regression-accuracy"),
    *("logloss", "mae", "mape", "merror", "mlogloss", "mphe", "mse", "poisson-nloglik", "rmse", "rmsle"),
    "tweedie-nloglik",
)
_METRICS = (*MAXIMISED, *MINIMISED)
_OBJECTIVES = (
    *("aft_loss_distribution", "binary:logistic", "binary:logitraw", "binary:hinge", "count:poisson", "multi:softmax"),
    *("multi:softprob", "rank:pairwise", "rank:ndcg", "rank:map", "reg:linear", "reg:squarederror", "reg:logistic"),
    *("reg:gamma", "reg:pseudohubererror", "reg:squaredlogerror", "reg:absoluteerror", "reg:tweedie", "survival:aft"),
    "survival:cox",
)
_UPDATERS = (
    *("grow_colmaker", "distcol", "grow_histmaker", "grow_skmaker", "sync", "refresh", "prune"),
    *("shotgun", "coord_descent"),
)

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "num_round": COUNT,
        "csv_weights": FLAG,
        "early_stopping_rounds": COUNT,
        "booster": Words(("gbtree", "gblinear", "dart")),
        "verbosity": Interval(low=0, high=3, whole=True),
        "nthread": COUNT,
        "eta": SHARE,
        "gamma": NOT_NEGATIVE,
        "max_depth": COUNT_OR_NONE,
        "min_child_weight": NOT_NEGATIVE,
        "max_delta_step": NOT_NEGATIVE,
        "subsample": SHARE_ABOVE_ZERO,
        "colsample_bytree": SHARE_ABOVE_ZERO,
        "colsample_bylevel": SHARE_ABOVE_ZERO,
        "colsample_bynode": SHARE_ABOVE_ZERO,
        "lambda": NOT_NEGATIVE,
        "alpha": NOT_NEGATIVE,
        "tree_method": Words(("auto", "exact", "approx", "hist", "gpu_hist")),
        "sketch_eps": Interval(low=0, high=1, open_low=True, open_high=True),
        "scale_pos_weight": POSITIVE,
        "updater": WordList(_UPDATERS),
        "dsplit": Words(("row", "col")),
        "refresh_leaf": FLAG,
        "process_type": Words(("default", "update")),
        "grow_policy": Words(("depthwise", "lossguide")),
        "max_leaves": COUNT_OR_NONE,
        "max_bin": COUNT_OR_NONE,
        "predictor": Words(("auto", "cpu_predictor", "gpu_predictor")),
        "monotone_constraints": NumberTuple((-1, 0, 1)),
        "interaction_constraints": NestedList(1),
        "sample_type": Words(("uniform", "weighted")),
        "normalize_type": Words(("tree", "forest")),
        "rate_drop": SHARE,
        "one_drop": FLAG,
        "skip_drop": SHARE,
        "lambda_bias": SHARE,
        "tweedie_variance_power": Interval(low=1, high=2, open_low=True, open_high=True),
        "objective": Words(_OBJECTIVES),
        "num_class": Interval(low=2, whole=True),
        "base_score": NOT_NEGATIVE,
        "_kfold": Interval(low=2, whole=True),
        "_num_cv_round": COUNT,
        "_tuning_objective_metric": Words(tuple(f"validation:{metric}" for metric in _METRICS)),
        "eval_metric": WordList(_METRICS),
        "seed": Interval(low=-(2**31), high=2**31 - 1, open_low=True, open_high=True, whole=True),
        "num_parallel_tree": COUNT,
        "save_model_on_termination": BOOLEAN,
        "aft_loss_distribution": Words(("normal", "logistic", "extreme")),
        "aft_loss_distribution_scale": NOT_NEGATIVE,
        "deterministic_histogram": BOOLEAN,
        "sampling_method": Words(("uniform", "gradient_based")),
        "prob_buffer_row": Interval(low=1, open_low=True, whole=True),
        "use_dask_gpu_training": BOOLEAN,
    }
)
_ALIASES = {"learning_rate": "eta", "min_split_loss": "gamma", "reg_lambda": "lambda", "reg_alpha": "alpha"}
# Values that would need what this process does not have. A refusal names them.
_NOT_BUILT = (
    ("_kfold", None),
    ("_num_cv_round", None),
    ("tree_method", "gpu_hist"),
    ("predictor", "gpu_predictor"),
    ("use_dask_gpu_training", "true"),
)


def parse(configuration: Mapping[str, object]) -> dict[str, Any]:
    """The values of `configuration`, the content of hyperparameters.json, by name. Raises UserError."""
    texts = {_ALIASES.get(name, name): value for name, value in configuration.items()}
    if "num_round" not in texts:
        raise UserError("Missing required hyperparameter: num_round")
    values = {name: _value(name, text) for name, text in texts.items()}
    for name, value in values.items():
        if not RULES[name].contains(value):
            raise UserError(f"Hyperparameter {name}: {value} is not in {RULES[name]}")
    for name, value in _NOT_BUILT:
        if name in values and value in (None, values[name]):
            text = name if value is None else f"{name} {value}"
            raise UserError(f"Hyperparameter {text} is not implemented by the embedded AWS")
    _check_together(values)
    return values


def _value(name: str, text: object) -> Any:
    if name not in RULES:
        raise UserError(f"Extraneous hyperparameter found: {name}")
    try:
        return RULES[name].parse(str(text))
    except ValueError:
        raise UserError(f"Hyperparameter {name}: could not parse value (caused by ValueError)") from None


def _check_together(values: Mapping[str, Any]) -> None:
    """What hyperparameters need of each other."""
    objective, metrics = values.get("objective"), values.get("eval_metric", [])
    if objective in ("multi:softmax", "multi:softprob") and "num_class" not in values:
        raise UserError("Require input for parameter 'num_class' for multi-classification")
    if "auc" in metrics and not str(objective).startswith(("binary:", "rank:")):
        raise UserError("Metric 'auc' can only be applied for classification and ranking problems.")
    if "aft-nloglik" in metrics and objective != "survival:aft":
        raise UserError("Metric 'aft-nloglik' can only be applied for 'survival:aft' objective.")
    methods = {"monotone_constraints": ("exact", "hist"), "interaction_constraints": ("exact", "hist", "approx")}
    for name, needed in methods.items():
        if name in values and values.get("tree_method") not in needed:
            choice = f"{', '.join(repr(each) for each in needed[:-1])} or {needed[-1]!r}"
            raise UserError(f"{name} can be used only when the tree_method parameter is set to either {choice}.")
