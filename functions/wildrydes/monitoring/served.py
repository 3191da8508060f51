"""How good a model was on what it was asked: its measure on the rows whose truth is known, next to its card's.

The measure's interval, and that of its difference from the card's, are normal ones of a mean of losses: log losses of a
classifier, squared errors of a regressor. Few rows have the quantile of Student's t (Gaver and Kafadar, A Retrievable
Recipe for Inverse t, 1984). Losses are skewed to the right. That makes their t too low rather than too high, so that
the lower end is a cautious one. Rows that came more than once count once (`independent_rows`).

A difference of mean squared errors is divided by the sum of both RMSEs: then it is that of the RMSEs, in the label's
unit, as docs/decisions/0029 has it.

The card's number is from its test split, which is a sample too. A model that is as good as its card says is taken to
have losses there that vary as they do now.

Calibration, bias and all other metrics are computed as the gate's are: docs/model-gate.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import expm1, fsum, log1p, sqrt
from statistics import NormalDist
from typing import Any

from wildrydes.evaluation.kinds import KINDS
from wildrydes.tasks import BINARY

LEAST_ROWS = 30
_SHOWN_LEVEL = 0.025


@dataclass(frozen=True)
class Quality:
    """The measure on the rows with a truth, its 95% interval, and how it is next to the card's.

    `quality_loss` is the lower end of what it is above the card's: worse than promised where that is above 0.
    """

    rows: int
    independent_rows: float
    measure: float
    low: float
    high: float
    promised: float
    difference: float
    quality_loss: float

    @property
    def is_worse(self) -> bool:
        """Whether the model is worse than its card says, by more than chance explains."""
        return self.quality_loss > 0


def quality(
    kind: str, rows: Sequence[tuple[float, float]], promised: tuple[float, int], independent: float, level: float
) -> Quality | None:
    """Judges rows of (truth, score); `promised` is the card's measure and its rows. None for fewer than LEAST_ROWS.

    `independent` is as how many rows these count; `level` the probability that the loss of quality is a false alarm.
    """
    losses = [_loss(kind, truth, score) for truth, score in rows]
    if min(len(losses), independent) < LEAST_ROWS:
        return None
    mean, degrees = fsum(losses) / len(losses), independent - 1
    deviation = sqrt(fsum((loss - mean) ** 2 for loss in losses) / (len(losses) - 1))
    margin = quantile(_SHOWN_LEVEL, degrees) * deviation / sqrt(independent)
    most_by_chance = quantile(level, degrees) * deviation * sqrt(1 / independent + 1 / promised[1])
    if kind == BINARY:
        difference, scale, unit = mean - promised[0], 1.0, float
    else:
        difference, scale, unit = mean - promised[0] ** 2, sqrt(mean) + promised[0] or 1.0, sqrt
    return Quality(
        rows=len(losses),
        independent_rows=independent,
        measure=unit(mean),
        low=unit(max(0.0, mean - margin)),
        high=unit(mean + margin),
        promised=promised[0],
        difference=difference / scale,
        quality_loss=(difference - most_by_chance) / scale,
    )


def metrics(kind: str, threshold: float, rows: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """All metrics of rows of (truth, score), as a card has them. Raises BadModel, and ValueError for no score."""
    how = KINDS[kind]
    judged = how.judge(((how.labels.read(truth), [how.margin(score)]) for truth, score in rows), [threshold])
    return judged.candidate.to_json()


def quantile(level: float, degrees: float) -> float:
    """What Student's t of so many degrees of freedom exceeds with the probability `level`.

    >>> round(quantile(0.025, 29), 2), round(quantile(0.025, 1e6), 2)
    (2.05, 1.96)
    """
    normal = NormalDist().inv_cdf(1 - level)
    return sqrt(degrees * expm1(normal * normal * (degrees - 1.5) / (degrees - 1) ** 2))


def _loss(kind: str, truth: float, score: float) -> float:
    if kind != BINARY:
        return (score - truth) ** 2
    # A probability of 0 or 1 that was wrong costs what the next number that there is would.
    likely = min(max(score if truth else 1 - score, 1e-16), 1.0)
    return -log1p(likely - 1)
