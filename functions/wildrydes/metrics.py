"""How good a binary classifier is, from a stream of labels and margins.

    log loss    mean of -log of the probability given to what happened, computed from the margin (no clipping)
    AUC         the probability that a positive has the higher margin than a negative, a tie counting half: exact
    the rest    from the confusion matrix of score >= threshold

Rows are only counted, except for their margins: eight bytes each. They are sorted in runs and merged, because a list
of all of them would take five times that.
"""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from heapq import merge
from itertools import groupby
from math import exp, log1p
from operator import itemgetter
from typing import Any

from wildrydes.linear_model import logistic

_RUN = 1 << 17


@dataclass(frozen=True)
class Confusion:
    """Counts of rows by what was said and what was so."""

    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int


@dataclass(frozen=True)
class Metrics:
    """A classifier's metrics at `threshold`. A quotient with nothing below it is None: AUC of one class, for one."""

    rows: int
    threshold: float
    log_loss: float
    auc: float | None
    accuracy: float
    precision: float | None
    recall: float | None
    f1: float | None
    confusion: Confusion

    def to_json(self) -> dict[str, Any]:
        """The metrics as a JSON object."""
        return asdict(self)


def judge(rows: Iterable[tuple[int, float]], threshold: float) -> Metrics:
    """The metrics of rows of (label 0 or 1, margin), where a score is the logistic of the margin.

    There has to be a row; raises ZeroDivisionError if not.
    """
    margins = {0: _SortedRuns(), 1: _SortedRuns()}
    said = {0: 0, 1: 0}
    loss, carry = 0.0, 0.0
    for label, margin in rows:
        margins[label].add(margin)
        said[label] += logistic(margin) >= threshold
        # -log logistic(m) for a positive, -log logistic(-m) for a negative; summed as Kahan does.
        against = -margin if label else margin
        term = (against if against > 0 else 0.0) + log1p(exp(-abs(margin))) - carry
        total = loss + term
        loss, carry = total, (total - loss) - term
    positives, negatives = margins[1].count, margins[0].count
    confusion = Confusion(said[1], said[0], negatives - said[0], positives - said[1])
    return _metrics(confusion, threshold, loss, _auc(margins[1], margins[0]))


def _metrics(confusion: Confusion, threshold: float, loss: float, auc: float | None) -> Metrics:
    hits, false, misses = confusion.true_positives, confusion.false_positives, confusion.false_negatives
    rows = hits + false + misses + confusion.true_negatives
    return Metrics(
        rows=rows,
        threshold=threshold,
        log_loss=loss / rows,
        auc=auc,
        accuracy=(hits + confusion.true_negatives) / rows,
        precision=_quotient(hits, hits + false),
        recall=_quotient(hits, hits + misses),
        f1=_quotient(2 * hits, 2 * hits + false + misses),
        confusion=confusion,
    )


def _quotient(above: int, below: int) -> float | None:
    return above / below if below else None


class _SortedRuns:
    """Numbers in some order -> numbers in ascending order, at eight bytes each."""

    def __init__(self) -> None:
        self.count = 0
        self._runs: list[array[float]] = []
        self._open = array("d")

    def add(self, number: float) -> None:
        self.count += 1
        self._open.append(number)
        if len(self._open) == _RUN:
            self._close()

    def sorted(self) -> Iterator[float]:
        self._close()
        return iter(self._runs[0]) if len(self._runs) == 1 else merge(*self._runs)

    def _close(self) -> None:
        self._runs.append(array("d", sorted(self._open)))
        self._open = array("d")


def _auc(positives: _SortedRuns, negatives: _SortedRuns) -> float | None:
    """Area under the ROC curve, as the Mann-Whitney U statistic over the number of pairs (Hanley and McNeil, 1982)."""
    if not positives.count or not negatives.count:
        return None
    labelled = merge(((m, 0) for m in negatives.sorted()), ((m, 1) for m in positives.sorted()))
    below, doubled_wins = 0, 0
    for _, equal in groupby(labelled, key=itemgetter(0)):
        zeros = ones = 0
        for _, label in equal:
            zeros, ones = zeros + 1 - label, ones + label
        doubled_wins += ones * (2 * below + zeros)
        below += zeros
    return doubled_wins / 2 / positives.count / negatives.count
