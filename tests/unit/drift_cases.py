"""Samples by fixed seeds, which tests/unit/monitoring compares with Evidently and SciPy. The standard library alone."""

from collections.abc import Iterator
from random import Random

ROWS, LATER_ROWS = 4000, 500

SHARES = ((9, 100, 0.05), (30, 400, 0.05), (1, 20, 0.06), (60, 60, 0.5), (5000, 90_000, 0.05))
"""Counts, of how many, with which probability each."""

QUANTILES = ((0.025, 29.0), (1e-5, 29.0), (1e-5, 400.0), (0.0125, 1000.0))
"""Levels, with degrees of freedom."""


def cases() -> Iterator[tuple[str, list[float], list[float]]]:
    """Name, rows of a training split, rows of a day."""
    chance = Random(20_261_126)
    for shift in (0.0, 0.1, 0.4, 1.0):
        yield (
            f"normal, shifted by {shift}",
            [chance.gauss(0, 1) for _ in range(ROWS)],
            [chance.gauss(shift, 1) for _ in range(LATER_ROWS)],
        )
    for stretch in (1.0, 1.5):
        yield (
            f"skewed, stretched by {stretch}",
            [3 + chance.gammavariate(3.0, 7.0) for _ in range(ROWS)],
            [3 + stretch * chance.gammavariate(3.0, 7.0) for _ in range(LATER_ROWS)],
        )
    for share in (0.67, 0.4):
        yield (
            f"zero in {share:.0%}",
            [0.0 if chance.random() < 0.67 else chance.expovariate(0.01) for _ in range(ROWS)],
            [0.0 if chance.random() < share else chance.expovariate(0.01) for _ in range(LATER_ROWS)],
        )
    for weights in ((5, 3, 2, 1), (2, 3, 5, 1), (9, 1, 1, 0)):
        yield (
            f"1 to 4 by {weights}",
            [float(chance.choices((1, 2, 3, 4), (5, 3, 2, 1))[0]) for _ in range(ROWS)],
            [float(chance.choices((1, 2, 3, 4), weights)[0]) for _ in range(LATER_ROWS)],
        )
