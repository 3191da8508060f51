"""How a classifier's probabilities spread, by label: counts of rows in bins of equal width from 0 to 1.

Bin i of n holds the probabilities from i / n up to (i + 1) / n, the last one 1 as well. Only counts are stored, so
memory does not grow with the rows.
"""

from array import array
from dataclasses import dataclass

BINS = 20


@dataclass(frozen=True)
class Histogram:
    """Rows by bin, in ascending order of the probability: those with the label 0, and those with the label 1."""

    negatives: tuple[int, ...]
    positives: tuple[int, ...]


class ScoreCounts:
    """Counts rows of a label, 0 or 1, and a probability."""

    def __init__(self) -> None:
        # A probability of 1 falls beyond the last bin, and is put into it at the end.
        self._counts = tuple(array("Q", bytes(8 * (BINS + 1))) for _ in range(2))

    def add(self, label: int, score: float) -> None:
        self._counts[label][int(score * BINS)] += 1

    def histogram(self) -> Histogram:
        """The counts so far."""
        return Histogram(*((*counts[: BINS - 1], counts[BINS - 1] + counts[BINS]) for counts in self._counts))
