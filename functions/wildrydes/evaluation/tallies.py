"""Sums over a model's rows, by group of the bootstrap and by column.

    column 0  rows        3  true positives                  7, 8, 9  probability less label, positives, rows
           1  positives   4  false positives                          of the first decile for calibration
           2  log loss    5  placements of positives         10 …     of the others
                          6  placements of negatives

The sum of the log loss is of margins, not of probabilities, so that nothing needs clipping. Beside the sums, rows are
counted by label and probability, and by label and rank.

    >>> tally = Tally(0.5, decile_edges=[0.0] * 9, ranking=Ranking([0.0], groups=2, exact=False), groups=2)
    >>> for group, label, margin in [(0, 0, -2.0), (1, 1, 2.0), (0, 1, -1.0)]: _ = tally.add(group, label, margin)
    >>> columns, ranks, histogram = tally.finish()
    >>> columns[ROWS].tolist(), columns[POSITIVES].tolist(), columns[TRUE_POSITIVES].tolist()
    ([2.0, 1.0], [1.0, 1.0], [0.0, 1.0])
"""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from math import exp, log1p

from wildrydes.evaluation import calibration
from wildrydes.evaluation.histogram import Histogram, ScoreCounts
from wildrydes.evaluation.ranking import Ranking, Ranks

ROWS, POSITIVES, LOSS, TRUE_POSITIVES, FALSE_POSITIVES, POSITIVE_PLACEMENTS, NEGATIVE_PLACEMENTS = range(7)
CALIBRATION = 7
COLUMNS = CALIBRATION + calibration.DECILES * calibration.COLUMNS


class Tally:
    """Adds up rows of (label, margin) by group. A score of at least `threshold` says 1."""

    def __init__(self, threshold: float, decile_edges: Sequence[float], ranking: Ranking, groups: int) -> None:
        self.threshold = threshold
        self.decile_edges = decile_edges
        self._ranking = ranking
        self._scores = ScoreCounts()
        self._sums = array("d", bytes(8 * groups * COLUMNS))

    def add(self, group: int, label: int, margin: float) -> float:
        """Adds a row, and gives back its log loss."""
        self._ranking.add(group, label, margin)
        sums, first = self._sums, group * COLUMNS
        # Of the logistic and of -log of it, from one exponential that cannot overflow.
        odds = exp(-abs(margin))
        score = 1 / (1 + odds) if margin >= 0 else odds / (1 + odds)
        self._scores.add(label, score)
        against = -margin if label else margin
        sums[first + ROWS] += 1
        sums[first + POSITIVES] += label
        loss = (against if against > 0 else 0.0) + log1p(odds)
        sums[first + LOSS] += loss
        if score >= self.threshold:
            sums[first + FALSE_POSITIVES - label] += 1
        decile = first + CALIBRATION + calibration.COLUMNS * bisect_right(self.decile_edges, margin)
        sums[decile] += score - label
        sums[decile + 1] += label
        sums[decile + 2] += 1
        return loss

    def finish(self) -> tuple[list[array], Ranks, Histogram]:
        """The sums by column, each of one number a group that has rows; how the rows rank; how their scores spread."""
        ranks = self._ranking.finish()
        self._sums[POSITIVE_PLACEMENTS::COLUMNS] = ranks.positive_placements
        self._sums[NEGATIVE_PLACEMENTS::COLUMNS] = ranks.negative_placements
        # Rows are dealt out in turn: the groups without any are the last ones.
        group_count = sum(1 for rows in self._sums[ROWS::COLUMNS] if rows)
        columns = [self._sums[column::COLUMNS][:group_count] for column in range(COLUMNS)]
        return columns, ranks, self._scores.histogram()
