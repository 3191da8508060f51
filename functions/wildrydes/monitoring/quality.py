"""How good a model was on what it was asked: its measure on the rows whose truth is known, next to its card's.

The measure's interval, and that of its difference from the card's, are normal ones of a mean of losses: log losses of a
classifier, squared errors of a regressor. Few rows have the quantile of Student's t (Gaver and Kafadar, A Retrievable
Recipe for Inverse t, 1984). Losses are skewed to the right. That makes their t too low rather than too high, so that
the lower end is a cautious one.

A model that is right loses more on some days than on others. Rides of a station and day share its weather, and so a
part of their loss. So the variance is that of clusters (Liang and Zeger, 1986; `independent_rows` has what a cluster
is), if that is the larger one, and the degrees of freedom are their number less one.

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

LEAST_ROWS, LEAST_CLUSTERS = 30, 10
_SHOWN_LEVEL = 0.025


@dataclass(frozen=True)
class Quality:
    """The measure on the rows with a truth, its 95% interval, and how it is next to the card's.

    `quality_loss` is the lower end of what it is above the card's: worse than promised where that is above 0.
    """

    rows: int
    clusters: int
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
    kind: str,
    rows: Sequence[tuple[float, float]],
    clusters: Sequence[int],
    promised: tuple[float, int],
    level: float,
) -> Quality | None:
    """Judges rows of (truth, score), each of a cluster; `promised` is the card's measure and its rows.

    `level` is the probability that the loss of quality is a false alarm. None for fewer than LEAST_ROWS or
    LEAST_CLUSTERS.
    """
    losses = [_loss(kind, truth, score) for truth, score in rows]
    count, degrees = len(losses), len(set(clusters)) - 1
    if count < LEAST_ROWS or degrees + 1 < LEAST_CLUSTERS:
        return None
    mean = fsum(losses) / count
    variance = fsum((loss - mean) ** 2 for loss in losses) / (count - 1)
    of_mean = max(variance / count, _variance_of_clusters(losses, clusters, mean))
    margin = quantile(_SHOWN_LEVEL, degrees) * sqrt(of_mean)
    most_by_chance = quantile(level, degrees) * sqrt(of_mean + variance / promised[1])
    if kind == BINARY:
        difference, scale, unit = mean - promised[0], 1.0, float
    else:
        difference, scale, unit = mean - promised[0] ** 2, sqrt(mean) + promised[0] or 1.0, sqrt
    return Quality(
        rows=count,
        clusters=degrees + 1,
        measure=unit(mean),
        low=unit(max(0.0, mean - margin)),
        high=unit(mean + margin),
        promised=promised[0],
        difference=difference / scale,
        quality_loss=(difference - most_by_chance) / scale,
    )


def _variance_of_clusters(losses: Sequence[float], clusters: Sequence[int], mean: float) -> float:
    """The variance of the mean, if losses of one cluster go together."""
    sums: dict[int, float] = {}
    for loss, cluster in zip(losses, clusters, strict=True):
        sums[cluster] = sums.get(cluster, 0.0) + loss - mean
    correction = len(sums) / (len(sums) - 1)
    return correction * fsum(each * each for each in sums.values()) / len(losses) ** 2


def metrics(kind: str, threshold: float, rows: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """All metrics of rows of (truth, score), as a card has them. Raises BadModel, and ValueError for no score."""
    how = KINDS[kind]
    judgement = how.judge(((how.labels.read(truth), [how.margin(score)]) for truth, score in rows), [threshold])
    return judgement.candidate.to_json()


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
