from dataclasses import replace

import pytest

from wildrydes.evaluation.gate import Champion, Rules, verdict
from wildrydes.evaluation.histogram import Histogram
from wildrydes.evaluation.metrics import Confusion, Difference, Judgement, Metrics

RULES = Rules(min_improvement=0.0, promote=True, force=False)
GOOD = Metrics(
    rows=500,
    not_finite=0,
    threshold=0.5,
    log_loss=0.3,
    auc=0.9,
    auc_error=0.0,
    accuracy=0.8,
    precision=0.8,
    recall=0.8,
    f1=0.8,
    calibration_error=0.05,
    calibration_error_low=0.02,
    confusion=Confusion(200, 50, 200, 50),
    roc=(),
    calibration=(),
    histogram=Histogram((), ()),
)
ALONE = Judgement(GOOD, None, {})
CHAMPION = Champion("last-week")


def compare(low: float, high: float, candidate: Metrics = GOOD, auc: float | None = 0.9) -> Judgement:
    middle = (low + high) / 2
    champion = replace(GOOD, log_loss=0.3 - middle, auc=auc)
    return Judgement(candidate, champion, {"log_loss": Difference(middle, low, high)})


def test_the_first_model_has_to_beat_the_constant_prediction() -> None:
    assert verdict(ALONE, 0.69, None, RULES).reason == (
        "There is no champion, and log loss 0.3000 is below the 0.6900 of a constant prediction; "
        "AUC 0.9000, calibration error 0.0500, 500 test rows."
    )
    assert verdict(ALONE, 0.69, None, RULES).promote
    assert not verdict(ALONE, 0.3, None, RULES).promote
    assert "0.3000 is not below the 0.2500" in verdict(ALONE, 0.25, None, RULES).reason


@pytest.mark.parametrize(
    ("low", "high", "min_improvement", "promoted"),
    [
        (-0.05, -0.01, 0.0, True),
        (-0.05, -0.01, 0.01, True),
        (-0.05, -0.01, 0.011, False),
        (-0.05, 0.001, 0.0, False),
        (0.0, 0.0, 0.0, False),
        (0.01, 0.05, 0.0, False),
    ],
)
def test_a_better_model_is_better_by_its_whole_interval(
    low: float, high: float, min_improvement: float, promoted: bool
) -> None:
    outcome = verdict(compare(low, high), 0.69, CHAMPION, replace(RULES, min_improvement=min_improvement))
    assert outcome.promote == promoted
    assert f"95% interval {low:+.4f} to {high:+.4f}" in outcome.reason
    assert ("not certainly below" in outcome.reason) != promoted
    assert "last-week" in outcome.reason


def test_a_live_model_is_what_counts_and_not_the_constant_prediction() -> None:
    assert verdict(compare(-0.05, -0.01), 0.1, CHAMPION, RULES).promote


@pytest.mark.parametrize(
    ("judgement", "fault"),
    [
        (compare(-0.05, -0.01, replace(GOOD, calibration_error_low=0.0501)), "the calibration error is above 0.05"),
        (compare(-0.05, -0.01, replace(GOOD, not_finite=3)), "3 predictions are not finite"),
        (compare(-0.05, -0.01, auc=0.9051), "the AUC is lower by more than 0.005"),
        (compare(-0.05, -0.01, replace(GOOD, auc=None), None), "there is no AUC for a test split with one class"),
        (Judgement(replace(GOOD, calibration_error_low=0.2), None, {}), "the calibration error is above 0.05"),
    ],
)
def test_a_guard_that_fails_keeps_a_better_model_back(judgement: Judgement, fault: str) -> None:
    outcome = verdict(judgement, 0.69, CHAMPION if judgement.champion else None, RULES)
    assert not outcome.promote
    assert f", but {fault}" in outcome.reason
    # And force is no way around it.
    assert not verdict(judgement, 0.69, CHAMPION if judgement.champion else None, replace(RULES, force=True)).promote


def test_an_auc_that_is_a_little_lower_is_within_the_guard() -> None:
    assert verdict(compare(-0.05, -0.01, auc=0.904), 0.69, CHAMPION, RULES).promote


def test_what_cannot_be_compared_goes_live_by_force_and_only_if_it_beats_the_constant() -> None:
    other = Champion("last-week", "is of the target service_requested")
    refusal = verdict(ALONE, 0.69, other, RULES)
    assert not refusal.promote
    assert refusal.reason.startswith(
        "The champion last-week is of the target service_requested and is not compared, "
        "and the input does not have force: true"
    )
    assert verdict(ALONE, 0.69, other, replace(RULES, force=True)).promote
    assert not verdict(ALONE, 0.2, other, replace(RULES, force=True)).promote


def test_force_does_not_make_a_worse_model_of_the_same_target_better() -> None:
    assert not verdict(compare(0.01, 0.05), 0.69, CHAMPION, replace(RULES, force=True)).promote


def test_promote_false_stops_what_would_go_live_and_says_so() -> None:
    outcome = verdict(ALONE, 0.69, None, replace(RULES, promote=False))
    assert not outcome.promote
    assert outcome.reason.endswith("it would go live, but the input has promote: false.")
    assert "promote: false" not in verdict(ALONE, 0.2, None, replace(RULES, promote=False)).reason
