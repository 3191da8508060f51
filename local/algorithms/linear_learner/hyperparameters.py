"""Hyperparameters: strings, checked by name and range, with the container's defaults.

Names, ranges and defaults: "Linear learner hyperparameters" of the SageMaker developer guide, and the default
configuration that the container prints at the beginning of its log.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from local.algorithms.linear_learner.errors import CustomerError
from local.algorithms.linear_learner.rules import (
    FRACTION,
    FRACTION_WITH_ONE,
    FRACTION_WITH_ZERO,
    NOT_NEGATIVE,
    POSITIVE,
    Auto,
    Flag,
    Integer,
    NotAllowedError,
    Number,
    OneOf,
    Rule,
    Text,
)

PREDICTOR_TYPES = ("binary_classifier", "multiclass_classifier", "regressor")
CRITERIA = (
    "accuracy",
    "f_beta",
    "f1",
    "precision_at_target_recall",
    "recall_at_target_precision",
    "cross_entropy_loss",
    "loss_function",
)
# The losses that a predictor may have; the first is the default, and the one that is built here.
_LOSSES_OF: Mapping[str, tuple[str, ...]] = {
    "binary_classifier": ("logistic", "hinge_loss"),
    "regressor": (
        "squared_loss",
        "absolute_loss",
        "eps_insensitive_squared_loss",
        "eps_insensitive_absolute_loss",
        "quantile_loss",
        "huber_loss",
    ),
}
_LOSSES = ("auto", *(loss for losses in _LOSSES_OF.values() for loss in losses))

# name: (default, rule); None = the name must be given.
RULES: Mapping[str, tuple[str | None, Rule]] = {
    "predictor_type": (None, OneOf(PREDICTOR_TYPES)),
    "feature_dim": ("auto", Auto(Integer())),
    "mini_batch_size": ("1000", Integer()),
    "epochs": ("15", Integer()),
    "use_bias": ("true", Flag()),
    "binary_classifier_model_selection_criteria": ("accuracy", OneOf(CRITERIA)),
    "target_recall": ("0.8", FRACTION_WITH_ONE),
    "target_precision": ("0.8", FRACTION_WITH_ONE),
    "positive_example_weight_mult": ("1.0", Text("auto, balanced or a number greater than 0")),
    "num_models": ("auto", Auto(Integer())),
    "num_calibration_samples": ("auto", Auto(Integer())),
    "init_method": ("uniform", OneOf(("uniform", "normal"))),
    "init_scale": ("0.07", POSITIVE),
    "init_sigma": ("0.01", POSITIVE),
    "init_bias": ("0.0", Number()),
    "optimizer": ("auto", OneOf(("auto", "sgd", "adam", "rmsprop"))),
    "loss": ("auto", OneOf(_LOSSES)),
    "wd": ("auto", Auto(NOT_NEGATIVE)),
    "l1": ("auto", Auto(NOT_NEGATIVE)),
    "momentum": ("auto", Auto(FRACTION_WITH_ZERO)),
    "learning_rate": ("auto", Auto(POSITIVE)),
    "beta_1": ("auto", Auto(FRACTION_WITH_ZERO)),
    "beta_2": ("auto", Auto(FRACTION_WITH_ZERO)),
    "bias_lr_mult": ("auto", Auto(POSITIVE)),
    "bias_wd_mult": ("auto", Auto(NOT_NEGATIVE)),
    "use_lr_scheduler": ("true", Flag()),
    "lr_scheduler_step": ("auto", Auto(Integer())),
    "lr_scheduler_factor": ("auto", Auto(FRACTION)),
    "lr_scheduler_minimum_lr": ("auto", Auto(POSITIVE)),
    "normalize_data": ("true", Auto(Flag())),
    "normalize_label": ("auto", Auto(Flag())),
    "unbias_data": ("auto", Auto(Flag())),
    "unbias_label": ("auto", Auto(Flag())),
    "num_point_for_scaler": ("10000", Integer()),
    "early_stopping_patience": ("3", Integer()),
    "early_stopping_tolerance": ("0.001", POSITIVE),
    "f_beta": ("1.0", POSITIVE),
    # What follows has no bearing on the predictors and losses that are built here; the container takes it too.
    "num_classes": ("1", Integer(high=1_000_000)),
    "accuracy_top_k": ("3", Integer()),
    "balance_multiclass_weights": ("false", Flag()),
    "margin": ("1.0", POSITIVE),
    "quantile": ("0.5", FRACTION),
    "loss_insensitivity": ("0.01", POSITIVE),
    "huber_delta": ("1.0", POSITIVE),
    # A tuning job's training jobs get it.
    "_tuning_objective_metric": ("", Text()),
    "_log_level": ("info", Text()),
    "_kvstore": ("auto", Text()),
    "_num_gpus": ("auto", Text()),
    "_num_kv_servers": ("auto", Text()),
    "_enable_profiler": ("false", Text()),
}

_INVALID = "Unable to initialize the algorithm. Failed to validate input configuration. (caused by ValidationError)"


@dataclass(frozen=True)
class Hyperparameters:
    """Checked hyperparameters that have a bearing on the model. None stands for `auto`."""

    predictor_type: str
    feature_dim: int | None
    mini_batch_size: int
    epochs: int
    use_bias: bool
    binary_classifier_model_selection_criteria: str
    target_recall: float
    target_precision: float
    positive_example_weight_mult: float | Literal["auto", "balanced"]
    num_models: int | None
    num_calibration_samples: int | None
    init_method: str
    init_scale: float
    init_sigma: float
    init_bias: float
    optimizer: str
    loss: str
    wd: float | None
    l1: float | None
    momentum: float | None
    learning_rate: float | None
    beta_1: float | None
    beta_2: float | None
    bias_lr_mult: float | None
    bias_wd_mult: float | None
    use_lr_scheduler: bool
    lr_scheduler_step: int | None
    lr_scheduler_factor: float | None
    lr_scheduler_minimum_lr: float | None
    normalize_data: bool | None
    normalize_label: bool | None
    unbias_data: bool | None
    unbias_label: bool | None
    num_point_for_scaler: int
    early_stopping_patience: int
    early_stopping_tolerance: float
    f_beta: float
    accuracy_top_k: int

    @property
    def classifies(self) -> bool:
        """Whether the label is a class (0 or 1) and not a quantity."""
        return self.predictor_type == "binary_classifier"


def parse(configuration: Mapping[str, object]) -> Hyperparameters:
    """Check `configuration`, the content of hyperparameters.json. Raises CustomerError, which says what is allowed."""
    for name, value in configuration.items():
        _check_name(name, value)
    values: dict[str, Any] = {name: _value(name, configuration) for name in RULES}
    values["positive_example_weight_mult"] = _positive_weight(str(values["positive_example_weight_mult"]))
    values["loss"] = _loss(values["predictor_type"], values["loss"])
    if configuration.get("_tuning_objective_metric"):
        # "Tune a linear learner model" of the developer guide: the algorithm's own search is off then.
        values["num_models"] = 1
    values["optimizer"] = "adam" if values["optimizer"] == "auto" else values["optimizer"]
    return Hyperparameters(**{field.name: values[field.name] for field in fields(Hyperparameters)})


def final_configuration(configuration: Mapping[str, object]) -> dict[str, object]:
    """The container's defaults, overridden by `configuration`: the log's "Final configuration"."""
    return {name: default for name, (default, _) in RULES.items() if default is not None} | dict(configuration)


def _check_name(name: str, value: object) -> None:
    if name not in RULES:
        close = ", ".join(difflib.get_close_matches(name, RULES, n=3)) or "none"
        raise _invalid(f"Additional properties are not allowed ({name!r} was unexpected; close to it: {close})")
    if not isinstance(value, str):
        raise _invalid(f"{value!r} is not of type 'string': hyperparameter {name} must be a string")


def _value(name: str, configuration: Mapping[str, object]) -> Any:
    default, rule = RULES[name]
    text = configuration.get(name, default)
    if text is None:
        raise _invalid(f"{name!r} is a required property: {rule.allowed}")
    try:
        return rule.parse(str(text).strip())
    except NotAllowedError:
        raise _invalid(f"Hyperparameter {name} is {text!r}: {rule.allowed} is allowed") from None


def _positive_weight(text: str) -> float | Literal["auto", "balanced"]:
    if text == "auto" or text == "balanced":
        return text
    try:
        return POSITIVE.parse(text)
    except NotAllowedError:
        allowed = RULES["positive_example_weight_mult"][1].allowed
        raise _invalid(f"Hyperparameter positive_example_weight_mult is {text!r}: {allowed} is allowed") from None


def _loss(predictor_type: object, loss: object) -> str:
    if predictor_type not in _LOSSES_OF:
        raise CustomerError(f"predictor_type {predictor_type} is not implemented by the local linear learner")
    built, *others = _LOSSES_OF[str(predictor_type)]
    if loss in ("auto", built):
        return built
    if loss in others:
        raise CustomerError(f"loss {loss} is not implemented by the local linear learner: auto or {built} is")
    raise _invalid(f"loss {loss!r} does not fit predictor_type {predictor_type}: auto or {built} is allowed")


def _invalid(cause: str) -> CustomerError:
    return CustomerError(f"{_INVALID}\n\nCaused by: {cause}")
