"""What a training split looks like: rows, the labels' mean, and each feature's mean and deviation.

Later rows that look otherwise are drift; the mean label is the constant prediction that a model has to beat: of labels
0 and 1 it is the share of positives. Batches of rows are merged as Chan, Golub and LeVeque do (Updating Formulae and a
Pairwise Algorithm for Computing Sample Variances, 1979), so that nothing is lost where a mean is large and a deviation
small.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from math import fsum, sqrt

from wildrydes.evaluation.split_rows import Row

_BATCH = 2048


@dataclass(frozen=True)
class Moments:
    """A feature's mean, and its deviation over all rows (not a sample's)."""

    mean: float
    deviation: float


@dataclass(frozen=True)
class TrainingRows:
    """How many rows, the sum of their labels, and the moments of each feature, in the rows' order."""

    rows: int
    label_sum: float
    features: tuple[Moments, ...]

    @property
    def label_mean(self) -> float:
        """The mean label."""
        return self.label_sum / self.rows


def training_rows(rows: Iterable[Row]) -> TrainingRows:
    """Goes through the rows once. Without any there is no feature."""
    stream = iter(rows)
    count, label_sum = 0, 0.0
    merged: list[tuple[float, float]] = []
    while batch := list(islice(stream, _BATCH)):
        label_sum += fsum(label for label, _ in batch)
        moments = [_mean_and_squares(column) for column in zip(*(values for _, values in batch), strict=True)]
        merged = [
            _merge(count, *one, len(batch), *other) for one, other in zip(merged or moments, moments, strict=True)
        ]
        count += len(batch)
    return TrainingRows(count, label_sum, tuple(Moments(mean, sqrt(squares / count)) for mean, squares in merged))


def _mean_and_squares(column: tuple[float, ...]) -> tuple[float, float]:
    mean = sum(column) / len(column)
    return mean, sum((value - mean) ** 2 for value in column)


def _merge(
    count: int, mean: float, squares: float, more: int, their_mean: float, their_squares: float
) -> tuple[float, float]:
    """Mean and sum of squared deviations of `count` rows and `more` together."""
    if not count:
        return their_mean, their_squares
    total, apart = count + more, their_mean - mean
    return mean + apart * more / total, squares + their_squares + apart * apart * count * more / total
