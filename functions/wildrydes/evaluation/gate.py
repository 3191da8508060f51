"""Whether a candidate may go live.

    no champion                      its measure is below that of a constant prediction, the training labels' mean
    one of the same task and         its measure is better by min_improvement, by the whole interval of the
    the same features                difference, at the level that the error budget gives this comparison
    one that cannot be compared      as if there were none, once the input says `force`; but on an endpoint only
                                     one of the same features takes its place (docs/decisions/0037)
    one that something else serves   once the input says `force`, its measure is not worse by the whole interval

and, whichever it is, no guard fails:

    classification   rows            LEAST_CLASS_ROWS test rows of each label
                     predictions     every one finite
                     calibration     beyond TOLERABLE_GAP only what more than LEAST_CHANCE of models have by chance
                     AUC             not below the champion's by more than MOST_AUC_LOST
    regression       rows            LEAST_ROWS test rows, of more than one label
                     predictions     every one finite
                     bias            beyond TOLERABLE_BIAS deviations only what more than LEAST_CHANCE of models have

    both             captured        with `max_score_change`: the answers to the last captured requests change by more,
                                     on average of a group of callers; or there are none to tell it by, without `force`

With `promote: false` nothing goes live. The measure alone decides what is better: the log loss of a classification, the
squared error of a regression. Both are proper: they are lowest for the true probabilities, and for the true means. A
perfect AUC or accuracy is no proof, heavy_utilization being separable; the guards are on what the model does. They are
in `classifier_metrics` and `regressor_metrics`. How often each of these is wrong is in docs/model-gate.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wildrydes.algorithms import ENDPOINT, LAMBDA
from wildrydes.evaluation.criterion import (
    BELOW_CHAMPION,
    BELOW_CONSTANT,
    COMPARABLE,
    NOT_WORSE,
    PROMOTE,
    Criterion,
    criterion,
    faults,
)
from wildrydes.evaluation.error_budget import level
from wildrydes.evaluation.judgement import AnyJudgement, Losses, Metrics
from wildrydes.evaluation.score_changes import ScoreChanges

_ROUNDING = 1e-12
"""By so much of itself the same measure differs where it is added up in another order."""


@dataclass(frozen=True)
class Rules:
    """The fields of the execution's input that the gate obeys."""

    min_improvement: float
    promote: bool
    force: bool
    max_score_change: float | None = None
    serving: str = LAMBDA


@dataclass(frozen=True)
class Champion:
    """The model that answers: its execution, the reason if it cannot be compared with the candidate, what serves it.

    One whose card cannot be read counts as served by its function: its endpoint answers nobody.
    """

    execution: str
    incomparable: str | None = None
    serving: str = LAMBDA


@dataclass(frozen=True)
class Comparison:
    """The comparison of this number, from 1, with a champion: the difference of the measure, and its interval.

    `level` is the probability of a false promotion that it may have. The best of several `candidates` has the interval
    of a part of it, one of as many as there are candidates.
    """

    number: int
    level: float
    difference: float
    low: float
    high: float
    candidates: int = 1


