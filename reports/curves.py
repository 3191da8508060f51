"""ROC and calibration curves of a card's models. Each function takes a card and gives a picture, None without data."""

from collections.abc import Mapping
from math import sqrt
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.sides import Comparison, Side
from reports.style import MODELS, QUIET, Look, board, draw_points, style

_Z = 1.959964
"""Of a normal distribution, 95% is within so many deviations."""


def roc(comparison: Comparison) -> Figure | None:
    """True over false positive rate, with the point that the threshold chooses. None where a class is missing."""
    models = [side for side in comparison.sides if side.metrics["roc"]]
    if not models:
        return None
    with style():
        figure, (axes,) = board(
            "How well are rides ranked?", _subject(comparison.card, "marks: what each model's threshold gives")
        )
        _unit_square(axes, "chance, AUC 0.5")
        for side, look in zip(models, MODELS, strict=False):
            _roc_of(axes, side, look)
        axes.set_xlabel("False positive rate: of the rides with label 0, the share called 1")
        axes.set_ylabel("True positive rate: of label 1, the share called 1")
        axes.legend(loc="lower right")
    return figure


def _unit_square(axes: Axes, diagonal: str) -> None:
    """Two shares against each other, and what it means to be on the diagonal."""
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=":", label=diagonal)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))


def _roc_of(axes: Axes, side: Side, look: Look) -> None:
    metrics = side.metrics
    cells = metrics["confusion"]
    axes.plot(
        [point["false_positives"] for point in metrics["roc"]],
        [point["true_positives"] for point in metrics["roc"]],
        label=f"{side.name}, AUC {metrics['auc']:.4f}",
        color=look.color,
        linestyle=look.dashes,
        linewidth=look.width,
    )
    at = (
        cells["false_positives"] / (cells["false_positives"] + cells["true_negatives"]),
        cells["true_positives"] / (cells["true_positives"] + cells["false_negatives"]),
    )
    axes.plot(
        *at, marker=look.mark, markersize=look.mark_size, color=look.color, markerfacecolor=look.mark_fill, zorder=3
    )


def calibration(comparison: Comparison) -> Figure:
    """Share of label 1 over mean probability, a point for each tenth of the rows, with its 95% interval."""
    with style():
        figure, (axes,) = board(
            "Do the probabilities mean what they say?",
            _subject(comparison.card, "a mark for each tenth of them, with its 95% interval"),
        )
        _unit_square(axes, "perfectly calibrated")
        for side, look in zip(comparison.sides, MODELS, strict=False):
            _calibration_of(axes, side, look)
        axes.set_xlabel("Predicted probability of label 1, mean of the group")
        axes.set_ylabel("Observed share of label 1 in the group")
        axes.legend(loc="best")
    return figure


def _calibration_of(axes: Axes, side: Side, look: Look) -> None:
    points = side.metrics["calibration"]
    shares = [point["observed"] for point in points]
    ends = [share_interval(point["observed"], point["rows"]) for point in points]
    below = [share - low for share, (low, _) in zip(shares, ends, strict=True)]
    above = [high - share for share, (_, high) in zip(shares, ends, strict=True)]
    label = f"{side.name}, calibration error {side.metrics['calibration_error']:.4f}"
    draw_points(axes, [point["predicted"] for point in points], shares, [below, above], look, label)


def share_interval(share: float, rows: int) -> tuple[float, float]:
    """The 95% interval of a share seen in so many rows (Wilson, Probable Inference, 1927); within 0 and 1."""
    scale = 1 + _Z * _Z / rows
    middle = (share + _Z * _Z / (2 * rows)) / scale
    half = _Z * sqrt(share * (1 - share) / rows + _Z * _Z / (4 * rows * rows)) / scale
    # Rounding must not carry an end past the share itself.
    return min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half))


def _subject(card: Mapping[str, Any], what: str) -> str:
    return f"{card['target']}, {card['rows']:,} test rides; {what}"
