"""The picture of a pricing study: what today's rule charges too much or too little in each band of weather."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.style import INK, MODELS, board, style

_SERIES = (
    ("overcharge", "than the points that the rides used", 0.13),
    ("against_price", "than the model's prices", -0.13),
)
"""Of each difference its name in the study, what the legend says, and how far above its band's line it is drawn."""


def overcharge(execution: str, bands: Sequence[Mapping[str, Any]]) -> Figure | None:
    """Each band's overcharge in points a ride with its 95% interval; None without a band of enough rides."""
    drawn = [band for band in bands if band["overcharge"]]
    if not drawn:
        return None
    with style():
        rides = sum(band["rides"] for band in drawn)
        figure, (axes,) = board(
            "Who pays too much by distance alone?", f"{execution}, {rides:,} test rides; mean and 95% interval"
        )
        for (name, words, above), look in zip(_SERIES, MODELS, strict=True):
            _marks(axes, [band[name] for band in drawn], above, look, f"more (+) or less (−) {words}")
        axes.axvline(0, color=INK, linewidth=1)
        axes.grid(visible=False, axis="y")
        axes.invert_yaxis()
        axes.set_yticks(range(len(drawn)), [f"{band['band']}\n{band['rides']:,} rides" for band in drawn])
        axes.set_xlabel("Today's rule charges so many points a ride")
        axes.margins(y=0.2)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center")
    return figure


def _marks(axes: Axes, differences: Sequence[Mapping[str, float]], above: float, look: Any, label: str) -> None:
    means = [each["mean"] for each in differences]
    axes.errorbar(
        means,
        [place - above for place in range(len(means))],
        xerr=[
            [each["mean"] - each["low"] for each in differences],
            [each["high"] - each["mean"] for each in differences],
        ],
        color=look.color,
        linestyle="",
        elinewidth=look.width / 1.5,
        capsize=4,
        marker=look.mark,
        markersize=look.mark_size,
        markerfacecolor=look.mark_fill,
        label=label,
    )
