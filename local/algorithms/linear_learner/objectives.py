"""What training minimises: mean losses over the rows, with their gradients by the linear output."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np


class Objective(Protocol):
    """A loss of linear outputs (rows, models) against labels (rows,), with weights of rows (rows, 1 or models)."""

    @property
    def name(self) -> str:
        """The name under which the container logs it."""
        ...

    def slope(self, outputs: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Derivative of each row's loss by its output, (rows, models)."""
        ...

    def loss(self, outputs: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Mean loss of each model, (models,)."""
        ...


def logistic(outputs: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-outputs)), without overflow, of the outputs' shape."""
    return 0.5 * (1.0 + np.tanh(0.5 * outputs))


@dataclass(frozen=True)
class CrossEntropy:
    """Logistic loss: log(1 + exp(z)) - y z for labels of 0 and 1."""

    name: str = "binary_classification_cross_entropy_objective"

    def slope(self, outputs: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return (logistic(outputs) - labels[:, None]) * weights

    def loss(self, outputs: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
        margins = np.where(labels[:, None] > 0.5, -outputs, outputs)
        losses = np.maximum(margins, 0) + np.log1p(np.exp(-np.abs(margins)))
        return (weights * losses).mean(axis=0, dtype=np.float64)


@dataclass(frozen=True)
class SquaredError:
    """Squared loss (z - y)^2; its slope is half the derivative, as MXNet's LinearRegressionOutput has it."""

    name: str = "mse_objective"

    def slope(self, outputs: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return (outputs - labels[:, None]) * weights

    def loss(self, outputs: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return (weights * (outputs - labels[:, None]) ** 2).mean(axis=0, dtype=np.float64)
