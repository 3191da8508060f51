"""How often the gate promotes a regressor that is no better, and one that is: draws for `bench.gate`.

The truth is 0, so that a label is its error, and a model is what it says beside the truth. The gate's own interval
decides. Errors have a mean of 0 and a deviation of 1, whatever their distribution.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import e
from types import MappingProxyType

import numpy as np

from wildrydes.evaluation.error_budget import level
from wildrydes.evaluation.squared_errors import ErrorDifference

ROWS = (30, 50, 100, 500, 5000)
BETTER_ROWS = (500, 1000, 2000, 5000)
BETTER_BY = 0.02
"""By this share of the RMSE."""

_MEMORY_ROWS = 400_000
"""About so many rows are drawn at a time."""

Array = np.ndarray
Shape = tuple[int, int]
Draw = Callable[[np.random.Generator, Shape], Array]
Pair = Callable[[np.random.Generator, Shape], tuple[Array, Array]]


def _log_normal(sigma: float) -> Draw:
    scale = ((e ** (sigma * sigma) - 1) * e ** (sigma * sigma)) ** 0.5
    return lambda draw, shape: (np.exp(sigma * draw.standard_normal(shape)) - e ** (sigma * sigma / 2)) / scale


ERRORS: Mapping[str, Draw] = MappingProxyType(
    {
        "normal": lambda draw, shape: draw.standard_normal(shape),
        "Student's t, 4 degrees": lambda draw, shape: draw.standard_t(4, shape) / 2**0.5,
        "exponential": lambda draw, shape: draw.exponential(1, shape) - 1,
        "log-normal, σ 0.75": _log_normal(0.75),
        "log-normal, σ 1": _log_normal(1.0),
    }
)

EQUAL: Mapping[str, Pair] = MappingProxyType(
    {
        # The candidate says too much: of errors with a long tail above the labels of most rows speak against it least.
        "a constant apart": lambda _, shape: (np.full(shape, -0.1), np.full(shape, 0.1)),
        "noise apart": lambda draw, shape: (0.5 * draw.standard_normal(shape), 0.5 * draw.standard_normal(shape)),
    }
)
"""Candidate and champion of the same expected squared error."""


def differences(errors: Array, candidate: Array, champion: Array) -> Iterator[ErrorDifference]:
    """What `PairedErrors` adds up, for each of many test splits: arrays of splits by rows."""
    first, second = ((model - errors) ** 2 for model in (candidate, champion))
    apart = first - second
    sums = (apart, apart**2, np.abs(apart) ** 3, first, second)
    for each in zip(*(value.sum(axis=1).tolist() for value in sums), strict=True):
        yield ErrorDifference(errors.shape[1], *each)


def promotions(errors: Draw, pair: Pair, rows: int, levels: Sequence[float], draws: int) -> tuple[float, ...]:
    """The share of candidates that are better by their whole interval at each level, of so many test splits."""
    draw = np.random.default_rng(rows)
    promoted, splits = [0] * len(levels), max(1, _MEMORY_ROWS // rows)
    for start in range(0, draws, splits):
        shape = (min(splits, draws - start), rows)
        for each in differences(errors(draw, shape), *pair(draw, shape)):
            for place, at in enumerate(levels):
                promoted[place] += each.interval(at).high < 0
    return tuple(count / draws for count in promoted)


def false_first_promotions(name: str, draws: int) -> tuple[float, ...]:
    """By ROWS, the share of first comparisons in which a candidate is promoted that is no better.

    `name` is that of the errors and of the pair, as `names` has it.
    """
    errors, _, pair = name.partition(": ")
    return tuple(promotions(ERRORS[errors], EQUAL[pair], rows, [level(1)], draws)[0] for rows in ROWS)


def names() -> list[str]:
    """Each distribution of errors with each pair."""
    return [f"{errors}: {pair}" for errors in ERRORS for pair in EQUAL]


def better_pair(draw: np.random.Generator, shape: Shape) -> tuple[Array, Array]:
    """A candidate with the truth, and a champion whose RMSE is higher by BETTER_BY of normal errors."""
    noise = ((1 + BETTER_BY) ** 2 - 1) ** 0.5
    return np.zeros(shape), noise * draw.standard_normal(shape)


def power(rows: int, levels: Sequence[float], draws: int) -> tuple[float, ...]:
    """The share of such candidates that are promoted at each level."""
    return promotions(ERRORS["normal"], better_pair, rows, levels, draws)
