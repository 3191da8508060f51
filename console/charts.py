"""In which form a page draws the series of a chart: `reports.charts.parts` decides it for all pages."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from reports.charts.parts import parts_of

_OF_ANSWERS, _MEDIAN = "Probabilities answered", ": half lie below"

Series = Sequence[Mapping[str, Any]]


def chart(series: Series) -> dict[str, Any]:
    """Series, each a `label` and its `points`, with the `outline` by which they are drawn.

    `form` is how, by `reports.charts.parts.Form`. `groups` has the places of the series that are drawn, those with the
    same points together, and `zeros` the places of those that are 0 each time. A point whose value is no number is in
    none of them.

    >>> chart([{"label": "a", "points": [(0, 1)]}, {"label": "b", "points": [(0, 0)]}])["outline"]
    {'form': 'bars', 'groups': [[0]], 'zeros': [1]}
    """
    parts = parts_of((str(place), _numbers(each["points"])) for place, each in enumerate(series))
    outline = {
        "form": parts.form.value,
        "groups": [[int(place) for place in group.names] for group in parts.groups],
        "zeros": [int(place) for place in parts.zeros],
    }
    return {"series": series, "outline": outline}


def widget(each: Mapping[str, Any]) -> dict[str, Any]:
    """A widget as `cli.dashboard` reads it, with the outline of its chart.

    One of the probabilities of answers has `medians` too: a chart of the median of each answer.
    """
    if each["kind"] != "metric":
        return dict(each)
    shown = {**each, **chart(each["series"])}
    if not each["title"].startswith(_OF_ANSWERS):
        return shown
    medians = [
        {"label": one["label"].removesuffix(_MEDIAN), "points": one["points"]}
        for one in each["series"]
        if one["label"].endswith(_MEDIAN)
    ]
    return shown | {"medians": chart(medians)}


def is_number(value: Any) -> bool:
    """Whether a value may stand on a chart."""
    return isinstance(value, int | float) and math.isfinite(value)


def _numbers(points: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
    return [point for point in points if is_number(point[1])]
