"""Thresholds of a binary classifier: which one serves a selection criterion best, and how well.

A row is called positive when its score is at least the threshold, so only the distinct scores matter: they are
sorted, and every cut between two of them is scored by cumulative counts.

Sorting takes most of the time, and few scores are near the best cut. So they are counted in bins first. All criteria
rise with true positives and fall with false ones: no cut in a bin is better than one with all positives from the bin on
and only the negatives above it would be. Where that is worse than the best cut between two bins, the bin is left
unsorted. The result is the same.
"""

from dataclasses import dataclass

import numpy as np

from local.algorithms.linear_learner.hyperparameters import Hyperparameters

_DEFAULT = 0.5
# Bins of scores: 64 from each power of two to the next, between 2 ** -48 and a half, and as many up from there.
_BIN_SHIFT = 52 - 6
_FIRST_STEP, _LAST_STEP = (int(np.float64(score).view(np.int64)) >> _BIN_SHIFT for score in (2.0**-48, 0.5))
_BINS = 2 * (_LAST_STEP - _FIRST_STEP + 1)
# Of which all are sorted in less time than they are counted in.
_FEW_ROWS = 10_000
_BY_LOSS = ("loss_function", "cross_entropy_loss")


@dataclass(frozen=True)
class Cut:
    """A threshold and what the criterion gives for it: larger is better."""

    threshold: float
    value: float


@dataclass(frozen=True)
class _Counts:
    """True and false positives at some cuts, (cuts,), of so many positives and negatives."""

    true_positives: np.ndarray
    false_positives: np.ndarray
    positives: int
    negatives: int

    @property
    def recall(self) -> np.ndarray:
        return self.true_positives / max(self.positives, 1)

    @property
    def precision(self) -> np.ndarray:
        return self.true_positives / np.maximum(self.true_positives + self.false_positives, 1)


def cuts_by_loss(settings: Hyperparameters) -> bool:
    """Whether the selection criterion is a loss, on which a threshold has no bearing."""
    return settings.binary_classifier_model_selection_criteria in _BY_LOSS


def best_cut(probabilities: np.ndarray, labels: np.ndarray, settings: Hyperparameters) -> Cut:
    """The threshold that serves the criterion best; of equally good ones the nearest to 0.5.

    `loss_function` and `cross_entropy_loss` do not depend on a threshold: 0.5, and the negative log loss.
    """
    criterion = settings.binary_classifier_model_selection_criteria
    if cuts_by_loss(settings):
        clipped = np.clip(np.where(labels > 0.5, probabilities, 1 - probabilities), 1e-12, 1.0)
        return Cut(_DEFAULT, float(np.log(clipped).mean()))
    hits = labels > 0.5
    if len(hits) < _FEW_ROWS:
        order = np.argsort(probabilities, kind="stable")
        skipped = _Skipped(np.zeros(len(hits), int), np.zeros(len(hits), int), int(hits.sum()), int((~hits).sum()))
    else:
        places = _bins(probabilities)
        binned = np.bincount(2 * places + hits, minlength=2 * _BINS).reshape(-1, 2)
        promising = _promising(binned, criterion, settings)
        rows = np.flatnonzero(promising[places])
        order = rows[np.argsort(probabilities[rows], kind="stable")]
        skipped = _skipped(binned, promising, places[order])
    thresholds, counts = _cuts(probabilities[order], hits[order], skipped)
    values = _values(counts, criterion, settings)
    best = np.flatnonzero(values == values.max())
    nearest = best[np.argmin(np.abs(thresholds[best] - _DEFAULT))]
    return Cut(float(thresholds[nearest]), float(values[nearest]))


def best_values(probabilities: np.ndarray, labels: np.ndarray, settings: Hyperparameters) -> np.ndarray:
    """What the criterion gives for the best cut of each model, (models,), by `probabilities` (models, rows)."""
    if cuts_by_loss(settings) or len(labels) >= _FEW_ROWS:
        return np.array([best_cut(each, labels, settings).value for each in probabilities])
    order = np.argsort(probabilities, axis=1, kind="stable")
    scores, hits = np.take_along_axis(probabilities, order, axis=1), (labels > 0.5)[order]
    padding = ((0, 0), (1, 0))
    hits_below, positives = np.pad(hits.cumsum(axis=1), padding), int((labels > 0.5).sum())
    true_positives = positives - hits_below
    false_positives = (len(labels) - np.arange(len(labels) + 1)) - true_positives
    counts = _Counts(true_positives, false_positives, positives, len(labels) - positives)
    values = _values(counts, settings.binary_classifier_model_selection_criteria, settings)
    # There is no cut between equal scores.
    values[:, 1:-1][scores[:, 1:] == scores[:, :-1]] = -np.inf
    return values.max(axis=1)


