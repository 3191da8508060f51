"""Whether a candidate may go live.

    no champion                      its log loss is below that of a constant prediction, the training rows' share
    one of the same target and       its log loss is better by min_improvement, by the whole interval of the
    the same features                difference, at the level that the error budget gives this comparison
    one that cannot be compared      as if there were none, once the input says `force`

and, whichever it is, no guard fails:

    rows                LEAST_CLASS_ROWS test rows of each label
    predictions         every one finite
    calibration         beyond TOLERABLE_GAP only what more than LEAST_CALIBRATION_CHANCE of models have by chance
    AUC                 not below the champion's by more than MOST_AUC_LOST

With `promote: false` nothing goes live. The log loss alone decides what is better, since it is proper: it is lowest for
the true probabilities. A perfect AUC or accuracy is no proof, heavy_utilization being separable; the guards are on what
the model does. How often each of these is wrong is in docs/model-gate.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from wildrydes.evaluation.calibration import TOLERABLE_GAP
from wildrydes.evaluation.error_budget import level
from wildrydes.evaluation.loss_difference import LossDifference
from wildrydes.evaluation.metrics import Judgement, Metrics

LEAST_CLASS_ROWS = 10
LEAST_CALIBRATION_CHANCE = 0.025
MOST_AUC_LOST = 0.005
_LEAST_SHOWN = 0.0001


@dataclass(frozen=True)
class Rules:
    """The fields of the execution's input that the gate obeys."""

    min_improvement: float
    promote: bool
    force: bool


@dataclass(frozen=True)
class Champion:
    """The model that answers: its execution, and the reason if it cannot be compared with the candidate."""

    execution: str
    incomparable: str | None = None


@dataclass(frozen=True)
class Comparison:
    """The comparison of this number, from 1, with a champion: the difference in log loss, its interval at `level`."""

    number: int
    level: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class Verdict:
    """Whether to promote, and a sentence with the numbers."""

    promote: bool
    reason: str


def decides(judgement: Judgement) -> bool:
    """Whether the comparison with the champion can promote at all, and so spends from the error budget.

    It cannot where both models say the same of every row, or where there are too few rows.
    """
    losses = judgement.losses
    return losses is not None and losses.even > 0 and not list(_missing_rows(judgement.candidate))


def compare(losses: LossDifference, number: int) -> Comparison:
    """The comparison of this number with a champion."""
    interval = losses.interval(level(number))
    return Comparison(number, level(number), losses.mean, interval.low, interval.high)


def verdict(
    judgement: Judgement,
    constant_log_loss: float,
    champion: Champion | None,
    comparison: Comparison | None,
    rules: Rules,
) -> Verdict:
    """The verdict on a candidate. There is a `comparison` with a champion that could be compared."""
    if champion and comparison:
        better, sentence = _beyond_champion(judgement, champion.execution, comparison, rules.min_improvement)
    else:
        better, sentence = _beyond_constant(judgement.candidate, constant_log_loss, champion, rules)
    faults = list(_faults(judgement))
    reason = f"{sentence}; {_numbers(judgement)}{', but ' if faults else ''}{' and '.join(faults)}"
    if better and not faults and not rules.promote:
        return Verdict(promote=False, reason=f"{reason}; it would go live, but the input has promote: false.")
    return Verdict(better and not faults, f"{reason}.")


def _beyond_constant(
    candidate: Metrics, constant_log_loss: float, champion: Champion | None, rules: Rules
) -> tuple[bool, str]:
    better = candidate.log_loss < constant_log_loss
    sentence = (
        f"log loss {candidate.log_loss:.4f} is {'' if better else 'not '}below the {constant_log_loss:.4f} "
        "of a constant prediction"
    )
    if champion is None:
        return better, f"There is no champion, and {sentence}"
    apart = f"The champion {champion.execution} {champion.incomparable} and is not compared"
    if rules.force:
        return better, f"{apart}, the input has force: true, and {sentence}"
    return False, f"{apart}, and the input does not have force: true; {sentence}"


def _beyond_champion(
    judgement: Judgement, execution: str, comparison: Comparison, min_improvement: float
) -> tuple[bool, str]:
    # An interval of zero alone is an equal model, which is no better whatever is asked.
    better = comparison.high < 0 and comparison.high <= -min_improvement
    least = f" by {min_improvement:g} or more" if min_improvement else ""
    against = judgement.champion.log_loss if judgement.champion else None
    return better, (
        f"Log loss {judgement.candidate.log_loss:.4f} is {'' if better else 'not certainly '}below the {against:.4f} "
        f"of the champion {execution}{least}: the difference is {comparison.difference:+.4f}, "
        f"{100 * (1 - 2 * comparison.level):.6g}% interval {comparison.low:+.4f} to {comparison.high:+.4f} "
        f"(comparison {comparison.number} with this champion: false with a probability of at most "
        f"{100 * comparison.level:.3g}%)"
    )


def _numbers(judgement: Judgement) -> str:
    candidate, champion = judgement.candidate, judgement.champion
    auc = "unknown" if candidate.auc is None else f"{candidate.auc:.4f}"
    comparison = f" (champion {champion.auc:.4f})" if champion and champion.auc is not None else ""
    return f"AUC {auc}{comparison}, {_gap(candidate)}, {candidate.rows} test rows"


def _gap(candidate: Metrics) -> str:
    gap, chance = candidate.calibration_gap, candidate.calibration_chance
    if gap > TOLERABLE_GAP and chance > LEAST_CALIBRATION_CHANCE:
        return (
            f"calibration gap {gap:.4f} (beyond {TOLERABLE_GAP:g} by what {100 * chance:.2g}% of models have by chance)"
        )
    return f"calibration gap {gap:.4f} (up to {TOLERABLE_GAP:g} is tolerated)"


def _faults(judgement: Judgement) -> Iterator[str]:
    candidate, champion = judgement.candidate, judgement.champion
    yield from _missing_rows(candidate)
    if candidate.not_finite:
        yield f"{candidate.not_finite} predictions are not finite"
    chance = candidate.calibration_chance
    if chance <= LEAST_CALIBRATION_CHANCE:
        share = f"{100 * chance:.2g}%" if chance >= _LEAST_SHOWN else f"less than {100 * _LEAST_SHOWN:g}%"
        yield (
            f"the calibration gap of {candidate.calibration_gap:.4f} is beyond {TOLERABLE_GAP:g} by what only {share} "
            "of models have by chance"
        )
    if champion is None or candidate.auc is None or champion.auc is None:
        return
    if candidate.auc < champion.auc - MOST_AUC_LOST:
        yield f"the AUC is lower by more than {MOST_AUC_LOST:g}"


def _missing_rows(metrics: Metrics) -> Iterator[str]:
    """What each label has too few rows of. The AUC is unknown only where a label has none."""
    cells = metrics.confusion
    negatives, positives = cells.true_negatives + cells.false_positives, cells.true_positives + cells.false_negatives
    for label, rows in ((0, negatives), (1, positives)):
        if rows < LEAST_CLASS_ROWS:
            yield f"the label {label} has {rows} of the {LEAST_CLASS_ROWS} test rows that the gate needs"
