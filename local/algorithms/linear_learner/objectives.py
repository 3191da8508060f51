"""What training minimises: mean losses over the rows, with their gradients by the linear output."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

# Of losses whose logarithms are taken together: 2 ** 512 is no infinity yet.
_FACTORS = 512


class Objective(Protocol):
    """A loss of linear outputs (rows, models) against labels (rows,), with weights of rows (rows, 1 or models)."""

    @property
    def name(self) -> str:
        """The name under which the container logs it."""
        ...

    def slope(self, outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Derivative of each row's loss by its output, without the row's weight, (rows, models)."""
        ...

    def loss(self, outputs: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        """Mean loss of each model, (models,); without `weights`, all rows weigh 1."""
        ...


def logistic(outputs: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-outputs)), without overflow, of the outputs' shape."""
    return 0.5 * (1.0 + np.tanh(0.5 * outputs))


@dataclass(frozen=True)
class CrossEntropy:
    """Logistic loss: log(1 + exp(z)) - y z for labels of 0 and 1."""

    name: str = "binary_classification_cross_entropy_objective"

    def slope(self, outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
        # The logistic, in place and by the exponential, which takes less than tanh: it is most of what training does.
        # Where that overflows, the reciprocal is 0, as it should be.
        slopes = np.negative(outputs)
        np.exp(slopes, out=slopes)
        slopes += 1.0
        np.reciprocal(slopes, out=slopes)
        slopes -= labels[:, None]
        return slopes

    def loss(self, outputs: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        margins = np.where(labels[:, None] > 0.5, -outputs, outputs)
        if weights is None:
            return self._unweighted(margins.astype(np.float64, copy=False))
        losses = np.maximum(margins, 0) + np.log1p(np.exp(-np.abs(margins)))
        return (weights * losses).mean(axis=0, dtype=np.float64)

    @staticmethod
    def _unweighted(margins: np.ndarray) -> np.ndarray:
        """The mean of max(margins, 0) + log(1 + exp(-|margins|)), with a logarithm of each product of many factors.

        A factor is between 1 and 2, so that no product of so few overflows.
        """
        factors = np.abs(margins)
        np.negative(factors, out=factors)
        np.exp(factors, out=factors)
        factors += 1.0
        products = np.multiply.reduceat(factors, np.arange(0, len(factors), _FACTORS), axis=0)
        return np.maximum(margins, 0.0).mean(axis=0) + np.log(products).sum(axis=0) / len(margins)


@dataclass(frozen=True)
class SquaredError:
    """Squared loss (z - y)^2; its slope is half the derivative, as MXNet's LinearRegressionOutput has it."""

    name: str = "mse_objective"

    def slope(self, outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
        return outputs - labels[:, None]

    def loss(self, outputs: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        squares = (outputs - labels[:, None]) ** 2
        return (squares if weights is None else weights * squares).mean(axis=0, dtype=np.float64)
