"""How often the gate is wrong, and how often it is right: the tables of docs/model-gate.md, drawn from fixed seeds.

    python -m bench.gate [draws]

Labels and models are drawn by numpy; the gate's own functions decide. A model is its margins: the truth's with noise.
A family is a champion's lifetime: so many retrainings, each with a new candidate. Regressors are drawn by
`bench.regressors`.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from rich.console import Console

from bench import command, regressors
from wildrydes.evaluation import gap_chance
from wildrydes.evaluation.calibration import DECILES, TOLERABLE_GAP
from wildrydes.evaluation.error_budget import ERROR_BUDGET, level
from wildrydes.evaluation.loss_difference import LossDifference
from wildrydes.evaluation.share_of_models import LEAST_CHANCE

DRAWS = 2000
ROWS = (20, 50, 100, 200, 500, 1000, 5000)
SHIFTS = (0.05, 0.1, 0.2)
RETRAININGS = (1, 10, 50)
TEST_ROWS = 500
EQUAL_ROWS = (50, 100, 200, 1000, 5000)
BETTER_BY = 0.01
BETTER_ROWS = (500, 1000, 2000, 5000)
_MANY = 5.0
_DOUBTFUL = (1.9, 3.2)
"""The chance of a gap of so many deviations is 2.5% somewhere in between, once one deviation is _MANY labels."""
_MEMORY_ROWS = 1_000_000
"""About so many rows are drawn at a time."""

Array = np.ndarray
Draw = Callable[[np.random.Generator, int], Array]
Pair = Callable[[np.random.Generator, int], tuple[Array, Array, Array]]


@dataclass(frozen=True)
class Table:
    """A title, the names of the columns, and rows of a name and shares, in percent with so many `digits`."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, tuple[float, ...]], ...] = ()
    digits: int = 1

    def markdown(self) -> Iterator[str]:
        """The table's lines, shares in percent."""
        yield f"| {' | '.join(self.head)} |"
        yield f"|{'---|' * len(self.head)}"
        for name, shares in self.rows:
            yield f"| {name} | {' | '.join(f'{100 * share:.{self.digits}f}%' for share in shares)} |"


MODELS: dict[str, Draw] = {
    "usual": lambda draw, rows: draw.normal(0, 1.2, rows),
    "rare positives": lambda draw, rows: draw.normal(-4, 0.5, rows),
    "near 0 and 1": lambda draw, rows: draw.normal(0, 6, rows),
}
"""The margins of a model: those of service_requested; a label of 2%; a label that is nearly separable."""


