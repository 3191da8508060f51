"""Sums over a regressor's rows: by group of the bootstrap and column, by tenth of the predictions, and in bins.

    column 0  rows        3  errors, prediction less label
           1  |error|     4  labels less an origin
           2  error²      5  their squares

The origin is near the labels' mean, so that squares of large labels that are nearly the same leave their digits.

    >>> tally = ErrorTally(Frame.of([0.0, 10.0], [1.0, 9.0]), decile_edges=[5.0] * 9, groups=2)
    >>> tally.add(0, 10.0, 9.0), tally.add(1, 4.0, 6.0)
    (1.0, 4.0)
    >>> columns = tally.columns()
    >>> columns[ABSOLUTE].tolist(), columns[ERRORS].tolist(), [group.rows for group in tally.residual_groups()]
    ([1.0, 2.0], [-1.0, 2.0], [2])
"""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean

from wildrydes.evaluation.calibration import DECILES
from wildrydes.evaluation.regressor_metrics import LabelGrid, ResidualGroup, ResidualHistogram

ROWS, ABSOLUTE, SQUARED, ERRORS, LABELS, LABEL_SQUARES = range(6)
COLUMNS = 6
RESIDUAL_BINS = 40
GRID_BINS = 24
_BEYOND = 0.005
"""The share of rows at each end that the bins of the middle leave to the outer ones."""
_DECILE_SUMS = 4


@dataclass(frozen=True)
class Frame:
    """What pictures of several models on the same rows have in common: the range of labels and that of residuals."""

    origin: float
    low: float
    high: float
    span: float

    @classmethod
    def of(cls, labels: Sequence[float], predictions: Sequence[float]) -> "Frame":
        """From rows as a sample of all, the predictions being those of one model."""
        ascending = sorted(labels)
        beyond = int(_BEYOND * len(ascending))
        low, high = ascending[beyond], ascending[-1 - beyond]
        sizes = sorted(abs(label - prediction) for label, prediction in zip(labels, predictions, strict=True))
        return cls(fmean(ascending), low, high if high > low else low + 1, sizes[-1 - 2 * beyond] or 1.0)


class ErrorTally:
    """Adds up rows of (label, prediction) by group."""

    def __init__(self, frame: Frame, decile_edges: Sequence[float], groups: int) -> None:
        self._frame = frame
        self._edges = decile_edges
        self._sums = array("d", bytes(8 * groups * COLUMNS))
        self._deciles = array("d", bytes(8 * DECILES * _DECILE_SUMS))
        self._residuals = array("Q", bytes(8 * RESIDUAL_BINS))
        self._grid = array("Q", bytes(8 * GRID_BINS * GRID_BINS))

    def add(self, group: int, label: float, prediction: float) -> float:
        """Adds a row, and gives back its squared error."""
        error = prediction - label
        squared = error * error
        centred = label - self._frame.origin
        sums, first = self._sums, group * COLUMNS
        sums[first] += 1
        sums[first + ABSOLUTE] += abs(error)
        sums[first + SQUARED] += squared
        sums[first + ERRORS] += error
        sums[first + LABELS] += centred
        sums[first + LABEL_SQUARES] += centred * centred
        decile = _DECILE_SUMS * bisect_right(self._edges, prediction)
        self._deciles[decile] += 1
        self._deciles[decile + 1] += error
        self._deciles[decile + 2] += centred
        self._deciles[decile + 3] += squared
        self._count(label, prediction)
        return squared

    def _count(self, label: float, prediction: float) -> None:
        frame = self._frame
        self._residuals[_bin(label - prediction, -frame.span, frame.span, RESIDUAL_BINS)] += 1
        row = _bin(label, frame.low, frame.high, GRID_BINS)
        self._grid[row * GRID_BINS + _bin(prediction, frame.low, frame.high, GRID_BINS)] += 1

    def columns(self) -> list[array]:
        """The sums by column, each of one number a group that has rows."""
        # Rows are dealt out in turn: the groups without any are the last ones.
        groups = sum(1 for rows in self._sums[ROWS::COLUMNS] if rows)
        return [self._sums[column::COLUMNS][:groups] for column in range(COLUMNS)]

    def gap_sums(self) -> array:
        """Of each decile, from the lowest up, the sum of prediction less label."""
        return self._deciles[1::_DECILE_SUMS]

    def residual_groups(self) -> tuple[ResidualGroup, ...]:
        """The deciles that have rows, in ascending order of the prediction."""
        starts = range(0, len(self._deciles), _DECILE_SUMS)
        sums = (self._deciles[start : start + _DECILE_SUMS] for start in starts)
        return tuple(self._group(*each) for each in sums if each[0])

    def _group(self, rows: float, errors: float, labels: float, squares: float) -> ResidualGroup:
        error, observed = errors / rows, self._frame.origin + labels / rows
        return ResidualGroup(int(rows), observed + error, observed, sqrt(max(0.0, squares / rows - error * error)))

    def label_moments(self) -> tuple[float, float]:
        """Mean and deviation of the labels."""
        rows, labels, squares = (sum(self._sums[column::COLUMNS]) for column in (ROWS, LABELS, LABEL_SQUARES))
        mean = labels / rows
        return self._frame.origin + mean, sqrt(max(0.0, squares / rows - mean * mean))

    def residual_histogram(self) -> ResidualHistogram:
        """The rows by residual."""
        return ResidualHistogram(-self._frame.span, self._frame.span, tuple(self._residuals))

    def label_grid(self) -> LabelGrid:
        """The rows by label and prediction."""
        starts = range(0, len(self._grid), GRID_BINS)
        counts = tuple(tuple(self._grid[start : start + GRID_BINS]) for start in starts)
        return LabelGrid(self._frame.low, self._frame.high, counts)


def _bin(value: float, low: float, high: float, bins: int) -> int:
    if value <= low:
        return 0
    return bins - 1 if value >= high else min(bins - 1, int((value - low) / (high - low) * bins))
