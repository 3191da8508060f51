"""How well margins put positives above negatives: AUC and the ROC curve, from rows that are only counted.

Margins fall into bands between edges. Where every distinct margin is an edge, a band is a tie, and all is exact. With
fewer edges, a positive and a negative of one band count as a tie though one of them is ahead: the AUC is then off
by at most half the share of such pairs, which `Ranks.auc_error` gives; it is 0 where all is exact.

Each row has a placement: of a positive the share of negatives below it, of a negative the share of positives above it,
ties counting half. Their means are the AUC, and their sums over a group of rows say how much the AUC moves when the
bootstrap draws the group more often, to first order (DeLong, DeLong and Clarke-Pearson, 1988: structural components).

    >>> ranking = Ranking([-1.0, 0.5], groups=1, exact=False)  # bands: below -1, from -1 to 0.5, from 0.5 on
    >>> for label, margin in [(0, -2.0), (1, 0.5), (0, 0.7), (1, 3.0)]: ranking.add(0, label, margin)
    >>> ranks = ranking.finish()
    >>> ranks.negatives, ranks.positives, ranks.auc, ranks.auc_error
    ([1, 0, 1], [0, 0, 2], 0.75, 0.25)
    >>> rank_edges([1.0, 2.0, 3.0, 4.0], bands=2)
    [3.0]
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import mul

from wildrydes.model.linear_model import logistic

ROC_STEP = 0.02


@dataclass(frozen=True)
class RocPoint:
    """The shares of negatives and of positives that score at least `threshold`, a probability."""

    threshold: float
    false_positives: float
    true_positives: float


class Ranking:
    """Labels and margins, counted by group of the bootstrap and by band. Band b goes from edge b - 1 up to edge b.

    `exact` says that each margin is an edge. There are then as many bands as rows; so rows are listed, not tabled.
    """

    def __init__(self, edges: Sequence[float], groups: int, *, exact: bool) -> None:
        self._edges = edges
        self._groups = groups
        self._bands = len(edges) + 1
        self._exact = exact
        self._row_cells = array("I") if exact else None
        self._cell_counts = array("I", bytes(array("I").itemsize * (0 if exact else groups * 2 * self._bands)))

    def add(self, group: int, label: int, margin: float) -> None:
        cell = (2 * group + label) * self._bands + bisect_right(self._edges, margin)
        if self._row_cells is None:
            self._cell_counts[cell] += 1
        else:
            self._row_cells.append(cell)

    def finish(self) -> "Ranks":
        """The counts and placements, once all rows are added."""
        counts = ([0] * self._bands, [0] * self._bands)
        for cell, count in self._cells():
            row, band = divmod(cell, self._bands)
            counts[row % 2][band] += count
        negatives, positives = counts
        below, above = _shares_before(negatives), [1 - share for share in _shares_before(positives)]
        return Ranks(self._edges, negatives, positives, *self._placements(below, above), exact=self._exact)

    def _placements(self, below: Sequence[float], above: Sequence[float]) -> tuple[array, array]:
        """By group, the summed placements of its positives and of its negatives."""
        sums = (array("d", bytes(8 * self._groups)), array("d", bytes(8 * self._groups)))
        shares = (above, below)
        for cell, count in self._cells():
            row, band = divmod(cell, self._bands)
            group, label = divmod(row, 2)
            sums[label][group] += count * shares[label][band]
        return sums[1], sums[0]

    def _cells(self) -> Iterator[tuple[int, int]]:
        if self._row_cells is not None:
            return ((cell, 1) for cell in self._row_cells)
        return ((cell, count) for cell, count in enumerate(self._cell_counts) if count)


@dataclass(frozen=True)
class Ranks:
    """Counts of rows by band, in ascending order of margin, and by group the summed placements of each class."""

    edges: Sequence[float]
    negatives: Sequence[int]
    positives: Sequence[int]
    positive_placements: array
    negative_placements: array
    exact: bool

    @property
    def pairs(self) -> int:
        """How many pairs there are of a positive and a negative."""
        return sum(self.negatives) * sum(self.positives)

    @property
    def auc(self) -> float | None:
        """Area under the ROC curve: Mann-Whitney U over the pairs (Hanley and McNeil, 1982). None without a pair."""
        doubled, below = 0, 0
        for negatives, positives in zip(self.negatives, self.positives, strict=True):
            doubled += positives * (2 * below + negatives)
            below += negatives
        return doubled / 2 / self.pairs if self.pairs else None

    @property
    def auc_error(self) -> float:
        """By how much the AUC may be off, because pairs within a band count as ties. 0 where they are ties."""
        if self.exact:
            return 0.0
        tied = sum(map(mul, self.negatives, self.positives))
        return tied / 2 / self.pairs if self.pairs else 0.0

    def margins(self) -> Iterator[tuple[float, int]]:
        """Each margin in ascending order, and how many rows have it. Of rows that are `exact`."""
        # The first band is below the lowest margin.
        counts = zip(self.negatives[1:], self.positives[1:], strict=True)
        return ((margin, sum(pair)) for margin, pair in zip(self.edges, counts, strict=True))

    def roc(self) -> tuple[RocPoint, ...]:
        """The curve from (0, 0) to (1, 1): a point each time that the two shares have grown by ROC_STEP together."""
        if not self.pairs:
            return ()
        points, grown = [RocPoint(1.0, 0.0, 0.0)], 0.0
        false = true = 0
        all_false, all_true = sum(self.negatives), sum(self.positives)
        for band in range(len(self.negatives) - 1, -1, -1):
            false, true = false + self.negatives[band], true + self.positives[band]
            last = (false, true) == (all_false, all_true)
            if false / all_false + true / all_true >= grown + ROC_STEP or last:
                grown = false / all_false + true / all_true
                threshold = logistic(self.edges[band - 1]) if band else 0.0
                points.append(RocPoint(threshold, false / all_false, true / all_true))
            if last:
                break
        return tuple(points)


def rank_edges(ascending: Sequence[float], bands: int) -> list[float]:
    """Edges between so many bands of equal size; fewer where margins are equal."""
    return sorted({ascending[band * len(ascending) // bands] for band in range(1, bands)})


def _shares_before(counts: Sequence[int]) -> list[float]:
    """Of each band, the share of all rows that are in bands before it, and half of its own."""
    total = sum(counts) or 1
    return [(last - count / 2) / total for last, count in zip(accumulate(counts), counts, strict=True)]
