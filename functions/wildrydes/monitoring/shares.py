"""Whether a share that should be small has grown: of records that could not be used, of rides at no known station.

What the training set had of it, and TOLERABLE_SHARE more, is no alarm. What is beyond that is tested exactly, by the
upper tail of the binomial distribution (Clopper and Pearson, 1934).

    >>> round(chance_of_count(9, 10, 0.5), 6), chance_of_count(0, 10, 0.5)
    (0.010742, 1.0)
"""

from dataclasses import dataclass
from math import exp, fsum, lgamma, log, log1p

TOLERABLE_SHARE = 0.05


@dataclass(frozen=True)
class Share:
    """So many of all, what is expected at most, and the chance of so many if that is so."""

    count: int
    rows: int
    tolerable: float
    chance: float

    @property
    def share(self) -> float:
        """The share, 0 of none."""
        return self.count / self.rows if self.rows else 0.0


def share_of(count: int, rows: int, then: float) -> Share:
    """The share of `count` in `rows`, where the training set had the share `then`."""
    tolerable = min(1.0, then + TOLERABLE_SHARE)
    return Share(count, rows, tolerable, chance_of_count(count, rows, tolerable))


def chance_of_count(count: int, rows: int, share: float) -> float:
    """The probability that `count` or more of `rows` are so, each with the probability `share`."""
    if count <= share * rows or share >= 1:
        return 1.0
    if not share:
        return 0.0
    of_all = lgamma(rows + 1)
    terms = (
        exp(of_all - lgamma(more + 1) - lgamma(rows - more + 1) + more * log(share) + (rows - more) * log1p(-share))
        for more in range(count, rows + 1)
    )
    return min(1.0, fsum(terms))
