"""Optimisers over the parameters of all candidates at once, by the formulas of MXNet's `mx.optimizer`.

Parameters and gradients are (features + 1, models); `rates` is of a shape that broadcasts to it.
"""

import math
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from local.algorithms.linear_learner.hyperparameters import Hyperparameters

_EPSILON = 1e-8


class Optimizer(Protocol):
    """Turns gradients into steps, and remembers what it needs of the earlier ones."""

    def step(self, gradient: np.ndarray, rates: np.ndarray) -> np.ndarray:
        """What to subtract from the parameters."""
        ...


@dataclass
class Adam:
    """Kingma and Ba, https://arxiv.org/abs/1412.6980, with the bias correction folded into the rate."""

    beta_1: float
    beta_2: float
    _mean: np.ndarray | float = field(default=0.0, init=False)
    _square: np.ndarray | float = field(default=0.0, init=False)
    _updates: int = field(default=0, init=False)

    def step(self, gradient: np.ndarray, rates: np.ndarray) -> np.ndarray:
        self._updates += 1
        self._mean = self.beta_1 * self._mean + (1 - self.beta_1) * gradient
        self._square = self.beta_2 * self._square + (1 - self.beta_2) * gradient**2
        # A number of Python's: one of NumPy's would turn 32-bit arrays into 64-bit ones.
        correction = math.sqrt(1 - self.beta_2**self._updates) / (1 - self.beta_1**self._updates)
        return rates * correction * self._mean / (np.sqrt(self._square) + _EPSILON)


@dataclass
class Sgd:
    """Gradient descent with momentum."""

    momentum: float
    _velocity: np.ndarray | float = field(default=0.0, init=False)

    def step(self, gradient: np.ndarray, rates: np.ndarray) -> np.ndarray:
        velocity: np.ndarray = rates * gradient + self.momentum * self._velocity
        self._velocity = velocity
        return velocity


@dataclass
class RmsProp:
    """Tieleman and Hinton, lecture 6.5 of Neural Networks for Machine Learning."""

    decay: float = 0.9
    _square: np.ndarray | float = field(default=0.0, init=False)

    def step(self, gradient: np.ndarray, rates: np.ndarray) -> np.ndarray:
        self._square = self.decay * self._square + (1 - self.decay) * gradient**2
        return rates * gradient / np.sqrt(self._square + _EPSILON)


def make(settings: Hyperparameters) -> Optimizer:
    """The optimiser that the hyperparameters name."""
    if settings.optimizer == "sgd":
        return Sgd(settings.momentum or 0.0)
    if settings.optimizer == "rmsprop":
        return RmsProp()
    return Adam(
        0.9 if settings.beta_1 is None else settings.beta_1, 0.999 if settings.beta_2 is None else settings.beta_2
    )
