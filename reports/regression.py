"""Pictures of a regression: predicted against actual, residuals, and groups. None where the card lacks the data."""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from reports.sides import Comparison, Side
from reports.style import INK, MODELS, QUIET, Look, board, draw_points, style

_Z = 1.959964
"""Of a normal distribution, 95% is within so many deviations."""


def actual(comparison: Comparison) -> Figure | None:
    """Counts of rows by actual and predicted value, darker where there are more; a panel a model."""
    models = [side for side in comparison.sides if side.metrics.get("grid")]
    if not models:
        return None
    card = comparison.card
    with style():
        figure, panels = board(
            "Predicted against actual", _subject(card, "the outer cells hold what is beyond"), len(models)
        )
        for axes, side in zip(panels, models, strict=True):
            _grid_of(axes, side)
            axes.set_ylabel(f"Predicted{_unit(card)}")
        panels[-1].set_xlabel(f"Actual{_unit(card)}")
    return figure


def _grid_of(axes: Axes, side: Side) -> None:
    grid = side.metrics["grid"]
    low, high, counts = grid["low"], grid["high"], grid["counts"]
    ends = edges(low, high, len(counts))
    by_prediction = [[row[place] for row in counts] for place in range(len(counts))]
    most = max(max(map(max, counts)), 2)
    axes.pcolormesh(ends, ends, by_prediction, norm=LogNorm(1, most, clip=False), cmap="Blues")
    axes.plot([low, high], [low, high], color=INK, linewidth=1, linestyle=":")
    axes.set_title(
        f"{side.name}, RMSE {side.metrics['rmse']:.4f} (dotted: as predicted)", loc="left", size=10, color=INK
    )


def residuals(comparison: Comparison) -> Figure | None:
    """The shares of rows by residual, the actual less the predicted value, of every model."""
    models = [side for side in comparison.sides if side.metrics.get("residuals")]
    if not models:
        return None
    card = comparison.card
    with style():
        figure, (axes,) = board("How far off is it?", _subject(card, "the outer bars hold what is beyond"))
        for side, look in zip(models, MODELS, strict=False):
            histogram = side.metrics["residuals"]
            ends = edges(histogram["low"], histogram["high"], len(histogram["counts"]))
            shares = [count / sum(histogram["counts"]) for count in histogram["counts"]]
            caption = f"{side.name}, MAE {side.metrics['mae']:.4f}"
            axes.stairs(shares, ends, label=caption, color=look.color, linewidth=look.width, linestyle=look.dashes)
        axes.axvline(0, color=QUIET, linewidth=1, linestyle=":")
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_xlabel(f"Residual: actual less predicted{_unit(card)}")
        axes.set_ylabel("Share of the test rows")
        axes.legend(loc="best")
    return figure


def groups(comparison: Comparison) -> Figure | None:
    """Mean residual over mean prediction, a point for each tenth of the rows, with its 95% interval."""
    models = [side for side in comparison.sides if side.metrics.get("groups")]
    if not models:
        return None
    card = comparison.card
    with style():
        figure, (axes,) = board(
            "Is it right on average?", _subject(card, "a mark for each tenth of them, with its 95% interval")
        )
        axes.axhline(0, color=QUIET, linewidth=1, linestyle=":", label="right on average")
        for side, look in zip(models, MODELS, strict=False):
            _groups_of(axes, side, look)
        axes.set_xlabel(f"Predicted{_unit(card)}, mean of the group")
        axes.set_ylabel(f"Actual less predicted{_unit(card)}, mean of the group")
        axes.legend(loc="best")
    return figure


def _groups_of(axes: Axes, side: Side, look: Look) -> None:
    points: Sequence[Mapping[str, Any]] = side.metrics["groups"]
    draw_points(
        axes,
        [point["predicted"] for point in points],
        [point["observed"] - point["predicted"] for point in points],
        [mean_interval(point) for point in points],
        look,
        f"{side.name}, bias {side.metrics['bias']:+.4f}",
    )


def mean_interval(group: Mapping[str, Any]) -> float:
    """Half the 95% interval of a group's mean residual, by the normal distribution."""
    return _Z * group["deviation"] / sqrt(group["rows"])


def edges(low: float, high: float, bins: int) -> list[float]:
    """The ends of bins of equal width, one more than there are bins."""
    return [low + (high - low) * place / bins for place in range(bins + 1)]


def _unit(card: Mapping[str, Any]) -> str:
    return f" ({card['unit']})" if card.get("unit") else ""


def _subject(card: Mapping[str, Any], what: str) -> str:
    return f"{card['target']}, {card['rows']:,} test rows; {what}"
