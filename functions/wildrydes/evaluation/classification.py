"""How good a binary classifier is, in one pass over labels and margins; and how much better than another.

`wildrydes.evaluation.classifier_metrics` says what each metric is.

The first RANKED_ROWS rows stay in memory, 8 bytes a model and row. If there are no more, AUC and ROC curve are exact.
If there are more, the quantiles of those first rows become the edges by which all rows are counted, and `auc_error`
bounds the AUC's error. So memory does not grow with the rows.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, cycle, islice
from math import log, log1p
from sys import float_info
from typing import Any

from wildrydes.errors import BadModel
from wildrydes.evaluation import gap_chance, tallies
from wildrydes.evaluation.bootstrap import GROUPS
from wildrydes.evaluation.calibration import (
    DECILES,
    TOLERABLE_GAP,
    calibration_curve,
    calibration_error,
    decile_edges,
    largest_gap,
)
from wildrydes.evaluation.classifier_metrics import ClassifierMetrics, Confusion
from wildrydes.evaluation.feature_moments import TrainingRows
from wildrydes.evaluation.histogram import Histogram
from wildrydes.evaluation.judgement import Judgement, differences, usable
from wildrydes.evaluation.loss_difference import LossDifference, PairedLosses
from wildrydes.evaluation.ranking import Ranking, Ranks, rank_edges
from wildrydes.evaluation.tallies import Tally
from wildrydes.model.linear_model import logistic

RANKED_ROWS = 1 << 17
RANK_BANDS = 1000

ScoredRow = tuple[int, Sequence[float]]
"""A label, 0 or 1, and the margin that each model gives the row."""


def judge(rows: Iterable[ScoredRow], thresholds: Sequence[float]) -> Judgement[ClassifierMetrics, LossDifference]:
    """Judges a candidate (one threshold, one margin a row), or a candidate and the champion (two of each).

    A row for which either margin is not finite is left out of both. Raises BadModel when no row is left.
    """
    not_finite = [0] * len(thresholds)
    paired = PairedLosses()
    row_tallies = _tally_rows(usable(rows, float_info.max, not_finite), thresholds, paired)
    columns, rankings, histograms = zip(*(tally.finish() for tally in row_tallies), strict=True)
    metrics = [
        _metrics(row_tallies[place], columns[place], rankings[place], histograms[place], not_finite[place])
        for place in range(len(thresholds))
    ]
    if len(metrics) == 1:
        return Judgement(metrics[0], None, {})
    candidate, champion = metrics
    statistics = [partial(scores, auc=each.auc) for each in metrics]
    return Judgement(candidate, champion, differences([*columns[0], *columns[1]], *statistics), paired.sums)


def constant_log_loss(training: TrainingRows, metrics: ClassifierMetrics) -> float:
    """The log loss of answering the share of positives of the train split, above 0 and below 1, for each test row."""
    positives = metrics.confusion.true_positives + metrics.confusion.false_negatives
    share = training.label_mean
    return -(positives * log(share) + (metrics.rows - positives) * log1p(-share)) / metrics.rows


def training_fault(training: TrainingRows) -> str | None:
    """Why a train split cannot be learnt from, as the end of a sentence; None where nothing is wrong."""
    positives = int(training.label_sum)
    return None if 0 < positives < training.rows else f"{positives} are positive: one class"


def _tally_rows(rows: Iterator[ScoredRow], thresholds: Sequence[float], paired: PairedLosses) -> list[Tally]:
    labels, first_margins = array("b"), [array("d") for _ in thresholds]
    for label, margins in islice(rows, RANKED_ROWS):
        labels.append(label)
        for margin, column in zip(margins, first_margins, strict=True):
            column.append(margin)
    further = list(islice(rows, 1))
    row_tallies = [_tally(*pair, exact=not further) for pair in zip(first_margins, thresholds, strict=True)]
    adds: list[Callable[[int, int, float], float]] = [tally.add for tally in row_tallies]
    add_pair = paired.add if len(adds) > 1 else None
    all_rows = chain(zip(labels, zip(*first_margins, strict=True), strict=True), further, rows)
    for group, (label, margins) in zip(cycle(range(GROUPS)), all_rows, strict=False):
        losses = [add(group, label, margin) for add, margin in zip(adds, margins, strict=True)]
        if add_pair:
            add_pair(label, margins, losses)
    return row_tallies


def _tally(margins: Sequence[float], threshold: float, *, exact: bool) -> Tally:
    ascending = sorted(margins)
    if not ascending:
        raise BadModel("of no row of the test split is there a prediction that is a finite number")
    edges = array("d", sorted(set(ascending)) if exact else rank_edges(ascending, RANK_BANDS))
    return Tally(threshold, decile_edges(ascending), Ranking(edges, GROUPS, exact=exact), GROUPS)


def _metrics(
    tally: Tally, columns: Sequence[Sequence[float]], ranks: Ranks, histogram: Histogram, not_finite: int
) -> ClassifierMetrics:
    sums = [sum(column) for column in columns]
    gap = largest_gap(sums[tallies.CALIBRATION :])
    rows, positives = int(sums[tallies.ROWS]), int(sums[tallies.POSITIVES])
    hits, false = int(sums[tallies.TRUE_POSITIVES]), int(sums[tallies.FALSE_POSITIVES])
    scalars: dict[str, Any] = scores(sums, ranks.auc) | {"auc": ranks.auc}
    return ClassifierMetrics(
        rows=rows,
        not_finite=not_finite,
        threshold=tally.threshold,
        auc_error=ranks.auc_error,
        confusion=Confusion(hits, false, rows - positives - false, positives - hits),
        roc=ranks.roc(),
        calibration=calibration_curve(sums[tallies.CALIBRATION :]),
        histogram=histogram,
        calibration_gap=gap / rows,
        calibration_chance=_chance(gap - TOLERABLE_GAP * rows, rows, ranks, tally.decile_edges),
        **scalars,
    )


def _chance(gap: float, rows: int, ranks: Ranks, decile_edges: Sequence[float]) -> float:
    """The probability that a calibrated model has a cumulative gap of so many rows; of many rows an upper bound."""
    if gap <= 0:
        return 1.0
    if not ranks.exact or not gap_chance.is_exact(gap, rows):
        return gap_chance.largest_chance(gap, rows)
    deciles: list[list[float]] = [[] for _ in range(DECILES)]
    for margin, count in ranks.margins():
        deciles[bisect_right(decile_edges, margin)] += [logistic(margin)] * count
    return gap_chance.chance_of_gap(gap, deciles)


def scores(sums: Sequence[float], auc: float | None) -> dict[str, float | None]:
    """The metrics that are one number, from the sum of each column; `auc` is that of every row taken once."""
    rows, positives, loss, hits, false, positive_placements, negative_placements = sums[: tallies.CALIBRATION]
    negatives = rows - positives
    # Either class's mean placement is the AUC; of rows drawn again, each class moves it by its own.
    moved_auc = None
    if auc is not None and positives and negatives:
        moved_auc = positive_placements / positives + negative_placements / negatives - auc
    return {
        "log_loss": loss / rows,
        "auc": moved_auc,
        "accuracy": (hits + negatives - false) / rows,
        "precision": _quotient(hits, hits + false),
        "recall": _quotient(hits, positives),
        "f1": _quotient(2 * hits, hits + false + positives),
        "calibration_error": calibration_error(sums[tallies.CALIBRATION :]),
    }


def _quotient(above: float, below: float) -> float | None:
    return above / below if below else None
