"""Whether a candidate may go live.

    no champion                      its log loss is below that of a constant prediction, the training rows' share
    one of the same target and       its log loss is better by min_improvement, by the whole 95% interval: not equal,
    the same features                not better by luck
    one that cannot be compared      as if there were none, once the input says `force`

and, whichever it is, no guard fails: every prediction finite, the calibration error not certainly above
MOST_CALIBRATION_ERROR, the AUC not below the champion's by more than MOST_AUC_LOST. With `promote: false` nothing goes
live. The log loss alone decides what is better, since it is proper: it is lowest for the true probabilities. A
perfect AUC or accuracy is no proof, heavy_utilization being separable; the guards are on what the model does.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from wildrydes.evaluation.metrics import Judgement, Metrics

MOST_CALIBRATION_ERROR = 0.05
MOST_AUC_LOST = 0.005


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
class Verdict:
    """Whether to promote, and a sentence with the numbers."""

    promote: bool
    reason: str


def verdict(judgement: Judgement, constant_log_loss: float, champion: Champion | None, rules: Rules) -> Verdict:
    """The verdict on a candidate. `judgement` holds the champion's metrics where it could be compared."""
    if champion is None or champion.incomparable:
        better, sentence = _beyond_constant(judgement.candidate, constant_log_loss, champion, rules)
    else:
        better, sentence = _beyond_champion(judgement, champion.execution, rules.min_improvement)
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


def _beyond_champion(judgement: Judgement, execution: str, min_improvement: float) -> tuple[bool, str]:
    difference = judgement.differences["log_loss"]
    # An interval of zero alone is an equal model, which is no better whatever is asked.
    better = difference.high < 0 and difference.high <= -min_improvement
    least = f" by {min_improvement:g} or more" if min_improvement else ""
    against = judgement.champion.log_loss if judgement.champion else None
    return better, (
        f"Log loss {judgement.candidate.log_loss:.4f} is {'' if better else 'not certainly '}below the {against:.4f} "
        f"of the champion {execution}{least}: the difference is {difference.difference:+.4f}, "
        f"95% interval {difference.low:+.4f} to {difference.high:+.4f}"
    )


def _numbers(judgement: Judgement) -> str:
    candidate, champion = judgement.candidate, judgement.champion
    auc = "unknown" if candidate.auc is None else f"{candidate.auc:.4f}"
    comparison = f" (champion {champion.auc:.4f})" if champion and champion.auc is not None else ""
    return f"AUC {auc}{comparison}, calibration error {candidate.calibration_error:.4f}, {candidate.rows} test rows"


def _faults(judgement: Judgement) -> Iterator[str]:
    candidate, champion = judgement.candidate, judgement.champion
    if candidate.not_finite:
        yield f"{candidate.not_finite} predictions are not finite"
    if candidate.calibration_error_low > MOST_CALIBRATION_ERROR:
        low = candidate.calibration_error_low
        yield f"the calibration error is above {MOST_CALIBRATION_ERROR:g}, its 95% interval beginning at {low:.4f}"
    if champion is None:
        return
    if candidate.auc is None or champion.auc is None:
        yield "there is no AUC for a test split with one class"
    elif candidate.auc < champion.auc - MOST_AUC_LOST:
        yield f"the AUC is lower by more than {MOST_AUC_LOST:g}"
