"""Ranks models by what callers measured: the lowest loss first, those that gave no answer last.

CloudWatch gives a value a day. Sums and mean losses of days are put together exactly; a percentile of all days cannot
be had from those of each, and what stands for it is their mean, weighted by the days' requests.

A day that one of two numbers misses is left out of their mean: its weight, or what it weighs, is not known.

    >>> days = {"requests": {1: 100, 2: 300}, "errors": {1: 0, 2: 4}, "loss": {1: 4.0, 2: 8.0},
    ...         "answers": {1: 100, 2: 300}, "p50": {1: 10.0, 2: 20.0}, "p99": {1: 50.0, 2: 90.0}}
    >>> standing_of("magic_points", "run-1", days)
    Standing(task='magic_points', model='run-1', requests=400, errors=4, loss=7.0, p50=17.5, p99=80.0)
"""

from collections.abc import Iterable, Mapping
from typing import Any

from wildrydes.edge.outcomes import Standing
from wildrydes.tasks import TASKS

DAY = 86_400
"""Seconds: the longest period of CloudWatch, and one that it and every other clock cut the same."""

Days = Mapping[Any, float]
"""A number of each day that has it, by anything that stands for the day."""

MOST_DAYS = 14
"""ListMetrics tells metrics of the last two weeks alone."""


def standing_of(task: str, model: str, days: Mapping[str, Days]) -> Standing | None:
    """A model's standing from its values by name and day; None without requests."""
    requests = days.get("requests", {})
    if not sum(requests.values()):
        return None
    return Standing(
        task=task,
        model=model,
        requests=round(sum(requests.values())),
        errors=round(sum(days.get("errors", {}).values())),
        loss=_mean(days.get("loss", {}), days.get("answers", {})),
        p50=_mean(days.get("p50", {}), requests),
        p99=_mean(days.get("p99", {}), requests),
    )


def rank(standings: Iterable[Standing]) -> list[Standing]:
    """The standings by task, in the tasks' order, and by loss within each; of equals, by their requests."""
    places = {name: place for place, name in enumerate(TASKS)}

    def key(standing: Standing) -> tuple[int, bool, float, int]:
        return places[standing.task], standing.loss is None, standing.loss or 0.0, -standing.requests

    return sorted(standings, key=key)


def _mean(values: Days, weights: Days) -> float | None:
    """The mean of the days that have a value and a weight; None without any."""
    days = values.keys() & weights.keys()
    total = sum(weights[day] for day in days)
    return sum(values[day] * weights[day] for day in sorted(days)) / total if total else None
