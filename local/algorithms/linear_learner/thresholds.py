"""Thresholds of a binary classifier: which one serves a selection criterion best, and how well.

A row is called positive when its score is at least the threshold, so only the distinct scores matter: they are
sorted once, and every cut between two of them is scored by cumulative counts.
"""

from dataclasses import dataclass

import numpy as np

from local.algorithms.linear_learner.hyperparameters import Hyperparameters

_DEFAULT = 0.5
_BY_LOSS = ("loss_function", "cross_entropy_loss")


@dataclass(frozen=True)
class Cut:
    """A threshold and what the criterion gives for it: larger is better."""

    threshold: float
    value: float


@dataclass(frozen=True)
class _Curve:
    """Counts at every cut, from "all positive" down to "none": true and false positives, (cuts,)."""

    thresholds: np.ndarray
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
    curve = _curve(probabilities, labels)
    values = _values(curve, criterion, settings)
    best = np.flatnonzero(values == values.max())
    nearest = best[np.argmin(np.abs(curve.thresholds[best] - _DEFAULT))]
    return Cut(float(curve.thresholds[nearest]), float(values[nearest]))


def _curve(probabilities: np.ndarray, labels: np.ndarray) -> _Curve:
    order = np.argsort(probabilities, kind="stable")
    scores, hits = probabilities[order].astype(np.float64), labels[order] > 0.5
    # Indexes of the first row of each distinct score, and the end: everything from there on is called positive.
    starts = np.concatenate([[0], np.flatnonzero(np.diff(scores)) + 1, [len(scores)]])
    before = np.concatenate([[0], np.cumsum(hits)])
    positives = int(before[-1])
    true_positives = positives - before[starts]
    false_positives = (len(scores) - starts) - true_positives
    # Halfway between two scores; at the ends halfway to the limits of a probability.
    padded = np.concatenate([[0.0], scores, [1.0]])
    middles = (padded[starts] + padded[starts + 1]) / 2
    return _Curve(middles, true_positives, false_positives, positives, len(scores) - positives)


def _values(curve: _Curve, criterion: str, settings: Hyperparameters) -> np.ndarray:
    if criterion == "accuracy":
        correct = curve.true_positives + curve.negatives - curve.false_positives
        return correct / (curve.positives + curve.negatives)
    if criterion in ("f_beta", "f1"):
        beta = 1.0 if criterion == "f1" else settings.f_beta
        missed = curve.positives - curve.true_positives
        weighted = (1 + beta**2) * curve.true_positives
        return weighted / np.maximum(weighted + beta**2 * missed + curve.false_positives, 1e-12)
    if criterion == "precision_at_target_recall":
        return _values_under_target(curve.recall, settings.target_recall, curve.precision)
    return _values_under_target(curve.precision, settings.target_precision, curve.recall)


def _values_under_target(constraint: np.ndarray, target: float, objective: np.ndarray) -> np.ndarray:
    """`objective` where `constraint` reaches its target; elsewhere below zero, the higher the nearer it comes."""
    return np.where(constraint >= target, objective, constraint - target - 1.0)
