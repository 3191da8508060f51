"""The pictures of a day's document of `monitor`: features and scores next to the card's, and the served measure.

Each function gives a picture, None where the document has nothing to draw.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import PercentFormatter

from reports.style import BELOW_HEAD, INK, MODELS, QUIET, board, draw_points, drawable, head, style

_COLUMNS = 3
_NOW, _THEN = MODELS
"""The day is drawn as a candidate is, the card as a champion."""


def features(document: Mapping[str, Any]) -> Figure | None:
    """Of each feature the share of rows below a value: of the day, and of the training split."""
    drawn = drawn_features(document)
    if not drawn:
        return None
    with style():
        figure, panels = _grid(
            "Do features lie where they lay?",
            f"{document['task']}, {document['date']}: share of rows below a value",
            len(drawn),
        )
        for axes, (name, each) in zip(panels, drawn.items(), strict=False):
            _below(axes, name, each)
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def drawn_features(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The features of which there is something to draw."""
    return {name: each for name, each in document["features"].items() if each["rows"] and each["histogram"]["edges"]}


def _below(axes: Axes, name: str, feature: Mapping[str, Any]) -> None:
    histogram = feature["histogram"]
    for counts, label, look in ((histogram["then"], "training split", _THEN), (histogram["now"], "the day", _NOW)):
        rows = sum(counts)
        below = [count / rows for count in accumulate(counts)][:-1]
        axes.plot(histogram["edges"], below, color=look.color, linestyle=look.dashes, linewidth=1.8, label=label)
    title = f"{name}: drifted" if feature["drifted"] else name
    axes.set_title(drawable(title), loc="left", size=9, color=INK, weight="bold" if feature["drifted"] else "normal")
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.tick_params(labelsize=7)


def scores(document: Mapping[str, Any]) -> Figure | None:
    """The shares of scores in the bins of the card: of the day, and of the test split."""
    spread = document["scores"]
    if not spread or not spread["rows"]:
        return None
    histogram = spread["histogram"]
    ends = bin_ends(histogram["edges"], binary=is_binary(document))
    with style():
        word = "drifted" if spread["drifted"] else "not drifted beyond chance"
        figure, (axes,) = board("Do scores lie where they lay?", f"{document['model']}, {document['date']}: {word}")
        for counts, label, look in ((histogram["then"], "test split", _THEN), (histogram["now"], "the day", _NOW)):
            rows = sum(counts)
            shares = [count / rows for count in counts]
            axes.stairs(shares, ends, color=look.color, linestyle=look.dashes, linewidth=look.width / 1.5, label=label)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_xlabel("Predicted probability of label 1" if is_binary(document) else _unit(document))
        axes.set_ylabel("Share of predictions")
        axes.legend(loc="upper right")
    return figure


def is_binary(document: Mapping[str, Any]) -> bool:
    """Whether the task is a classification."""
    return document["kind"] != "regression"


def bin_ends(edges: Sequence[float], *, binary: bool) -> list[float]:
    """The edges with the ends of the outer bins, which hold all that is beyond."""
    if binary:
        return [0.0, *edges, 1.0]
    width = edges[1] - edges[0] if len(edges) > 1 else 1.0
    return [edges[0] - width, *edges, edges[-1] + width]


def _unit(document: Mapping[str, Any]) -> str:
    return f"Prediction ({document['unit']})" if document["unit"] else "Prediction"


def served(document: Mapping[str, Any]) -> Figure | None:
    """The champion's measure by day with its 95% interval, and what its card promised."""
    days = drawn_days(document)
    if not days:
        return None
    name = "log loss" if is_binary(document) else "RMSE"
    with style():
        figure, (axes,) = board(
            "Is it as good as promised?", f"{document['model']}: {name} where the truth is known; 95% intervals"
        )
        values = [each["measure"] for each in days]
        errors = [
            [each["measure"] - each["low"] for each in days],
            [each["high"] - each["measure"] for each in days],
        ]
        draw_points(axes, range(len(days)), values, errors, _NOW, f"served {name}")
        if document["served"]:
            axes.axhline(document["served"]["promised"], color=QUIET, linestyle=":", label="promised by the card")
        axes.set_xticks(range(len(days)), [f"{each['day'][5:]}\n{each['outcomes']:,}" for each in days])
        axes.set_xlabel("Day, and how many truths")
        axes.set_ylabel(drawable(f"{name} ({document['unit']})" if document["unit"] else name))
        axes.margins(x=0.1, y=0.2)
        axes.legend(loc="best")
    return figure


def drawn_days(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The days of which the champion's measure is known."""
    return [each for each in document["by_day"] if each["measure"] is not None and each["model"] == document["model"]]


PICTURES = {"features": features, "scores": scores, "served": served}
"""Each picture by its name."""


def _grid(title: str, subtitle: str, count: int) -> tuple[Figure, list[Axes]]:
    """An empty picture of so many panels, each with axes of its own. To be called within `style`."""
    rows = -(-count // _COLUMNS)
    figure = Figure(layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08, rect=BELOW_HEAD))
    FigureCanvasAgg(figure)
    head(figure, title, subtitle)
    panels = list(figure.subplots(rows, _COLUMNS, squeeze=False).flat)
    for unused in panels[count:]:
        unused.set_axis_off()
    return figure, panels[:count]
