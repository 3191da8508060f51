"""Whether weather says anything about points at all: is the model's error smaller than the rule's, on the same rides?

It is the gate's test of a regression, with the rule in the champion's place: the mean difference of the squared errors,
and its normal interval at the level of a first comparison (`wildrydes.evaluation.error_budget`).

    >>> errors = PairedErrors()
    >>> for points in (100.0, 140.0, 80.0, 120.0): errors.add(points, points + 5, points + 30)
    >>> errors.comparison().is_better, errors.comparison().difference
    (True, -875.0)
"""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from wildrydes.evaluation.error_budget import level


@dataclass(frozen=True)
class ErrorComparison:
    """Root mean squared errors of prices and rule, in points, and the mean difference of their squared errors.

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


class PairedErrors:
    """Adds up test rides."""

    def __init__(self) -> None:
        self._rides = 0
        self._price = self._rule = self._squares = 0.0

    def add(self, points: float, price: float, rule: float) -> None:
        """Adds a ride: the points that it used, the model's price, and what the rule charges."""
        by_price, by_rule = (points - price) ** 2, (points - rule) ** 2
        self._rides += 1
        self._price += by_price
        self._rule += by_rule
        self._squares += (by_price - by_rule) ** 2

    def comparison(self) -> ErrorComparison:
        """What the rides so far say: at least one."""
        rides, mean, share = self._rides, (self._price - self._rule) / self._rides, level(1)
        variance = max(0.0, self._squares / rides - mean * mean) / max(1, rides - 1)
        half = NormalDist().inv_cdf(1 - share) * sqrt(variance)
        return ErrorComparison(
            rides=rides,
            price_rmse=sqrt(self._price / rides),
            rule_rmse=sqrt(self._rule / rides),
            difference=mean,
            low=mean - half,
            high=mean + half,
            level=share,
        )
