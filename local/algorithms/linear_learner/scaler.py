"""Normalisation, and the way back: weights that apply to raw features.

Mean and population standard deviation come from the first full mini-batches that cover `num_point_for_scaler` rows,
as in the container.
"""

from dataclasses import dataclass

import numpy as np

from local.algorithms.linear_learner.channels import Dataset
from local.algorithms.linear_learner.hyperparameters import Hyperparameters

_ROWS = 2048


@dataclass(frozen=True)
class Scaler:
    """x' = (x - shift) / scale for features (features,), y' = (y - label_shift) / label_scale for labels."""

    shift: np.ndarray
    scale: np.ndarray
    # Which features vary at all; a constant one can have no weight.
    varying: np.ndarray
    label_shift: float
    label_scale: float

    def design(self, features: np.ndarray) -> np.ndarray:
        """Normalised features with a column of ones behind them, (rows, features + 1), float32."""
        matrix = np.ones((len(features), features.shape[1] + 1), dtype=np.float32)
        # A few rows after the other, so that what is made of them along the way stays in a core's cache.
        for start in range(0, len(features), _ROWS):
            rows = slice(start, start + _ROWS)
            matrix[rows, :-1] = (features[rows] - self.shift) / self.scale
        return matrix

    def labels(self, labels: np.ndarray) -> np.ndarray:
        """Normalised labels, (rows,), float32."""
        return ((labels - self.label_shift) / self.label_scale).astype(np.float32)

    def fold(self, parameters: np.ndarray) -> tuple[np.ndarray, float]:
        """Weights (features,) and bias for raw features from `parameters` (features + 1,) for normalised ones."""
        normalised = parameters.astype(np.float64)
        weights = normalised[:-1] * self.label_scale / self.scale
        bias = normalised[-1] * self.label_scale + self.label_shift - weights @ self.shift
        return weights, float(bias)


def fit(data: Dataset, settings: Hyperparameters) -> Scaler:
    """Measure `data` (the training channel, at least one mini-batch of it)."""
    batch = settings.mini_batch_size
    batches = min(-(-settings.num_point_for_scaler // batch), len(data) // batch)
    features, labels = data.features[: batches * batch], data.labels[: batches * batch]
    deviation = features.std(axis=0)
    # A feature of one value only, up to the rounding of its mean.
    varying = deviation > 1e-9 * np.maximum(1.0, np.abs(features).max(axis=0))
    scales = settings.normalize_data is not False
    # Without a bias there is nowhere to fold a shift to.
    shifts = settings.use_bias and settings.unbias_data is not False
    label_deviation = float(labels.std())
    scales_label = not settings.classifies and settings.normalize_label is not False and label_deviation > 0
    shifts_label = not settings.classifies and settings.use_bias and settings.unbias_label is not False
    return Scaler(
        shift=features.mean(axis=0) if shifts else np.zeros(features.shape[1]),
        scale=np.where(varying, deviation, 1.0) if scales else np.ones(features.shape[1]),
        varying=varying,
        label_shift=float(labels.mean()) if shifts_label else 0.0,
        label_scale=label_deviation if scales_label else 1.0,
    )
