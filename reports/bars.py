"""Score distributions and weights of a card's models. Each function gives a picture, None where the card lacks them."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from reports.sides import Comparison, Side
from reports.style import INK, LABELS, MODELS, Look, board, drawable, style

_ROW = 0.72
"""The share of a feature's row that its bars fill."""

_UNITS = {
    "distance": ("miles", 1.0),
    "healthpoints": ("points", 1.0),
    "magicpoints": ("points", 1.0),
    "TMIN": ("°C", 10.0),
    "TMAX": ("°C", 10.0),
    "PRCP": ("mm", 10.0),
}
"""Of each feature the unit that it is shown in, and how many of the training set's own make one."""


def score_distribution(comparison: Comparison) -> Figure | None:
    """For each label the shares of its rows by predicted probability; a panel a model."""
    card = comparison.card
    models = [side for side in comparison.sides if side.metrics.get("histogram")]
    if not models:
        return None
    with style():
        subject = f"{card['target']}, {card['rows']:,} test rides; each label's bars add up to 100%"
        figure, panels = board("How far apart are the labels?", subject, len(models))
        for axes, side in zip(panels, models, strict=True):
            _distribution_of(axes, side)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
        figure.supylabel("Share of the label's rides", size=10.5)
        panels[-1].set(xlim=(0, 1), xlabel="Predicted probability of label 1")
    return figure


def _distribution_of(axes: Axes, side: Side) -> None:
    counts = side.metrics["histogram"]
    for label, (name, (color, hatch)) in enumerate(zip(("negatives", "positives"), LABELS, strict=True)):
        heights = shares(counts[name])
        edges = [place / len(heights) for place in range(len(heights) + 1)]
        caption = f"label {label} ({sum(counts[name]):,} rides)"
        axes.stairs(heights, edges, fill=True, alpha=0.4, label=caption, facecolor=color, edgecolor=color, hatch=hatch)
        axes.stairs(heights, edges, color=color, linewidth=1.8)
    threshold = side.metrics["threshold"]
    axes.axvline(threshold, color=INK, linewidth=1.2, linestyle=":")
    axes.set_title(f"{side.name}, threshold {threshold:.2f} (dotted)", loc="left", size=10, color=INK)
    # As many decimals as its steps need.
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))


def shares(counts: Sequence[int]) -> list[float]:
    """Of each count its share of all, zero where there are none."""
    rows = sum(counts) or 1
    return [count / rows for count in counts]


def weights(comparison: Comparison) -> Figure | None:
    """Each weight times its feature's deviation in the train split, the candidate's largest at the top."""
    card = comparison.card
    models = [side for side in comparison.sides if side.weights]
    # Bars of the champion alone would be taken for the candidate's.
    if not comparison.sides[0].weights:
        return None
    scaled = [scaled_weights(card, side.weights) for side in models]
    order = sorted(card["features"], key=lambda name: abs(scaled[0][name]))
    with style():
        figure, (axes,) = board(
            "What moves the prediction?", f"{card['target']}; SD: standard deviation in the train split"
        )
        height = _ROW / len(models)
        for place, (side, each, look) in enumerate(zip(models, scaled, MODELS, strict=False)):
            first = (len(models) / 2 - place - 0.5) * height
            _bars_of(axes, side, look, [each[name] for name in order], first, height)
        axes.axvline(0, color=INK, linewidth=1)
        axes.margins(x=0.16)
        axes.grid(visible=False, axis="y")
        axes.set_yticks(range(len(order)), [_feature_label(card, name) for name in order])
        axes.set_xlabel(f"Change of {_answer(card)} when the feature grows by one SD")
        if len(models) > 1:
            figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _answer(card: Mapping[str, Any]) -> str:
    """What the weights of a card's models add up to."""
    if card.get("kind") != "regression":
        return "the log odds of label 1"
    return f"the prediction ({card['unit']})" if card.get("unit") else "the prediction"


def _bars_of(axes: Axes, side: Side, look: Look, lengths: Sequence[float], first: float, height: float) -> None:
    """A bar a feature, from `first` upwards, one apart."""
    rows = [first + row for row in range(len(lengths))]
    bars = axes.barh(rows, lengths, height, color=look.color, hatch=look.hatch, ec="white", label=side.name)
    axes.bar_label(bars, [f"{length:+.2f}".replace("-", "−") for length in lengths], padding=4, size=9)


def scaled_weights(card: Mapping[str, Any], of_model: Sequence[float]) -> dict[str, float]:
    """By feature, the change of the log odds for one deviation of the train split."""
    deviations = [card["training"][name]["deviation"] for name in card["features"]]
    return {
        name: weight * deviation for name, weight, deviation in zip(card["features"], of_model, deviations, strict=True)
    }


def _feature_label(card: Mapping[str, Any], name: str) -> str:
    unit, scale = _UNITS.get(name, ("", 1.0))
    deviation = card["training"][name]["deviation"] / scale
    return drawable(f"{name}\nSD {deviation:,.{1 if deviation < 100 else 0}f} {unit}")