def _bins(probabilities: np.ndarray) -> np.ndarray:
    """The number of each score's bin, which rises with the score: fine near 0 and near 1, where most scores are."""
    distances = np.minimum(probabilities, 1.0 - probabilities)
    steps = np.maximum((distances.view(np.int64) >> _BIN_SHIFT) - _FIRST_STEP, 0)
    return np.where(probabilities <= _DEFAULT, steps, _BINS - 1 - steps)


def _promising(binned: np.ndarray, criterion: str, settings: Hyperparameters) -> np.ndarray:
    """Which bins may hold the best cut, (bins,); `binned` are their negatives and positives, (bins, 2)."""
    negatives, positives = binned.sum(axis=0).tolist()
    above = binned[::-1].cumsum(axis=0)[::-1]
    # From a bin on, and above it.
    between = _Counts(above[:, 1], above[:, 0], positives, negatives)
    highest = _Counts(above[:, 1], above[:, 0] - binned[:, 0], positives, negatives)
    least = _values(between, criterion, settings).max()
    return (_values(highest, criterion, settings) >= least) & binned.any(axis=1)


def _skipped(binned: np.ndarray, promising: np.ndarray, places: np.ndarray) -> "_Skipped":
    """What lies in the other bins below those of the sorted rows, whose bins are `places`; and in all bins."""
    below = np.where(promising[:, None], 0, binned).cumsum(axis=0)[places]
    negatives, positives = binned.sum(axis=0).tolist()
    return _Skipped(below[:, 0] + below[:, 1], below[:, 1], positives, negatives)


@dataclass(frozen=True)
class _Skipped:
    """Unsorted rows below each sorted one, and positives among them, (rows,); and how many there are in all."""

    rows: np.ndarray
    hits: np.ndarray
    positives: int
    negatives: int


def _cuts(scores: np.ndarray, hits: np.ndarray, skipped: _Skipped) -> tuple[np.ndarray, _Counts]:
    """Thresholds at and between the sorted rows, from "all positive" down to "none", with their counts.

    A threshold that has unsorted rows beside it is wrong, and its value is less than the best.
    """
    # Indexes of the first row of each distinct score, and the end: everything from there on is called positive.
    starts = np.concatenate([[0], np.flatnonzero(np.diff(scores)) + 1, [len(scores)]])
    # Of the end, what lies below the last row, which goes with it.
    nearest = np.minimum(starts, len(scores) - 1)
    below = starts + skipped.rows[nearest]
    hits_below = np.concatenate([[0], np.cumsum(hits)])[starts] + skipped.hits[nearest]
    true_positives = skipped.positives - hits_below
    false_positives = (skipped.positives + skipped.negatives - below) - true_positives
    # Halfway between two scores; at the ends halfway to the limits of a probability.
    padded = np.concatenate([[0.0], scores, [1.0]])
    thresholds = (padded[starts] + padded[starts + 1]) / 2
    return thresholds, _Counts(true_positives, false_positives, skipped.positives, skipped.negatives)


def _values(counts: _Counts, criterion: str, settings: Hyperparameters) -> np.ndarray:
    if criterion == "accuracy":
        correct = counts.true_positives + counts.negatives - counts.false_positives
        return correct / (counts.positives + counts.negatives)
    if criterion in ("f_beta", "f1"):
        beta = 1.0 if criterion == "f1" else settings.f_beta
        missed = counts.positives - counts.true_positives
        weighted = (1 + beta**2) * counts.true_positives
        return weighted / np.maximum(weighted + beta**2 * missed + counts.false_positives, 1e-12)
    if criterion == "precision_at_target_recall":
        return _values_under_target(counts.recall, settings.target_recall, counts.precision)
    return _values_under_target(counts.precision, settings.target_precision, counts.recall)


def _values_under_target(constraint: np.ndarray, target: float, objective: np.ndarray) -> np.ndarray:
    """`objective` where `constraint` reaches its target; elsewhere below zero, the higher the nearer it comes."""
    return np.where(constraint >= target, objective, constraint - target - 1.0)
