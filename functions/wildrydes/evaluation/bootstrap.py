"""How sure a statistic of many rows is: its bootstrap interval, from sums over groups of rows.

Efron's bootstrap (1979) draws as many rows with replacement as there are, again and again, and looks at how the
statistic spreads. That takes every row for every replicate. Here rows are dealt out to groups in turn, only sums are
kept of each group, and groups are drawn. With no more rows than groups that is Efron's bootstrap. With more it is the
bootstrap of groups, whose spread has the same expectation if the order of the rows says nothing about them: the test
split is sorted by a digest. A thousand groups give a standard error to some 2% (1 / sqrt(2 x 1000)).

A replicate draws once for all columns: so candidate and champion are always compared on the same rows.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter, mul
from random import Random
from statistics import quantiles

from wildrydes.evaluation.interval import Interval

GROUPS = 1000
REPLICATES = 500
SEED = 20_190_710

Statistics = Callable[[Sequence[float]], Mapping[str, float | None]]
"""From the sum of each column to statistics by name; None for what these sums do not give."""


def intervals(columns: Sequence[Sequence[float]], statistics: Statistics) -> dict[str, Interval]:
    """Of each statistic its percentile interval, the middle 95% of the replicates; none where no replicate gives it.

    `columns` are sums by group, all of one length: groups without a row are left out before.
    """
    draw, groups = Random(SEED), range(len(columns[0]))  # noqa: S311 - a fixed seed: the same rows, the same interval
    parts = [_nonzero(column) for column in columns]
    replicates: dict[str, list[float]] = {}
    for _ in range(REPLICATES):
        draws = Counter(draw.choices(groups, k=len(groups)))
        times = [draws[group] for group in groups]
        for name, value in statistics([sum(map(mul, take(times), part)) for take, part in parts]).items():
            if value is not None:
                replicates.setdefault(name, []).append(value)
    return {name: _middle(values) for name, values in replicates.items() if len(values) > 1}


def _nonzero(column: Sequence[float]) -> tuple[Callable[[Sequence[int]], Iterable[int]], Sequence[float]]:
    """What of a column adds to a sum, and a function that takes the same places of another sequence.

    Of a few rows, most groups have none in a bin of the calibration: the columns of bins are most of all, and sparse.
    """
    places = [place for place, value in enumerate(column) if value]
    if not 1 < len(places) < len(column):
        return iter, column
    return itemgetter(*places), [column[place] for place in places]


def _middle(values: Sequence[float]) -> Interval:
    *_, highest = cuts = quantiles(values, n=40, method="inclusive")
    return Interval(cuts[0], highest)
