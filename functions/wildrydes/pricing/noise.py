"""Whether weather says anything about points at all: is the model's error smaller than the rule's, on the same rides?

It is the gate's test of a regression (`wildrydes.evaluation.squared_errors`), with the rule in the champion's place:
the interval of the difference of both RMSEs, at the level of a first comparison (`wildrydes.evaluation.error_budget`).

    >>> errors = PriceErrors()
    >>> for points in (100.0, 140.0, 80.0, 120.0) * 20: errors.add(points, points + 5, points + 30)
    >>> comparison = errors.comparison()
    >>> comparison.is_better, comparison.price_rmse, comparison.rule_rmse, comparison.difference
    (True, 5.0, 30.0, -25.0)
"""

from dataclasses import dataclass
from math import sqrt

from wildrydes.evaluation.error_budget import level
from wildrydes.evaluation.squared_errors import PairedErrors


@dataclass(frozen=True)
class ErrorComparison:
    """Root mean squared errors of prices and rule, in points, and the first less the second.

    `low` and `high` are the interval of the difference, which each end exceeds with a probability of at most `level`.
    """

    rides: int
    price_rmse: float
    rule_rmse: float
    difference: float
    low: float
    high: float
    level: float

    @property
    def is_better(self) -> bool:
        """Whether the model is better than the rule by the whole interval. If not, weather may say nothing."""
        return self.high < 0


class PriceErrors:
    """Adds up test rides."""

    def __init__(self) -> None:
        self._errors = PairedErrors()

    def add(self, points: float, price: float, rule: float) -> None:
        """Adds a ride: the points that it used, the model's price, and what the rule charges."""
        pair = (price, rule)
        self._errors.add(points, pair, [(points - each) ** 2 for each in pair])

    def comparison(self) -> ErrorComparison:
        """What the rides so far say: at least one."""
        sums, share = self._errors.sums, level(1)
        interval = sums.interval(share)
        return ErrorComparison(
            rides=sums.rows,
            price_rmse=sqrt(sums.first / sums.rows),
            rule_rmse=sqrt(sums.second / sums.rows),
            difference=sums.mean,
            low=interval.low,
            high=interval.high,
            level=share,
        )
