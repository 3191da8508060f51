"""Whether probabilities mean what they say: of the rows that were given 0.3, are 30% positive?

Rows are put into ten deciles of equal size by their margin, the deciles of risk (Hosmer and Lemeshow, 1980). The
calibration error is the mean over all rows of how far their decile's mean probability is from its share of positives.

By itself that mean is too large on few rows: chance alone moves each share, and no move makes an absolute value
smaller than zero. On 498 rows a model that is perfectly calibrated gets 0.05 on average. So each decile's gap is freed
of what chance adds to it, the gap's expected absolute value under its normal error less the gap itself (Kumar, Liang
and Ma, Verified Uncertainty Calibration, 2019; Roelofs et al., Mitigating Bias in Calibration Error Estimation, 2022).
With many rows nothing is left of the correction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import erf, exp, pi, sqrt

DECILES = 10
TOLERABLE_GAP = 0.025
"""So much of the rows a cumulative gap may be without being a fault: no linear model is exactly right."""
COLUMNS = 3
"""Of a decile, in this order: the sum of probability less label, the positives, the rows."""


@dataclass(frozen=True)
class CalibrationPoint:
    """A decile of the rows: how many, their mean probability, their share of positives."""

    rows: int
    predicted: float
    observed: float


def decile_edges(ascending: Sequence[float]) -> list[float]:
    """The margins at which deciles two to ten begin; a margin equal to an edge belongs to the upper decile."""
    return [ascending[decile * len(ascending) // DECILES] for decile in range(1, DECILES)]


def calibration_error(sums: Sequence[float]) -> float:
    """From COLUMNS sums a decile, one decile after the other. Zero where chance alone explains every gap."""
    error = rows = 0.0
    for start in range(0, len(sums), COLUMNS):
        difference, positives, count = sums[start : start + COLUMNS]
        if count:
            gap, share = abs(difference) / count, positives / count
            error += count * (2 * gap - _folded_mean(gap, sqrt(share * (1 - share) / count)))
            rows += count
    return max(0.0, error / rows)


def largest_gap(sums: Sequence[float]) -> float:
    """Of COLUMNS sums a decile: from the lowest decile up, the positives expected less those seen, at its largest.

    In rows, without a sign. A model that says 0.1 too much of every row has a gap of a tenth of the rows.
    """
    return max(map(abs, accumulate(sums[::COLUMNS])))


def calibration_curve(sums: Sequence[float]) -> tuple[CalibrationPoint, ...]:
    """A point for each decile that has rows, in ascending order of the probability."""
    deciles = (sums[start : start + COLUMNS] for start in range(0, len(sums), COLUMNS))
    return tuple(
        CalibrationPoint(int(rows), (difference + positives) / rows, positives / rows)
        for difference, positives, rows in deciles
        if rows
    )


def _folded_mean(mean: float, deviation: float) -> float:
    """The mean of the absolute value of a normal variable (Leone, Nelson and Nottingham, 1961)."""
    if not deviation:
        return mean
    ratio = mean / deviation
    return deviation * sqrt(2 / pi) * exp(-ratio * ratio / 2) + mean * erf(ratio / sqrt(2))
