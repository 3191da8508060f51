"""The metrics of the server: by minute for 15 days, by five minutes for 63, by hour for 455, as AWS keeps them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html (metrics retention)
"""

import math
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from local.cloudwatch.aggregates import Aggregate

DAY = 86_400
MINUTE, FIVE_MINUTES, HOUR = 60, 300, 3600
# How long points of a width in seconds stay, in seconds.
RETENTION = {MINUTE: 15 * DAY, FIVE_MINUTES: 63 * DAY, HOUR: 455 * DAY}
# ListMetrics names what has had a point within two weeks.
LISTED_SECONDS = 14 * DAY
MOST_SERIES = 50_000
"""Metrics: AWS bills each, and so bounds them in its way. Some 2 KB each."""

Dimensions = tuple[tuple[str, str], ...]


class Metric(NamedTuple):
    """What names a metric. `dimensions` are sorted pairs: another set of them is another metric."""

    account: str
    region: str
    namespace: str
    name: str
    dimensions: Dimensions = ()


@dataclass(slots=True)
class Series:
    """The points of a metric, by their width and start in seconds; the unit, and when the last one came."""

    unit: str
    arrival: float
    points: dict[int, dict[int, Aggregate]] = field(default_factory=lambda: {width: {} for width in RETENTION})

    def at(self, moment: float) -> Aggregate:
        """The minute of `moment`, in seconds since the epoch."""
        start = int(moment) // MINUTE * MINUTE
        minutes = self.points[MINUTE]
        minute = minutes.get(start)
        if minute is None:
            minute = minutes[start] = Aggregate()
        return minute

    def compact(self, now: float) -> bool:
        """Make old points wider, forget the oldest; whether any are left.

        Points come nearly in the order of their times, so that the look ends at the first that is young enough. One
        that came late is passed once those before it are.
        """
        widths = list(RETENTION)
        for width, wider in zip(widths, [*widths[1:], None], strict=True):
            points, oldest = self.points[width], now - RETENTION[width]
            old = []
            for start in points:
                if start >= oldest:
                    break
                old.append(start)
            for start in old:
                point = points.pop(start)
                if wider is not None:
                    self.points[wider].setdefault(start // wider * wider, Aggregate()).merge(point)
        return any(self.points.values())


class Store:
    """Takes points in and gives periods out. `now` is the server's clock, in seconds since the epoch.

    `on_watched` is called after a point of a metric in `watched`: it must not block. Whoever reads calls
    `measure_gauges` first; to measure wakes nobody, or a look at the alarms, which measures, would ask for the next.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.watched: frozenset[Metric] = frozenset()
        self.on_watched: Callable[[], None] = lambda: None
        self.measure_gauges: Callable[[], None] = lambda: None
        self._series: dict[Metric, Series] = {}
        # How often the points of a metric have changed, and those of all were made wider.
        self._changes: dict[Metric, int] = {}
        self._compactions = 0
        self._lock = threading.Lock()

    def record(
        self, metric: Metric, value: float, unit: str = "None", count: float = 1.0, moment: float | None = None
    ) -> None:
        """Take in a value, seen `count` times: of now, or of `moment`."""
        now = self.now()
        with self._lock:
            self._of(metric, unit, now).at(now if moment is None else moment).add(value, count)
        if metric in self.watched:
            self.on_watched()

    def record_aggregate(self, metric: Metric, values: Aggregate, unit: str, moment: float) -> bool:
        """Take in several values of one moment; a set of none leaves nothing. False for a metric too many."""
        if not values.count:
            return True
        with self._lock:
            if metric not in self._series and len(self._series) >= MOST_SERIES:
                return False
            self._of(metric, unit, self.now()).at(moment).merge(values)
        if metric in self.watched:
            self.on_watched()
        return True

    def set_gauge(self, metric: Metric, value: float, unit: str) -> None:
        """Make `value` the only one of this minute: what is measured once a minute, and may be looked at sooner."""
        now = self.now()
        with self._lock:
            series = self._series.get(metric)
            minute, point = int(now) // MINUTE * MINUTE, Aggregate(1.0, value, value, value)
            if series is not None and series.points[MINUTE].get(minute) == point:
                series.arrival = now
            else:
                self._of(metric, unit, now).points[MINUTE][minute] = point

    def _of(self, metric: Metric, unit: str, now: float) -> Series:
        series = self._series.get(metric)
        if series is None:
            series = self._series[metric] = Series(unit, now)
        series.arrival = now
        self._changes[metric] = self._changes.get(metric, 0) + 1
        return series

    def version(self, metric: Metric) -> tuple[int, int]:
        """Another one whenever the metric has got other points; the same while `periods` would answer the same."""
        return self._compactions, self._changes.get(metric, 0)

    def unit(self, metric: Metric) -> str:
        """The unit that the metric's first point had."""
        series = self._series.get(metric)
        return "None" if series is None else series.unit

    def periods(
        self, metric: Metric, start: float, end: float, period: int, origin: float = 0
    ) -> dict[float, Aggregate]:
        """The values by the start of their period: those from `start` on and before `end`, counted from `origin`."""
        series = self._series.get(metric)
        periods: dict[float, Aggregate] = {}
        if series is None:
            return periods
        with self._lock:
            for moment, point in _between(series.points, start, end):
                place = origin + (moment - origin) // period * period
                periods.setdefault(place, Aggregate()).merge(point)
        return dict(sorted(periods.items()))

    def metrics(self, account: str, region: str, within: float = LISTED_SECONDS) -> list[Metric]:
        """The metrics of an account's region that had a point in the last `within` seconds."""
        oldest = self.now() - within
        with self._lock:
            return [
                metric
                for metric, series in self._series.items()
                if metric[:2] == (account, region) and series.arrival >= oldest
            ]

    def compact(self) -> None:
        """Bring all points to the width of their age, and forget the metrics that have none left."""
        now = self.now()
        with self._lock:
            self._compactions += 1
            for metric in [metric for metric, series in self._series.items() if not series.compact(now)]:
                del self._series[metric]
                self._changes.pop(metric, None)


def _between(
    widths: Mapping[int, Mapping[int, Aggregate]], start: float, end: float
) -> Iterator[tuple[int, Aggregate]]:
    for width, points in widths.items():
        if (end - start) / width < len(points):
            moments: Iterable[int] = range(math.ceil(start / width) * width, math.ceil(end), width)
            yield from ((moment, points[moment]) for moment in moments if moment in points)
        else:
            yield from ((moment, point) for moment, point in points.items() if start <= moment < end)
