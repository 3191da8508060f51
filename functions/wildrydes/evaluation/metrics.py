"""How good a binary classifier is, in one pass over labels and margins; and how much better than another.

    log loss           mean of -log of the probability given to what happened, computed from the margin (no clipping)
    AUC                the probability that a positive has the higher margin than a negative, a tie counting half
    calibration error  see `wildrydes.evaluation.calibration`, as for the calibration gap, a share of the rows
    calibration chance the probability that chance makes what of the gap is not tolerable: see
                       `wildrydes.evaluation.gap_chance`
    the rest           from the confusion matrix of score >= threshold

The first RANKED_ROWS rows stay in memory, 8 bytes a model and row. If there are no more, AUC and ROC curve are exact.
If there are more, the quantiles of those first rows become the edges by which all rows are counted, and `auc_error`
bounds the AUC's error. So memory does not grow with the rows.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, cycle, islice
from math import isfinite, log, log1p
from typing import Any

from wildrydes.errors import BadModel
from wildrydes.evaluation import gap_chance, tallies
from wildrydes.evaluation.bootstrap import GROUPS, intervals
from wildrydes.evaluation.calibration import (
    DECILES,
    TOLERABLE_GAP,
    CalibrationPoint,
    calibration_curve,
    calibration_error,
    decile_edges,
    largest_gap,
)
from wildrydes.evaluation.histogram import Histogram
from wildrydes.evaluation.interval import Interval
from wildrydes.evaluation.loss_difference import LossDifference, PairedLosses
from wildrydes.evaluation.ranking import Ranking, Ranks, RocPoint, rank_edges
from wildrydes.evaluation.tallies import Tally
from wildrydes.model.linear_model import logistic

RANKED_ROWS = 1 << 17
RANK_BANDS = 1000

ScoredRow = tuple[int, Sequence[float]]
"""A label, 0 or 1, and the margin that each model gives the row."""


@dataclass(frozen=True)
class Confusion:
    """Counts of rows by predicted and actual label."""

    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int


@dataclass(frozen=True)
class Metrics:
    """A classifier's metrics at `threshold`. A quotient with nothing below it is None: AUC of one class, for one.

    `not_finite` rows got a prediction that is no finite number; they are in none of the others.
    """

    rows: int
    not_finite: int
    threshold: float
    log_loss: float
    auc: float | None
    auc_error: float
    accuracy: float
    precision: float | None
    recall: float | None
    f1: float | None
    calibration_error: float
    calibration_gap: float
    calibration_chance: float
    confusion: Confusion
    roc: tuple[RocPoint, ...]
    calibration: tuple[CalibrationPoint, ...]
    histogram: Histogram

    def to_json(self) -> dict[str, Any]:
        """The metrics as a JSON object."""
        return asdict(self)


@dataclass(frozen=True)
class Difference:
    """A metric of the candidate less that of the champion, and its 95% bootstrap interval."""

    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class Judgement:
    """The metrics of the candidate, those of the champion, and their differences by name; {} without a champion.

    `losses` is the difference in log loss, row by row: what the gate decides by.
    """

    candidate: Metrics
    champion: Metrics | None
    differences: Mapping[str, Difference]
    losses: LossDifference | None = None


def judge(rows: Iterable[ScoredRow], thresholds: Sequence[float]) -> Judgement:
    """Judges a candidate (one threshold, one margin a row), or a candidate and the champion (two of each).

    A row for which either margin is not finite is left out of both. Raises BadModel when no row is left.
    """
    not_finite = [0] * len(thresholds)
    paired = PairedLosses()
    row_tallies = _tally_rows(_finite(rows, not_finite), thresholds, paired)
    columns, rankings, histograms = zip(*(tally.finish() for tally in row_tallies), strict=True)
    metrics = [
        _metrics(row_tallies[place], columns[place], rankings[place], histograms[place], not_finite[place])
        for place in range(len(thresholds))
    ]
    if len(metrics) == 1:
        return Judgement(metrics[0], None, {})
    candidate, champion = metrics
    differences = _differences([*columns[0], *columns[1]], candidate.auc, champion.auc)
    return Judgement(candidate, champion, differences, paired.sums)


def constant_log_loss(share: float, metrics: Metrics) -> float:
    """The log loss of answering `share`, above 0 and below 1, for each of the rows that these metrics are of."""
    positives = metrics.confusion.true_positives + metrics.confusion.false_negatives
    return -(positives * log(share) + (metrics.rows - positives) * log1p(-share)) / metrics.rows


def _finite(rows: Iterable[ScoredRow], not_finite: list[int]) -> Iterator[ScoredRow]:
    for row in rows:
        if all(map(isfinite, row[1])):
            yield row
        else:
            for place, margin in enumerate(row[1]):
                not_finite[place] += not isfinite(margin)


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
) -> Metrics:
    sums = [sum(column) for column in columns]
    gap = largest_gap(sums[tallies.CALIBRATION :])
    rows, positives = int(sums[tallies.ROWS]), int(sums[tallies.POSITIVES])
    hits, false = int(sums[tallies.TRUE_POSITIVES]), int(sums[tallies.FALSE_POSITIVES])
    scalars: dict[str, Any] = scores(sums, ranks.auc) | {"auc": ranks.auc}
    return Metrics(
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


def _differences(
    columns: Sequence[Sequence[float]], candidate_auc: float | None, champion_auc: float | None
) -> dict[str, Difference]:
    def less(sums: Sequence[float]) -> dict[str, float | None]:
        candidate, champion = (
            scores(sums[: tallies.COLUMNS], candidate_auc),
            scores(sums[tallies.COLUMNS :], champion_auc),
        )
        return {name: _less(value, champion[name]) for name, value in candidate.items()}

    differences = less([sum(column) for column in columns])
    spread: dict[str, Interval] = intervals(columns, less)
    return {
        name: Difference(difference, spread[name].low, spread[name].high)
        for name, difference in differences.items()
        if difference is not None and name in spread
    }


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _quotient(above: float, below: float) -> float | None:
    return above / below if below else None
