"""What one regressor's squared errors are less than another's on the same rows, and how sure that is at any level.

Of a row with the label y and the predictions a and b the difference is (a - y)² - (b - y)² = (a - b)(a + b - 2y). Over
the rows are added up

    total        the differences
    squares      their squares
    cubes        the cubes of their absolute values

The interval is the normal one of a paired difference, changed in two ways that make it hold where few rows matter:

- The variance is that of equally good models: the sum of the squares, without the mean difference taken off. It is
  never smaller than the observed variance. A sum over the root of its own squares cannot exceed the root of how many
  rows differ, so a handful of rows proves nothing (Efron, Student's t-Test Under Symmetry Conditions, 1969).
- Each end is further out by (2z² + 1) / 3 of cubes / squares. Half of that is what the distribution of a studentised
  mean is off by if the differences are skewed, to first order (Johnson, Modified t Tests and Confidence Intervals for
  Asymmetrical Populations, 1978; Hall, On the Removal of Skewness by Transformation, 1992). It is doubled because rows
  that met none of the rare large errors, of which a false promotion is made, show too little of the skew. The cubes are
  absolute here, so that the change only ever widens the interval. On many rows nothing is left of it.

A label can be any number, so unlike a classifier's there is no bound on what a row may cost. No interval for a mean
holds for every distribution (Bahadur and Savage, 1956): docs/model-gate.md states where this one does.

Differences of squared errors become differences of the root mean squared error (RMSE) by dividing by the sum of both
RMSEs: r² - s² = (r - s)(r + s). The sign of an end is the same before and after, so it decides the same.

    >>> errors = PairedErrors()
    >>> errors.add(3.0, (2.0, 1.0), (1.0, 4.0))
    >>> errors.add(5.0, (5.0, 7.0), (0.0, 4.0))
    >>> errors.sums.total, errors.sums.squares, errors.sums.cubes
    (-7.0, 25.0, 91.0)
    >>> round(errors.sums.mean, 4) == round(0.5**0.5 - 4**0.5, 4)
    True
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from wildrydes.evaluation.interval import Interval


@dataclass(frozen=True)
class ErrorDifference:
    """Sums over the rows of the first model's squared error less the second's; and of both models' squared errors."""

    rows: int
    total: float
    squares: float
    cubes: float
    first: float
    second: float

    @property
    def mean(self) -> float:
        """The difference of the two RMSEs."""
        return self._scaled(self.total)

    @property
    def differ(self) -> bool:
        """Whether the squared errors differ on any row."""
        return self.squares > 0

    def interval(self, level: float) -> Interval:
        """Of the difference of the two RMSEs: the truth is above it, or below it, at most at this `level` each."""
        if not self.differ:
            return Interval(self.mean, self.mean)
        quantile = NormalDist().inv_cdf(1 - level)
        skew = (2 * quantile * quantile + 1) / 3 * self.cubes / self.squares
        half = quantile * sqrt(self.squares) + skew
        return Interval(self._scaled(self.total - half), self._scaled(self.total + half))

    def _scaled(self, total: float) -> float:
        both = sqrt(self.first / self.rows) + sqrt(self.second / self.rows)
        return total / self.rows / both if both else 0.0


class PairedErrors:
    """Adds up rows of two models."""

    def __init__(self) -> None:
        self._rows = 0
        self._total = self._squares = self._cubes = self._first = self._second = 0.0

    def add(self, label: float, predictions: Sequence[float], losses: Sequence[float]) -> None:
        """Adds a row of the models' predictions and squared errors."""
        self._rows += 1
        one, other = predictions
        self._first += losses[0]
        self._second += losses[1]
        # Of large errors that are nearly the same, the difference of the squares would have few right digits.
        difference = (one - other) * (one - label + (other - label))
        square = difference * difference
        self._total += difference
        self._squares += square
        self._cubes += square * abs(difference)

    @property
    def sums(self) -> ErrorDifference:
        """The rows so far."""
        return ErrorDifference(self._rows, self._total, self._squares, self._cubes, self._first, self._second)
