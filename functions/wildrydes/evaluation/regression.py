"""How good a regressor is, in one pass over labels and predictions; and how much better than another.

`wildrydes.evaluation.regressor_metrics` says what each metric is.

The first SAMPLE_ROWS rows stay in memory, 8 bytes a model and row. Their quantiles are the edges of the ten groups and
the ranges of the pictures: with no more rows the groups are tenths exactly. All rows are only added up, so memory does
not grow with them.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, cycle, islice
from math import hypot, sqrt
from typing import Any

from wildrydes.errors import BadModel
from wildrydes.evaluation import bias, error_tallies
from wildrydes.evaluation.bootstrap import GROUPS
from wildrydes.evaluation.calibration import decile_edges
from wildrydes.evaluation.error_tallies import ErrorTally, Frame
from wildrydes.evaluation.feature_moments import TrainingRows
from wildrydes.evaluation.judgement import Judgement, ScoredRow, differences, usable
from wildrydes.evaluation.regressor_metrics import RegressorMetrics
from wildrydes.evaluation.split_rows import LARGEST_LABEL
from wildrydes.evaluation.squared_errors import ErrorDifference, PairedErrors

SAMPLE_ROWS = 1 << 17

_SAME = 1e-12
"""A deviation that is so much smaller than the labels themselves is rounding."""


def judge(rows: Iterable[ScoredRow], models: int) -> Judgement[RegressorMetrics, ErrorDifference]:
    """Judges a candidate (one model, one prediction a row), or a candidate and the champion (two of each).

    A row for which either prediction is beyond a float32 is left out of both. Raises BadModel when no row is left.
    """
    not_finite = [0] * models
    paired = PairedErrors()
    tallies = _tally_rows(usable(rows, LARGEST_LABEL, not_finite), models, paired)
    metrics = [_metrics(tally, count) for tally, count in zip(tallies, not_finite, strict=True)]
    if models == 1:
        return Judgement(metrics[0], None, {})
    columns = [column for tally in tallies for column in tally.columns()]
    candidate, champion = metrics
    return Judgement(candidate, champion, differences(columns, scores, scores), paired.sums)


def constant_rmse(training: TrainingRows, metrics: RegressorMetrics) -> float:
    """The RMSE of answering the mean label of the train split for each test row."""
    return hypot(metrics.label_deviation, metrics.label_mean - training.label_mean)


def _tally_rows(rows: Iterator[ScoredRow], models: int, paired: PairedErrors) -> list[ErrorTally]:
    labels, first_predictions = array("d"), [array("d") for _ in range(models)]
    for label, predictions in islice(rows, SAMPLE_ROWS):
        labels.append(label)
        for prediction, column in zip(predictions, first_predictions, strict=True):
            column.append(prediction)
    if not labels:
        raise BadModel("of no row of the test split is there a prediction that is a finite number")
    frame = Frame.of(labels, first_predictions[0])
    tallies = [ErrorTally(frame, decile_edges(sorted(column)), GROUPS) for column in first_predictions]
    adds = [tally.add for tally in tallies]
    add_pair = paired.add if models > 1 else None
    all_rows = chain(zip(labels, zip(*first_predictions, strict=True), strict=True), rows)
    for group, (label, predictions) in zip(cycle(range(GROUPS)), all_rows, strict=False):
        losses = [add(group, label, prediction) for add, prediction in zip(adds, predictions, strict=True)]
        if add_pair:
            add_pair(label, predictions, losses)
    return tallies


def _metrics(tally: ErrorTally, not_finite: int) -> RegressorMetrics:
    sums = [sum(column) for column in tally.columns()]
    rows, squares = int(sums[error_tallies.ROWS]), sums[error_tallies.SQUARED]
    mean, deviation = tally.label_moments()
    if deviation <= _SAME * abs(mean):
        deviation = 0.0
    gap = max(map(abs, accumulate(tally.gap_sums())))
    chance = bias.largest_chance(gap - bias.TOLERABLE_BIAS * deviation * rows, squares)
    numbers: dict[str, Any] = scores(sums)
    if not deviation:
        numbers["r2"] = None
    return RegressorMetrics(
        rows=rows,
        not_finite=not_finite,
        **numbers,
        bias_gap=gap / rows,
        bias_chance=chance,
        label_mean=mean,
        label_deviation=deviation,
        groups=tally.residual_groups(),
        residuals=tally.residual_histogram(),
        grid=tally.label_grid(),
    )


def scores(sums: Sequence[float]) -> dict[str, float | None]:
    """The metrics that are one number, from the sum of each column."""
    rows, absolute, squared, errors, labels, label_squares = sums
    spread = label_squares - labels * labels / rows
    return {
        "rmse": sqrt(squared / rows),
        "mae": absolute / rows,
        "r2": 1 - squared / spread if spread > 0 else None,
        "bias": errors / rows,
    }
