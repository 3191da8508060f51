"""How each feature of a training split is spread, for its card: later rows are compared with that.

quantiles           101 values, from the lowest to the highest in steps of a hundredth
histogram           the rows in bins: bin i holds the values from edge i - 1 on and below edge i
missing             rows without a value; a training split has none, since such rides are left out of it
independent_rows    as how many rows they count (`wildrydes.evaluation.independent_rows`)

The first SAMPLE_ROWS rows stay in memory, 8 bytes a feature and row. Their quantiles become the edges, and all rows are
counted by these. A split is in the order of a digest, so its first rows are a sample of it. A feature of few different
values gets a bin for each.

    >>> profiler = Profiler(("distance",))
    >>> for miles in (1.0, 2.0, 2.0, 4.0): profiler.add([miles])
    >>> (profile,) = profiler.finish()
    >>> profile.histogram.edges, profile.histogram.counts, profile.quantiles[50]
    ((2.0, 4.0), (1, 2, 1), 2.0)
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from wildrydes.evaluation.independent_rows import MOST_ROWS, IndependentRows
from wildrydes.evaluation.split_rows import Row

SAMPLE_ROWS = MOST_ROWS
BINS = 50
MOST_VALUES = 20
"""Up to so many different values, each has a bin of its own."""


@dataclass(frozen=True)
class BinnedRows:
    """Rows by bin: one more bin than there are edges, which ascend; what is below the first edge is in the first."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class FeatureProfile:
    """How a feature's values are spread. All values are in the feature's own unit."""

    quantiles: tuple[float, ...]
    histogram: BinnedRows
    missing: int
    independent_rows: float


class Profiler:
    """Adds up rows of `features`."""

    def __init__(self, features: Sequence[str]) -> None:
        self._features = features
        self._independent = IndependentRows(features)
        self._columns = [array("d") for _ in features]
        self._rows = 0
        self._edges: list[tuple[float, ...]] = []
        self._counts: list[array] = []

    def add(self, values: Sequence[float]) -> None:
        """Counts a row, its values in the order of the features."""
        self._rows += 1
        if self._rows <= SAMPLE_ROWS:
            self._independent.add(values)
            for column, value in zip(self._columns, values, strict=True):
                column.append(value)
            return
        if not self._edges:
            self._bin_sample()
        for value, edges, counts in zip(values, self._edges, self._counts, strict=True):
            counts[bisect_right(edges, value)] += 1

    def finish(self) -> tuple[FeatureProfile, ...]:
        """A profile a feature, in their order; none without any row."""
        if not self._rows:
            return ()
        if not self._edges:
            self._bin_sample()
        return tuple(
            FeatureProfile(
                tuple(ascending[place * (len(ascending) - 1) // 100] for place in range(101)),
                BinnedRows(edges, tuple(counts)),
                0,
                self._independent.of(name),
            )
            for name, ascending, edges, counts in zip(
                self._features, map(sorted, self._columns), self._edges, self._counts, strict=True
            )
        )

    def _bin_sample(self) -> None:
        for column in self._columns:
            edges = _edges(sorted(column))
            counts = array("Q", bytes(8 * (len(edges) + 1)))
            for value in column:
                counts[bisect_right(edges, value)] += 1
            self._edges.append(edges)
            self._counts.append(counts)


def feed(rows: Iterable[Row], profiler: Profiler) -> Iterator[Row]:
    """The same rows; the profiler has seen each that was taken."""
    for row in rows:
        profiler.add(row[1])
        yield row


def _edges(ascending: Sequence[float]) -> tuple[float, ...]:
    values = sorted(set(ascending))
    if len(values) > MOST_VALUES:
        values = sorted({ascending[place * len(ascending) // BINS] for place in range(BINS)})
    # What is below the second value is the first bin.
    return tuple(values[1:])
