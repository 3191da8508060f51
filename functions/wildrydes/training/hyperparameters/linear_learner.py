"""The linear learner's hyperparameters that an execution may set, with the ranges that its documentation gives.

Left out are those that the workflow sets itself (predictor_type, feature_dim) and those of models that predict does not
serve (several classes, losses other than the logistic and the squared one).
Source: https://docs.aws.amazon.com/sagemaker/latest/dg/ll_hyperparameters.html
"""

from collections.abc import Mapping
from math import inf
from types import MappingProxyType

from wildrydes.tasks import BINARY, REGRESSION
from wildrydes.training.hyperparameters import together
from wildrydes.training.hyperparameters.rules import POSITIVE, Number, Rule, Words

_AUTO = ("auto",)
_RATE = Number(0, 1, open_ends=True)
_BOOLEAN = Words(("true", "false"))
_AUTO_BOOLEAN = Words(("auto", "true", "false"))

_ALL: dict[str, Rule] = {
    "beta_1": Number(0, 0.9999, words=_AUTO),
    "beta_2": Number(0, 0.9999, words=_AUTO),
    "bias_lr_mult": Number(0, inf, open_ends=True, words=_AUTO),
    "bias_wd_mult": Number(0, inf, words=_AUTO),
    "early_stopping_patience": Number(1, 1000, whole=True),
    "early_stopping_tolerance": POSITIVE,
    "epochs": Number(1, 1000, whole=True),
    "init_bias": Number(-1e6, 1e6),
    "init_method": Words(("uniform", "normal")),
    "init_scale": POSITIVE,
    "init_sigma": POSITIVE,
    "l1": Number(0, inf, words=_AUTO),
    "learning_rate": Number(0, inf, open_ends=True, words=_AUTO),
    "lr_scheduler_factor": Number(0, 1, open_ends=True, words=_AUTO),
    "lr_scheduler_minimum_lr": Number(0, inf, open_ends=True, words=_AUTO),
    "lr_scheduler_step": Number(1, 1_000_000, whole=True, words=_AUTO),
    "mini_batch_size": Number(1, 1_000_000, whole=True),
    "momentum": Number(0, 0.9999, words=_AUTO),
    "normalize_data": _AUTO_BOOLEAN,
    "num_models": Number(1, 1000, whole=True, words=_AUTO),
    "num_point_for_scaler": Number(1, 1_000_000_000, whole=True),
    "optimizer": Words(("auto", "sgd", "adam", "rmsprop")),
    "unbias_data": _AUTO_BOOLEAN,
    "use_bias": _BOOLEAN,
    "use_lr_scheduler": _BOOLEAN,
    "wd": Number(0, inf, words=_AUTO),
}

_CLASSIFIER: dict[str, Rule] = {
    "binary_classifier_model_selection_criteria": Words(
        ("accuracy", "f_beta", "precision_at_target_recall", "recall_at_target_precision", "loss_function")
    ),
    "f_beta": POSITIVE,
    "loss": Words(("auto", "logistic")),
    "num_calibration_samples": Number(1, 1_000_000_000, whole=True),
    "positive_example_weight_mult": Number(0, inf, open_ends=True, words=("auto", "balanced")),
    "target_precision": _RATE,
    "target_recall": _RATE,
}

_REGRESSOR: dict[str, Rule] = {
    "loss": Words(("auto", "squared_loss")),
    "normalize_label": _AUTO_BOOLEAN,
    "unbias_label": _AUTO_BOOLEAN,
}

ALLOWED: Mapping[str, Mapping[str, Rule]] = MappingProxyType(
    {
        BINARY: dict(sorted((_ALL | _CLASSIFIER).items())),
        REGRESSION: dict(sorted((_ALL | _REGRESSOR).items())),
    }
)
"""By kind of task, in the order of the names."""

_CRITERIA = "binary_classifier_model_selection_criteria"
TOGETHER: tuple[together.Rule, ...] = (
    together.Only(("beta_1", "beta_2"), "optimizer", ("auto", "adam"), "auto"),
    together.Only(("momentum",), "optimizer", ("sgd",), "auto"),
    together.Only(("init_scale",), "init_method", ("uniform",), "uniform"),
    together.Only(("init_sigma",), "init_method", ("normal",), "uniform"),
    together.Only(
        ("lr_scheduler_step", "lr_scheduler_factor", "lr_scheduler_minimum_lr"), "use_lr_scheduler", ("true",), "true"
    ),
    together.Only(("bias_lr_mult", "bias_wd_mult", "init_bias"), "use_bias", ("true",), "true"),
    together.Only(("target_recall",), _CRITERIA, ("precision_at_target_recall",), "accuracy"),
    together.Only(("target_precision",), _CRITERIA, ("recall_at_target_precision",), "accuracy"),
)
"""What the documentation applies only in company of another."""

DEFAULTS: Mapping[str, str] = MappingProxyType({"epochs": "15"})


def follow_from_task(kind: str, features: int) -> dict[str, str]:
    """What the workflow sets by itself."""
    return {
        "predictor_type": "binary_classifier" if kind == BINARY else "regressor",
        "feature_dim": str(features),
    }
