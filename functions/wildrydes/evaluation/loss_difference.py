"""What one model's log loss is less than another's on the same rows, and how sure that is at any level.

A row's margins say what either label costs each model. Between them lies the probability of label 1 at which the two
models are equally good: the row's break-even. Over the rows are added up

    total        the differences of the losses
    squares      their squares
    even         the variance of the total, if labels are drawn with the break-even probabilities
    steps        the same with the distance of the margins cubed; over `even` it is what one label moves the total by

The interval is the normal one of a paired difference, changed in two ways that make it hold where few rows matter:

- The variance is the larger of the observed and the break-even one. Take a candidate that says 0.7% instead of 1.8%,
  and has met none of the positives that would cost it dearly: the observed differences are then all alike, as if there
  were no doubt. The observed variance counts where both models are off. (Both variances together give a bound without
  further assumptions: Bercu and Touati, Exponential Inequalities for Self-Normalized Martingales, 2008. It is a third
  wider.)
- Each end is half a step further out, for continuity (Yates, 1934). Where two models differ on ten rows alike, the
  total has eleven values, and the normal distribution cuts between them.

    >>> losses = PairedLosses()
    >>> for label in (1, 1, 1, 0): losses.add(label, (1.0, 0.0), (1.3133 - label, 0.6931))
    >>> round(losses.sums.total, 4), round(losses.sums.even, 4)
    (-0.5192, 0.9422)
    >>> interval = losses.sums.interval(0.025)
    >>> round(interval.low, 4), round(interval.high, 4)
    (-0.7448, 0.4852)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from wildrydes.evaluation.interval import Interval

_LEAST = 1e-12


@dataclass(frozen=True)
class LossDifference:
    """Sums over the rows of the first model's log loss less the second's."""

    rows: int
    total: float
    squares: float
    even: float
    steps: float

    @property
    def mean(self) -> float:
        """The difference of the two log losses."""
        return self.total / self.rows

    @property
    def differ(self) -> bool:
        """Whether the models say different things of any row."""
        return self.even > 0

    def interval(self, level: float) -> Interval:
        """Of the difference of the two log losses: the truth is above it, or below it, at most at this `level` each."""
        if not self.even:
            return Interval(self.mean, self.mean)
        observed = max(0.0, self.squares - self.total * self.mean) * self.rows / max(1, self.rows - 1)
        deviation = sqrt(max(observed, self.even))
        half = NormalDist().inv_cdf(1 - level) * deviation + self.steps / self.even / 2
        return Interval((self.total - half) / self.rows, (self.total + half) / self.rows)


class PairedLosses:
    """Adds up rows of two models."""

    def __init__(self) -> None:
        self._rows = 0
        self._total = self._squares = self._even = self._steps = 0.0

    def add(self, label: int, margins: Sequence[float], losses: Sequence[float]) -> None:
        """Adds a row of the models' margins and log losses."""
        self._rows += 1
        distance = margins[0] - margins[1]
        if not distance:
            return
        difference = losses[0] - losses[1]
        self._total += difference
        self._squares += difference * difference
        # A probability, but for rounding. It is never certain: a row of two extreme margins would count for nothing.
        break_even = min(max(difference / distance + label, _LEAST), 1 - _LEAST)
        variance = distance * distance * break_even * (1 - break_even)
        self._even += variance
        self._steps += abs(distance) * variance

    @property
    def sums(self) -> LossDifference:
        """The rows so far."""
        return LossDifference(self._rows, self._total, self._squares, self._even, self._steps)
