"""How far rows are from those of the training split, both as counts in the same bins.

PSI       the population stability index: the sum over bins of (share - share then) * log(share / share then), which is
          the Kullback-Leibler divergence both ways (Kullback and Leibler, On Information and Sufficiency, 1951). By
          itself it is above zero by chance: with b bins, and n and m rows, by some (b - 1) (1/n + 1/m). It says how
          much has changed, not whether chance did it: so it raises no alarm.
distance  Kolmogorov and Smirnov's: the largest difference of the two shares below an edge.
chance    the probability of such a distance or more if nothing has changed: Kolmogorov's limit of the two-sample test
          (Smirnov, 1939). Between edges nothing is looked at, and values may be the same; both make a distance smaller,
          and so an alarm less likely. The rows that count are the independent ones. TOLERABLE_DISTANCE is no drift, as
          with enough rows no two days are alike; the chance is that of what is beyond it.

    >>> round(psi((50, 50), (70, 30)), 4), round(distance((50, 50), (70, 30)), 2)
    (0.1695, 0.2)
    >>> round(chance_of_distance(0.2, 100, 100), 4)
    0.0366
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import exp, log, sqrt

LEAST_SHARE = 1e-4
"""What stands for the share of an empty bin, whose logarithm there is not."""

TOLERABLE_DISTANCE = 0.05
"""So many of the rows may lie on the other side of an edge."""

PSI_BINS = 10
"""Bins are taken together until each holds at least a tenth of the training rows, as PSI is usual."""

_TERMS = 100


@dataclass(frozen=True)
class Drift:
    """What two histograms say: PSI, distance, the chance of it, and how many rows of the day there are."""

    psi: float
    distance: float
    chance: float
    rows: int
    independent_rows: float


def compare(then: Sequence[int], now: Sequence[int], independent_then: float, independent_now: float) -> Drift:
    """Compares counts of rows in the same bins; neither is empty. Independent rows are at most as many as rows."""
    apart = distance(then, now)
    chance = chance_of_distance(apart - TOLERABLE_DISTANCE, independent_then, independent_now)
    return Drift(psi(*_coarse(then, now)), apart, chance, sum(now), independent_now)


def psi(then: Sequence[int], now: Sequence[int]) -> float:
    """The population stability index of counts in the same bins."""
    rows_then, rows_now = sum(then), sum(now)
    shares = (
        (one / rows_then or LEAST_SHARE, other / rows_now or LEAST_SHARE) for one, other in zip(then, now, strict=True)
    )
    return sum((other - one) * log(other / one) for one, other in shares)


def distance(then: Sequence[int], now: Sequence[int]) -> float:
    """The largest difference of the shares of rows up to any edge."""
    rows_then, rows_now = sum(then), sum(now)
    return max(
        abs(one / rows_then - other / rows_now) for one, other in zip(accumulate(then), accumulate(now), strict=True)
    )


def chance_of_distance(apart: float, rows: float, other_rows: float) -> float:
    """The probability of a distance of `apart` or more between samples of so many independent rows."""
    scale = apart * sqrt(rows * other_rows / (rows + other_rows)) if rows and other_rows else 0.0
    # Below that it is 1 to nine digits, and the series would need many terms.
    if scale < 0.2:
        return 1.0
    terms = (2 * (-1) ** (term - 1) * exp(-2 * (term * scale) ** 2) for term in range(1, _TERMS))
    return min(1.0, max(0.0, sum(terms)))


def _coarse(then: Sequence[int], now: Sequence[int]) -> tuple[list[int], list[int]]:
    """Neighbouring bins together, until each has a tenth of the rows of `then`; what is left over joins the last."""
    pairs = list(_groups(then, now))
    if len(pairs) > 1 and pairs[-1][0] * PSI_BINS < sum(then):
        (one, other), (more, another) = pairs[-2:]
        pairs[-2:] = [(one + more, other + another)]
    return [one for one, _ in pairs], [other for _, other in pairs]


def _groups(then: Sequence[int], now: Sequence[int]) -> Iterator[tuple[int, int]]:
    total, one, other = sum(then), 0, 0
    for more, another in zip(then, now, strict=True):
        one, other = one + more, other + another
        if one * PSI_BINS >= total:
            yield one, other
            one = other = 0
    if one or other:
        yield one, other
