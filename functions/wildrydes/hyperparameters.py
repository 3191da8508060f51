"""The linear learner's hyperparameters that an execution may set, with the ranges that its documentation gives.

Left out are those that the workflow sets itself (predictor_type, feature_dim) and those of other kinds of models
(regression, several classes, hinge loss), since predict serves a logistic model.
Source: https://docs.aws.amazon.com/sagemaker/latest/dg/ll_hyperparameters.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

from wildrydes.errors import BadExecutionInput


@dataclass(frozen=True)
class Number:
    """A number between `least` and `most`, which belong to the range unless it has `open_ends`, or one of `words`."""

    least: float
    most: float
    whole: bool = False
    open_ends: bool = False
    words: tuple[str, ...] = ()

    def allows(self, text: str) -> bool:
        if text in self.words:
            return True
        try:
            number = int(text) if self.whole else float(text)
        except ValueError:
            return False
        inside = self.least < number < self.most if self.open_ends else self.least <= number <= self.most
        return isfinite(number) and inside and text.isascii() and "_" not in text and text == text.strip()

    def __str__(self) -> str:
        kind = "an integer" if self.whole else "a number"
        between = f"above {self.least:g}" if self.open_ends else f"from {self.least:g}"
        end = "" if self.most == inf else f" {'below' if self.open_ends else 'to'} {self.most:g}"
        return f"{kind} {between}{end}{''.join(f' or {word}' for word in self.words)}"


@dataclass(frozen=True)
class Words:
    """One of some words."""

    words: tuple[str, ...]

    def allows(self, text: str) -> bool:
        return text in self.words

    def __str__(self) -> str:
        return f"one of {', '.join(self.words)}"


_AUTO = ("auto",)
_RATE = Number(0, 1, open_ends=True)
_POSITIVE = Number(0, inf, open_ends=True)
_BOOLEAN = Words(("true", "false"))
_AUTO_BOOLEAN = Words(("auto", "true", "false"))

ALLOWED: Mapping[str, Number | Words] = {
    "beta_1": Number(0, 0.9999, words=_AUTO),
    "beta_2": Number(0, 0.9999, words=_AUTO),
    "bias_lr_mult": Number(0, inf, open_ends=True, words=_AUTO),
    "bias_wd_mult": Number(0, inf, words=_AUTO),
    "binary_classifier_model_selection_criteria": Words(
        ("accuracy", "f_beta", "precision_at_target_recall", "recall_at_target_precision", "loss_function")
    ),
    "early_stopping_patience": Number(1, 1000, whole=True),
    "early_stopping_tolerance": _POSITIVE,
    "epochs": Number(1, 1000, whole=True),
    "f_beta": _POSITIVE,
    "init_bias": Number(-1e6, 1e6),
    "init_method": Words(("uniform", "normal")),
    "init_scale": _POSITIVE,
    "init_sigma": _POSITIVE,
    "l1": Number(0, inf, words=_AUTO),
    "learning_rate": Number(0, inf, open_ends=True, words=_AUTO),
    "loss": Words(("auto", "logistic")),
    "lr_scheduler_factor": Number(0, 1, open_ends=True, words=_AUTO),
    "lr_scheduler_minimum_lr": Number(0, inf, open_ends=True, words=_AUTO),
    "lr_scheduler_step": Number(1, 1_000_000, whole=True, words=_AUTO),
    "mini_batch_size": Number(1, 1_000_000, whole=True),
    "momentum": Number(0, 0.9999, words=_AUTO),
    "normalize_data": _AUTO_BOOLEAN,
    "num_calibration_samples": Number(1, 1_000_000_000, whole=True),
    "num_models": Number(1, 1000, whole=True, words=_AUTO),
    "num_point_for_scaler": Number(1, 1_000_000_000, whole=True),
    "optimizer": Words(("auto", "sgd", "adam", "rmsprop")),
    "positive_example_weight_mult": Number(0, inf, open_ends=True, words=("auto", "balanced")),
    "target_precision": _RATE,
    "target_recall": _RATE,
    "unbias_data": _AUTO_BOOLEAN,
    "use_bias": _BOOLEAN,
    "use_lr_scheduler": _BOOLEAN,
    "wd": Number(0, inf, words=_AUTO),
}


def check_hyperparameters(hyperparameters: Any) -> dict[str, str]:
    """The hyperparameters as the strings that a training job takes. Raises BadExecutionInput."""
    if not isinstance(hyperparameters, dict):
        raise BadExecutionInput("hyperparameters must be an object of names and values")
    return {name: _check(name, value) for name, value in hyperparameters.items()}


def _check(name: str, value: Any) -> str:
    allowed = ALLOWED.get(name)
    if allowed is None:
        raise BadExecutionInput(f"hyperparameters.{name[:80]} may not be set; these may: {', '.join(ALLOWED)}")
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else value
    if isinstance(text, int | float) and not isinstance(text, bool):
        text = repr(text)
    if not isinstance(text, str) or not allowed.allows(text):
        raise BadExecutionInput(f"hyperparameters.{name} is {str(value)[:80]!r}; it must be {allowed}")
    return text
