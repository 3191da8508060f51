"""Scores of a model on a channel, by the names that the container's log gives them."""

from collections.abc import Mapping

import numpy as np

from local.algorithms.linear_learner.channels import Dataset
from local.algorithms.linear_learner.hyperparameters import Hyperparameters
from local.algorithms.linear_learner.objectives import CrossEntropy, SquaredError, logistic

Scores = Mapping[str, float]


def classification(outputs: np.ndarray, threshold: float, data: Dataset, settings: Hyperparameters) -> Scores:
    """Log loss, accuracy, F-beta, precision, recall and area under the ROC curve of linear outputs (rows,)."""
    labels = data.labels > 0.5
    called = logistic(outputs) >= threshold
    hits, called_count, positives = int((called & labels).sum()), int(called.sum()), int(labels.sum())
    beta = settings.f_beta
    f_beta = _ratio((1 + beta**2) * hits, beta**2 * positives + called_count)
    return {
        CrossEntropy().name: float(CrossEntropy().loss(outputs[:, None], data.labels)[0]),
        "binary_classification_accuracy": float((called == labels).mean()),
        f"binary_f_{beta:.3f}": f_beta,
        "precision": _ratio(hits, called_count),
        "recall": _ratio(hits, positives),
        "roc_auc_score": area_under_roc(outputs, labels),
    }


def regression(outputs: np.ndarray, data: Dataset) -> Scores:
    """Mean squared and mean absolute error of outputs (rows,) in the label's units."""
    squared = float(SquaredError().loss(outputs[:, None], data.labels)[0])
    return {SquaredError().name: squared, "mse": squared, "absolute_loss": float(np.abs(outputs - data.labels).mean())}


def area_under_roc(outputs: np.ndarray, labels: np.ndarray) -> float:
    """The chance that a positive scores above a negative, ties counting half; nan where one class is missing."""
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if not positives or not negatives:
        return float("nan")
    _, places, counts = np.unique(outputs, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    return float((ranks[places][labels].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