def refused_for_calibration(margins: Array, labels: Array) -> bool:
    """The gate's rule on the calibration gap; `margins` all differ."""
    order = np.argsort(margins)
    scores = _logistic(margins[order])
    rows = len(scores)
    ends = [decile * rows // DECILES for decile in range(1, DECILES + 1)]
    gap = float(np.abs(np.cumsum(scores - labels[order])[np.array(ends) - 1]).max()) - TOLERABLE_GAP * rows
    # The exact chance is below its bound, which is much quicker.
    if gap <= 0 or gap_chance.largest_chance(gap, rows) <= LEAST_CHANCE:
        return gap > 0
    if rows > gap_chance.EXACT_CHANCE_ROWS:
        return False
    # Nor is it worth computing where the normal distribution of a sum of many labels leaves no doubt of it.
    deviation = float((scores * (1 - scores)).sum()) ** 0.5
    if deviation > _MANY and not _DOUBTFUL[0] < gap / deviation < _DOUBTFUL[1]:
        return gap / deviation >= _DOUBTFUL[1]
    deciles = [part.tolist() for part in np.split(scores, ends[:-1])]
    return gap_chance.chance_of_gap(gap, deciles) <= LEAST_CHANCE


def refusals(model: Draw, rows: int, shift: float, draws: int) -> float:
    """The share of models that are refused for their calibration; each says `shift` too much or too little."""
    draw = np.random.default_rng([rows, int(1000 * shift)])
    refused = 0
    for number in range(draws):
        margins = model(draw, rows)
        truth = np.clip(_logistic(margins) + (shift if number % 2 else -shift), 0, 1)
        refused += refused_for_calibration(margins, draw.random(rows) < truth)
    return refused / draws


def loss_differences(candidate: Array, champion: Array, labels: Array) -> list[LossDifference]:
    """What `PairedLosses` adds up, for each of many test splits: arrays of splits by rows."""
    distance = candidate - champion
    costs = np.logaddexp(0, candidate) - np.logaddexp(0, champion)
    apart = np.where(distance == 0, 1, distance)
    even = np.clip(costs / apart, 1e-12, 1 - 1e-12)
    difference = costs - distance * labels
    variance = distance**2 * even * (1 - even)
    sums = (difference, difference**2, variance, np.abs(distance) * variance)
    return [
        LossDifference(labels.shape[1], *each)
        for each in zip(*(value.sum(axis=1).tolist() for value in sums), strict=True)
    ]


def _even_rows(rows: int, differ: int, margin: float, distance: float) -> Pair:
    """Models that differ on some rows, by a distance, and are equally good on each."""

    def pair(draw: np.random.Generator, splits: int) -> tuple[Array, Array, Array]:
        champion = np.full((splits, rows), margin)
        candidate = champion.copy()
        candidate[:, :differ] += distance
        even = (np.logaddexp(0, margin + distance) - np.logaddexp(0, margin)) / distance
        truth = np.where(np.arange(rows) < differ, even, _logistic(champion))
        return candidate, champion, draw.random((splits, rows)) < truth

    return pair


def _noisy(rows: int, candidate: float, champion: float, *, same_rows: bool = False, scale: float = 1.2) -> Pair:
    """Models that are off by noise of these deviations; on the same rows, with the same champion, if so said."""

    def pair(draw: np.random.Generator, splits: int) -> tuple[Array, Array, Array]:
        shape = (1 if same_rows else splits, rows)
        truth = draw.normal(0, scale, shape)
        labels = np.broadcast_to(draw.random(shape) < _logistic(truth), (splits, rows))
        theirs = np.broadcast_to(truth + draw.normal(0, champion, shape), (splits, rows))
        return truth + draw.normal(0, candidate, (splits, rows)), theirs, labels

    return pair


EQUAL: dict[str, Pair] = {
    "equal, all rows differ": _noisy(TEST_ROWS, 0.5, 0.5),
    "equal, always the same test rows": _noisy(TEST_ROWS, 0.5, 0.5, same_rows=True),
    "equal, nearly separable label": _noisy(TEST_ROWS, 1.0, 1.0, scale=5.0),
    "equal, 10 of the rows differ": _even_rows(TEST_ROWS, 10, 0.0, 0.5),
    "equal, 50 of the rows differ": _even_rows(TEST_ROWS, 50, 0.0, 0.5),
    "equal, 0.7% instead of 1.8% on 50 rows": _even_rows(TEST_ROWS, 50, -4.0, -1.0),
    **{f"equal, {rows:,} test rows": _noisy(rows, 0.5, 0.5) for rows in EQUAL_ROWS},
}
"""Pairs of models of the same expected log loss, on TEST_ROWS test rows where nothing else is said."""


def promotions(pair: Pair, retrainings: int, families: int, *, seed: int) -> tuple[Array, Array]:
    """By family and retraining, whether the candidate is better by its whole interval: with the budget, and without.

    Without it each interval is at the level of the whole budget.
    """
    draw = np.random.default_rng(seed)
    levels = [level(number) for number in range(1, retrainings + 1)]
    with_budget, without = [], []
    for _ in range(families):
        losses = loss_differences(*pair(draw, retrainings))
        with_budget.append([each.interval(at).high < 0 for each, at in zip(losses, levels, strict=True)])
        without.append([each.interval(ERROR_BUDGET).high < 0 for each in losses])
    return np.array(with_budget), np.array(without)


def false_promotions(pair: Pair, families: int) -> tuple[float, ...]:
    """The share of families with a false promotion within 1, 10 and 50 retrainings; within 50 without a budget."""
    wrong, without = promotions(pair, max(RETRAININGS), families, seed=1)
    return (*(float(wrong[:, :count].any(axis=1).mean()) for count in RETRAININGS), float(without.any(axis=1).mean()))


def better_pair(rows: int) -> Pair:
    """A candidate that is better by BETTER_BY."""
    return _noisy(rows, 0.2, _champion_noise())


def _champion_noise() -> float:
    """The noise that makes a champion's log loss BETTER_BY worse than that of a candidate with noise of 0.2."""
    draw = np.random.default_rng(0)
    truth, noise = draw.normal(0, 1.2, 200_000), draw.normal(0, 1, 200_000)

    def loss(deviation: float) -> float:
        margins = truth + deviation * noise
        return float((np.logaddexp(0, margins) - _logistic(truth) * margins).mean())

    low, high = 0.2, 2.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (middle, high) if loss(middle) - loss(0.2) < BETTER_BY else (low, middle)
    return low


def power(rows: int, draws: int) -> tuple[float, ...]:
    """The share of better candidates that are promoted at comparison 1, 10 and 50, and at 2.5% without a budget."""
    draw = np.random.default_rng(2)
    levels = [*(level(number) for number in RETRAININGS), ERROR_BUDGET]
    pair, promoted = better_pair(rows), [0] * len(levels)
    splits = max(1, _MEMORY_ROWS // rows)
    for start in range(0, draws, splits):
        for losses in loss_differences(*pair(draw, min(splits, draws - start))):
            for place, at in enumerate(levels):
                promoted[place] += losses.interval(at).high < 0
    return tuple(count / draws for count in promoted)


def headings() -> tuple[Table, ...]:
    """The five tables without rows."""
    times = tuple(f"{count} retraining{'s' if count > 1 else ''}" for count in RETRAININGS)
    shifts = tuple(f"off by {shift:g}" for shift in SHIFTS)
    numbers = tuple(f"comparison {number}" for number in RETRAININGS)
    return (
        Table("Refused for calibration", ("test rows", *(f"calibrated, {name}" for name in MODELS), *shifts)),
        Table("False promotions", ("models", *times, f"{max(RETRAININGS)} without a budget")),
        Table("Promotions of models that are better by 0.01", ("test rows", *numbers, "without a budget")),
        Table(
            "False promotions of regressors",
            ("errors, and the two models", *(f"{rows:,} test rows" for rows in regressors.ROWS)),
            digits=2,
        ),
        Table("Promotions of regressors that are better by 2%", ("test rows", *numbers, "without a budget")),
    )


def tables(draws: int) -> Iterator[Table]:
    """The five tables, each once it is drawn."""
    calibration, promoted, better, equal_regressors, better_regressors = headings()
    yield replace(calibration, rows=tuple((f"{rows:,}", calibration_row(rows, draws)) for rows in ROWS))
    yield replace(promoted, rows=tuple((name, false_promotions(pair, draws // 2)) for name, pair in EQUAL.items()))
    yield replace(better, rows=tuple((f"{rows:,}", power(rows, draws)) for rows in BETTER_ROWS))
    first = tuple((name, regressors.false_first_promotions(name, 10 * draws)) for name in regressors.names())
    yield replace(equal_regressors, rows=first)
    levels = [*(level(number) for number in RETRAININGS), ERROR_BUDGET]
    rows_and_shares = [(f"{rows:,}", regressors.power(rows, levels, draws)) for rows in regressors.BETTER_ROWS]
    yield replace(better_regressors, rows=tuple(rows_and_shares))


def calibration_row(rows: int, draws: int) -> tuple[float, ...]:
    """The first table's shares for so many test rows."""
    times = 5 if rows < TEST_ROWS else 1
    calibrated = [refusals(model, rows, 0.0, times * draws) for model in MODELS.values()]
    return (*calibrated, *(refusals(MODELS["usual"], rows, shift, draws) for shift in SHIFTS))


def _logistic(margins: Array) -> Array:
    return np.exp(-np.logaddexp(0, -margins))


def main(arguments: Sequence[str] = ()) -> int:
    """Print the tables."""
    console = Console(highlight=False, soft_wrap=True)
    draws = int(arguments[0]) if arguments else DRAWS
    command.note(f"Drawing {draws:,} times for each share; this takes some minutes")
    for table in tables(draws):
        console.print(f"{table.title}\n", *table.markdown(), "", sep="\n")
    return 0


if __name__ == "__main__":
    command.run(lambda: main(sys.argv[1:]))
