"""What CloudWatch keeps of the values of a metric in one period: enough for each statistic, in bounded memory.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

# Where there are more different values than this, they and all later ones go into bins of a hundredth of their size:
# memory stays bounded, a percentile is off by that much.
MOST_VALUES = 256
_BIN = math.log(1.01)
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")

STATISTICS = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")


def is_statistic(name: str) -> bool:
    """Whether `name` is a statistic that is computed here: a simple one, or a percentile.

    >>> is_statistic("Sum"), is_statistic("p99.9"), is_statistic("tm90")
    (True, True, False)
    """
    return name in STATISTICS or _PERCENTILE.fullmatch(name) is not None


@dataclass(slots=True)
class Aggregate:
    """The values of a period. `values` has how often each was seen; None where all are one, or they are unknown.

    >>> minute = Aggregate()
    >>> for value in (1, 2, 2, 5): minute.add(value)
    >>> minute.statistic("Average"), minute.statistic("p50")
    (2.5, 2.0)
    """

    count: float = 0.0
    total: float = 0.0
    least: float = math.inf
    most: float = -math.inf
    values: dict[float, float] | None = None
    is_binned: bool = False

    def add(self, value: float, count: float = 1.0) -> None:
        """Take in a value that was seen `count` times."""
        if self.values is not None:
            place = _bin(value) if self.is_binned else value
            self.values[place] = self.values.get(place, 0.0) + count
            self._bound()
        elif self.count and self.least == self.most != value:
            self.values = {self.least: self.count, value: count}
        self.count += count
        self.total += value * count
        self.least = min(self.least, value)
        self.most = max(self.most, value)

    def merge(self, other: "Aggregate") -> None:
        """Take in the values of another period."""
        if not other.count:
            return
        values = self._distribution() if self.count else {}
        others = other._distribution()
        together = None
        if values is not None and others is not None:
            is_binned = self.is_binned or other.is_binned
            # This period's own grows in its place: a day of minutes would be copied again and again.
            together = values if self.is_binned == is_binned else _in_bins(values)
            for value, count in (others if other.is_binned == is_binned else _in_bins(others)).items():
                together[value] = together.get(value, 0.0) + count
        self.count += other.count
        self.total += other.total
        self.least, self.most = min(self.least, other.least), max(self.most, other.most)
        self.values = together if together is None or len(together) > 1 or self.least != self.most else None
        self.is_binned |= other.is_binned
        self._bound()

    def statistic(self, name: str) -> float | None:
        """A statistic, or a percentile such as `p99`; None where the percentile cannot be known.

        That is where a value is negative, or only a set of statistics was published, whose values are unknown.
        """
        if match := _PERCENTILE.fullmatch(name):
            values = self._distribution()
            return None if not values or self.least < 0 else percentile(values, float(match[1]))
        simple = {"SampleCount": self.count, "Sum": self.total, "Minimum": self.least, "Maximum": self.most}
        return self.total / self.count if name == "Average" else simple[name]

    def _bound(self) -> None:
        # Once: to put all into bins again at each of many values would take most of a busy metric's time.
        if not self.is_binned and self.values is not None and len(self.values) > MOST_VALUES:
            self.values, self.is_binned = _in_bins(self.values), True

    def _distribution(self) -> dict[float, float] | None:
        if self.values is not None:
            return self.values
        return {self.least: self.count} if self.least == self.most else None


def merged(aggregates: Iterable[Aggregate]) -> Aggregate:
    """All of them as one."""
    result = Aggregate()
    for aggregate in aggregates:
        result.merge(aggregate)
    return result


def percentile(values: dict[float, float], percent: float) -> float:
    """The percentile of values with their counts, between the two nearest ranks in proportion.

    >>> percentile({10.0: 1, 20.0: 1}, 50)
    15.0
    """
    ordered = sorted(values.items())
    rank = percent / 100 * max(sum(values.values()) - 1, 0)
    low, high = _at(ordered, math.floor(rank)), _at(ordered, math.ceil(rank))
    return low + (rank - math.floor(rank)) * (high - low)


def _at(ordered: list[tuple[float, float]], rank: int) -> float:
    passed = 0.0
    for value, count in ordered:
        passed += count
        if rank < passed:
            return value
    return ordered[-1][0]


def _bin(value: float) -> float:
    """The middle of the bin of a value."""
    return 0.0 if value == 0 else math.copysign(math.exp(_BIN * round(math.log(abs(value)) / _BIN)), value)


def _in_bins(values: dict[float, float]) -> dict[float, float]:
    bins: dict[float, float] = {}
    for value, count in values.items():
        middle = _bin(value)
        bins[middle] = bins.get(middle, 0.0) + count
    return bins
