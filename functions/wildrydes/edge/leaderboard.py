"""Ranks models by what callers measured: the lowest loss first, those that gave no answer last.

CloudWatch gives a value a day. Sums and mean losses of days are put together exactly; a percentile of all days cannot
be had from those of each, and what stands for it is their mean, weighted by the days' requests.

    >>> days = {"requests": [100, 300], "errors": [0, 4], "loss": [4.0, 8.0], "answers": [100, 300],
    ...         "p50": [10.0, 20.0], "p99": [50.0, 90.0]}
    >>> standing_of("magic_points", "run-1", days)
    Standing(task='magic_points', model='run-1', requests=400, errors=4, loss=7.0, p50=17.5, p99=80.0)
"""

from collections.abc import Iterable, Mapping, Sequence

from wildrydes.edge.outcomes import Standing
from wildrydes.tasks import TASKS

DAY = 86_400
"""Seconds: the longest period of CloudWatch, and one that it and every other clock cut the same."""

MOST_DAYS = 14
"""ListMetrics tells metrics of the last two weeks alone."""


def standing_of(task: str, model: str, days: Mapping[str, Sequence[float]]) -> Standing | None:
    """A model's standing from its values by name, one a day that had any; None without requests."""
    requests = days.get("requests", ())
    if not sum(requests):
        return None
    return Standing(
        task=task,
        model=model,
        requests=round(sum(requests)),
        errors=round(sum(days.get("errors", ()))),
        loss=_mean(days.get("loss", ()), days.get("answers", ())),
        p50=_mean(days.get("p50", ()), requests),
        p99=_mean(days.get("p99", ()), requests),
    )


def rank(standings: Iterable[Standing]) -> list[Standing]:
    """The standings by task, in the tasks' order, and by loss within each; of equals, by their requests."""
    places = {name: place for place, name in enumerate(TASKS)}

    def key(standing: Standing) -> tuple[int, bool, float, int]:
        return places[standing.task], standing.loss is None, standing.loss or 0.0, -standing.requests

    return sorted(standings, key=key)


def _mean(values: Sequence[float], weights: Sequence[float]) -> float | None:
    """The weighted mean; the plain one where the days of values and weights are not the same ones."""
    if len(values) != len(weights):
        weights = [1.0] * len(values)
    total = sum(weights)
    return sum(map(float.__mul__, map(float, values), map(float, weights))) / total if total else None