@dataclass(frozen=True)
class Verdict:
    """Whether to promote, a sentence with the numbers, and what was asked of the candidate.

    It is promoted where it passes all `criteria`: what it has to be better than, first, and then the guards.
    """

    promote: bool
    reason: str
    criteria: tuple[Criterion, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The verdict as cards and outputs of executions have it."""
        return {
            "promote": self.promote,
            "reason": self.reason,
            "criteria": [each.to_json() for each in self.criteria],
        }


def decides(judgement: AnyJudgement) -> bool:
    """Whether the comparison with the champion can promote at all, and so spends from the error budget.

    It cannot where both models say the same of every row, or where there are too few rows.
    """
    losses = judgement.losses
    return losses is not None and losses.differ and not faults(judgement.candidate.row_criteria())


def compare(losses: Losses, number: int, candidates: int = 1) -> Comparison:
    """The comparison of this number with a champion, of the best of so many candidates."""
    interval = losses.interval(level(number) / candidates)
    return Comparison(number, level(number), losses.mean, interval.low, interval.high, candidates)


def verdict(
    judgement: AnyJudgement,
    constant: float,
    champion: Champion | None,
    comparison: Comparison | None,
    rules: Rules,
    changes: ScoreChanges | None = None,
) -> Verdict:
    """The verdict on a candidate. `constant` is the measure of a constant prediction.

    There is a `comparison` with a champion that could be compared, and `changes` where callers have asked it.
    """
    if champion and comparison:
        wins, sentence = _beyond_champion(judgement, champion.execution, comparison, rules.min_improvement)
        if not wins.passes and rules.force and champion.serving != rules.serving:
            wins, moved = _moved(champion, comparison, rules)
            sentence = f"{sentence}; {moved}"
        advantage = [wins]
    else:
        advantage, sentence = _beyond_constant(judgement.candidate, constant, champion, rules)
    guards = [*_guards(judgement), *_changes_within(changes, champion, rules)]
    numbers = f"{judgement.candidate.summary(judgement.champion)}, {judgement.candidate.rows} test rows"
    held = faults(guards)
    reason = f"{sentence}; {numbers}{', but ' if held else ''}{' and '.join(held)}"
    off = "the input has promote: false"
    criteria = (*advantage, *guards, criterion(PROMOTE, None, None, off, passes=rules.promote))
    if not rules.promote and len(faults(criteria)) == 1:
        return Verdict(False, f"{reason}; it would go live, but {off}.", criteria)
    return Verdict(not faults(criteria), f"{reason}.", criteria)


def _beyond_constant(
    candidate: Metrics, constant: float, champion: Champion | None, rules: Rules
) -> tuple[list[Criterion], str]:
    better = candidate.loss < constant * (1 - _ROUNDING)
    sentence = (
        f"{candidate.measure} {candidate.loss:.4f} is {'' if better else 'not '}below the {constant:.4f} "
        "of a constant prediction"
    )
    below = criterion(BELOW_CONSTANT, candidate.loss, constant, sentence, passes=better)
    if champion is None:
        return [below], f"There is no champion, and {sentence}"
    apart = f"The champion {champion.execution} {champion.incomparable} and is not compared"
    is_bound = rules.force and champion.serving == rules.serving == ENDPOINT
    if is_bound:
        apart = (
            f"{apart}, and an endpoint is updated to models of the same features alone: retrain with serving: {LAMBDA} "
            f"and force: true, which deletes it, and then with serving: {ENDPOINT} and force: true"
        )
    elif not rules.force:
        apart = f"{apart}, and the input does not have force: true"
    comparable = criterion(COMPARABLE, None, None, apart, passes=rules.force and not is_bound)
    if comparable.passes:
        return [comparable, below], f"{apart}, the input has force: true, and {sentence}"
    return [comparable, below], f"{apart}; {sentence}"


def _moved(champion: Champion, comparison: Comparison, rules: Rules) -> tuple[Criterion, str]:
    """Whether a model that is not better may bring the task from the function to an endpoint, or back."""
    no_worse = comparison.low <= 0
    sentence = (
        f"the input has force: true and serving: {rules.serving}, where the champion has {champion.serving}, and the "
        f"candidate is {'not certainly' if no_worse else 'certainly'} worse"
    )
    return criterion(NOT_WORSE, comparison.low, 0.0, sentence, passes=no_worse), sentence


def _beyond_champion(
    judgement: AnyJudgement, execution: str, comparison: Comparison, min_improvement: float
) -> tuple[Criterion, str]:
    """Whether the whole interval of the difference is below nought, and as far as was asked."""
    # An interval of zero alone is an equal model, which is no better whatever is asked.
    is_equal = comparison.low == comparison.high == 0
    better = not is_equal and comparison.high < 0 and comparison.high <= -min_improvement
    sentence = _difference(judgement, execution, comparison, min_improvement, better=better, is_equal=is_equal)
    # Less nought is nought, which is no number below it.
    return criterion(BELOW_CHAMPION, comparison.high, 0.0 - min_improvement, sentence, passes=better), sentence


def _difference(
    judgement: AnyJudgement,
    execution: str,
    comparison: Comparison,
    min_improvement: float,
    *,
    better: bool,
    is_equal: bool,
) -> str:
    measure = f"{judgement.candidate.measure[0].upper()}{judgement.candidate.measure[1:]}"
    if is_equal:
        return (
            f"{measure} {judgement.candidate.loss:.4f} is that of the champion {execution}: both models say the same "
            "of every test row"
        )
    least = f" by {min_improvement:g} or more" if min_improvement else ""
    candidate, against = judgement.candidate, judgement.champion.loss if judgement.champion else None
    field = f" and the best of {comparison.candidates} candidates" if comparison.candidates > 1 else ""
    return (
        f"{measure} {candidate.loss:.4f} is "
        f"{'' if better else 'not certainly '}below the {against:.4f} "
        f"of the champion {execution}{least}: the difference is {comparison.difference:+.4f}, "
        f"{100 * (1 - 2 * comparison.level / comparison.candidates):.6g}% interval {comparison.low:+.4f} to "
        f"{comparison.high:+.4f} (comparison {comparison.number} with this champion{field}: false with a probability "
        f"of at most {100 * comparison.level:.3g}%)"
    )


def _guards(judgement: AnyJudgement) -> Iterator[Criterion]:
    candidate = judgement.candidate
    yield from candidate.row_criteria()
    fault = f"{candidate.not_finite} predictions are not finite"
    yield criterion("finite_predictions", candidate.not_finite, 0, fault, passes=not candidate.not_finite)
    yield from candidate.criteria(judgement.champion)


def _changes_within(changes: ScoreChanges | None, champion: Champion | None, rules: Rules) -> Iterator[Criterion]:
    """Whether a bound on the change of answers holds the candidate back."""
    bound = rules.max_score_change
    if bound is None or champion is None:
        return
    if changes is None:
        fault = (
            f"no captured request tells whether answers change by more than max_score_change {bound:g}, and the input "
            "does not have force: true"
        )
        yield criterion("score_change", None, bound, fault, passes=rules.force)
        return
    group = changes.largest
    change = group.mean_absolute_change
    fault = (
        f"its answers to {group.rows} captured rows with {group.feature} from {group.low:g} to {group.high:g} "
        f"differ from the champion's by {change:.4g} on average, more than max_score_change {bound:g}"
    )
    yield criterion("score_change", change, bound, fault, passes=change <= bound)
