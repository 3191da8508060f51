"""What differs in the report by the kind of the task: its pictures, their captions, and the names of its metrics."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from matplotlib.figure import Figure

from reports import bars, conclusions, curves, numbers, regression, wording
from reports.html import Table
from reports.sides import Comparison


@dataclass(frozen=True)
class Picture:
    """How a picture is drawn, None without data; its numbers, and what to conclude, asked for only with data."""

    draw: Callable[[Comparison], Figure | None]
    numbers: Callable[[Comparison], Sequence[Table]]
    conclusion: Callable[[Comparison], str]


_WEIGHTS = Picture(bars.weights, numbers.weights, conclusions.weights)


@dataclass(frozen=True)
class Kind:
    """`metrics` has of each metric its name, and whether more of it is better (1), worse (-1) or neither (0).

    The first is the measure. `captions` gives of each picture what it shows and what to beware of.
    """

    metrics: Mapping[str, tuple[str, int]]
    pictures: Mapping[str, Picture]
    captions: Callable[[Mapping[str, Any]], Mapping[str, tuple[str, str]]]

    @property
    def measure(self) -> str:
        """The name of the metric that decides."""
        return next(name for name, _ in self.metrics.values())


_KINDS = MappingProxyType(
    {
        "binary_classification": Kind(
            metrics={
                "log_loss": ("log loss", -1),
                "auc": ("AUC", 1),
                "accuracy": ("accuracy", 1),
                "precision": ("precision", 1),
                "recall": ("recall", 1),
                "f1": ("F1", 1),
                "calibration_error": ("calibration error", -1),
                "calibration_gap": ("calibration gap", -1),
                "calibration_chance": ("chance of that gap", 1),
            },
            pictures={
                "roc": Picture(curves.roc, numbers.roc, conclusions.roc),
                "calibration": Picture(curves.calibration, numbers.calibration, conclusions.calibration),
                "score_distribution": Picture(
                    bars.score_distribution, numbers.score_distribution, conclusions.score_distribution
                ),
                "weights": _WEIGHTS,
            },
            captions=wording.captions,
        ),
        "regression": Kind(
            metrics={
                "rmse": ("RMSE", -1),
                "mae": ("MAE", -1),
                "r2": ("R²", 1),
                "bias": ("bias", 0),
                "bias_gap": ("bias gap", -1),
                "bias_chance": ("chance of that gap, at most", 1),
            },
            pictures={
                "predicted_against_actual": Picture(regression.actual, numbers.actual, conclusions.actual),
                "residuals": Picture(regression.residuals, numbers.residuals, conclusions.residuals),
                "residuals_by_group": Picture(regression.groups, numbers.residual_groups, conclusions.residual_groups),
                "weights": _WEIGHTS,
            },
            captions=wording.regression_captions,
        ),
    }
)


def kind_of(card: Mapping[str, Any]) -> Kind:
    """The kind of a card's task: classification where it names none, as older cards do."""
    return _KINDS[card.get("kind") or "binary_classification"]
