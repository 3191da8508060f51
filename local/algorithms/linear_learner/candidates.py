"""The candidates that are trained side by side: a grid of learning rate x wd x l1 (x weight of positives).

"One model is trained according to the given training parameters, and the rest by close parameters" (developer
guide, `num_models`). The first candidate has the values of the request, or the defaults; a value of 0 switches a
regularisation off for all. The container's own grid is not published.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from local.algorithms.linear_learner.hyperparameters import Hyperparameters

_DEFAULT_COUNT = 32
_LEARNING_RATES = {
    "adam": (0.1, 0.05, 0.02, 0.01),
    "rmsprop": (0.05, 0.02, 0.01, 0.005),
    "sgd": (0.1, 0.05, 0.02, 0.01),
}
_WEIGHT_DECAYS = (1e-4, 1e-3, 1e-5, 1e-2)
_L1 = (0.0, 1e-4)
# By positive_example_weight_mult `auto`: none, all and half of what balances the classes, on a logarithmic scale.
_BALANCES = (0.0, 1.0, 0.5)
# A value of the request is surrounded by these multiples of it.
_CLOSE = (1.0, 0.5, 2.0, 0.25)


@dataclass(frozen=True)
class Candidate:
    """One model's hyperparameters."""

    learning_rate: float
    wd: float
    l1: float
    balance: float = 0.0
    """For positive_example_weight_mult `auto`: positives weigh (negatives / positives) to the power of it."""


def grid(settings: Hyperparameters) -> list[Candidate]:
    """As many candidates as num_models asks for (32 for `auto`), that of the request or the defaults first."""
    count = settings.num_models or _DEFAULT_COUNT
    decays = _axis(settings.wd, _WEIGHT_DECAYS)
    penalties = _axis(settings.l1, _L1)[:2]
    rates = _axis(settings.learning_rate, _LEARNING_RATES[settings.optimizer])
    balances = _BALANCES if settings.classifies and settings.positive_example_weight_mult == "auto" else (0.0,)
    per_rate = len(decays) * len(penalties) * len(balances)
    while len(rates) * per_rate < count:
        # More models than the grid has: finer and finer rates, each below the last.
        rates = (*rates, rates[-1] * 0.8)
    axes = (rates, decays, penalties, balances)
    places = itertools.product(*(range(len(axis)) for axis in axes))
    nearest = sorted(places, key=lambda place: (max(place), sum(place), place))
    return [Candidate(*(axis[at] for axis, at in zip(axes, place, strict=True))) for place in nearest[:count]]


def _axis(value: float | None, defaults: tuple[float, ...]) -> tuple[float, ...]:
    if value is None:
        return defaults
    return tuple(value * factor for factor in _CLOSE) if value else (0.0,)


def initial_parameters(settings: Hyperparameters, varying: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Weights and bias of every candidate, (features + 1, count), float32, the bias last."""
    generator = np.random.default_rng(seed)
    shape = (len(varying), count)
    if settings.init_method == "uniform":
        weights = generator.uniform(-settings.init_scale, settings.init_scale, shape)
    else:
        weights = generator.normal(0.0, settings.init_sigma, shape)
    bias = np.full((1, count), settings.init_bias if settings.use_bias else 0.0)
    return np.concatenate([weights * varying[:, None], bias]).astype(np.float32)
