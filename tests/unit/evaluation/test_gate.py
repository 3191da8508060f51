from dataclasses import replace

import pytest

from wildrydes.evaluation import gate
from wildrydes.evaluation.classifier_metrics import ClassifierMetrics, Confusion
from wildrydes.evaluation.error_budget import level
from wildrydes.evaluation.gate import Champion, Comparison, Rules, Verdict
from wildrydes.evaluation.histogram import Histogram
from wildrydes.evaluation.judgement import AnyJudgement, Difference, Judgement
from wildrydes.evaluation.loss_difference import LossDifference
from wildrydes.evaluation.score_changes import Answers, ScoreChanges, score_changes

RULES = Rules(min_improvement=0.0, promote=True, force=False)
GOOD = ClassifierMetrics(
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
    calibration_gap=0.05,
    calibration_chance=0.3,
    confusion=Confusion(200, 50, 200, 50),
    roc=(),
    calibration=(),
    histogram=Histogram((), ()),
)
ONE_CLASS = replace(GOOD, auc=None, recall=None, confusion=Confusion(0, 0, 500, 0))
ALONE = Judgement(GOOD, None, {})
CHAMPION = Champion("last-week")


def compare(low: float, high: float, candidate: ClassifierMetrics = GOOD, auc: float | None = 0.9) -> AnyJudgement:
    middle = (low + high) / 2
    champion = replace(GOOD, log_loss=0.3 - middle, auc=auc)
    return Judgement(candidate, champion, {"log_loss": Difference(middle, low, high)})


def verdict(
    judgement: AnyJudgement, constant: float, champion: Champion | None, rules: Rules, number: int = 1
) -> Verdict:
    """The verdict, the interval being the one that the judgement has for the log loss."""
    comparison = None
    if champion and judgement.champion:
        apart = judgement.differences["log_loss"]
        comparison = Comparison(number, level(number), apart.difference, apart.low, apart.high)
    return gate.verdict(judgement, constant, champion, comparison, rules)


def test_the_first_model_has_to_beat_the_constant_prediction() -> None:
    assert verdict(ALONE, 0.69, None, RULES).reason == (
        "There is no champion, and log loss 0.3000 is below the 0.6900 of a constant prediction; "
        "AUC 0.9000, calibration gap 0.0500 (above the tolerated 0.025, but 30% of well-calibrated models would be "
        "this far off by chance, so it does not count), 500 test rows."
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
        (0.01, 0.05, 0.0, False),
    ],
)
def test_a_better_model_is_better_by_its_whole_interval(
    low: float, high: float, min_improvement: float, promoted: bool
) -> None:
    outcome = verdict(compare(low, high), 0.69, CHAMPION, replace(RULES, min_improvement=min_improvement))
    assert outcome.promote == promoted
    assert f"97.5% interval {low:+.4f} to {high:+.4f} (comparison 1 with this champion: " in outcome.reason
    assert ("not certainly below" in outcome.reason) != promoted
    assert "last-week" in outcome.reason


def test_an_equal_model_is_no_better_and_said_to_be_equal() -> None:
    outcome = verdict(compare(0.0, 0.0), 0.69, CHAMPION, RULES)
    assert not outcome.promote
    assert outcome.reason.startswith(
        "Log loss 0.3000 is that of the champion last-week: both models say the same of every test row; AUC "
    )


def test_a_live_model_is_what_counts_and_not_the_constant_prediction() -> None:
    assert verdict(compare(-0.05, -0.01), 0.1, CHAMPION, RULES).promote


@pytest.mark.parametrize(
    ("judgement", "fault"),
    [
        (
            compare(-0.05, -0.01, replace(GOOD, calibration_gap=0.091, calibration_chance=0.025)),
            "the calibration gap of 0.0910 is above the tolerated 0.025, and only 2.5% of well-calibrated models "
            "would be this far off by chance",
        ),
        (compare(-0.05, -0.01, replace(GOOD, not_finite=3)), "3 predictions are not finite"),
        (compare(-0.05, -0.01, auc=0.9051), "the AUC is lower by more than 0.005"),
        (compare(-0.05, -0.01, ONE_CLASS, None), "the label 1 has 0 of the 10 test rows that the gate needs"),
        (
            compare(-0.05, -0.01, replace(GOOD, confusion=Confusion(9, 1, 8, 0))),
            "the label 0 has 9 of the 10 test rows that the gate needs and the label 1 has 9 of the 10",
        ),
        (Judgement(ONE_CLASS, None, {}), "the label 1 has 0 of the 10 test rows that the gate needs"),
        (
            Judgement(replace(GOOD, calibration_gap=0.2, calibration_chance=1e-7), None, {}),
            "the calibration gap of 0.2000 is above the tolerated 0.025, and only less than 0.01% of "
            "well-calibrated models would be this far off by chance",
        ),
    ],
)
def test_a_guard_that_fails_keeps_a_better_model_back(judgement: AnyJudgement, fault: str) -> None:
    outcome = verdict(judgement, 0.69, CHAMPION if judgement.champion else None, RULES)
    assert not outcome.promote
    assert f", but {fault}" in outcome.reason
    # And force is no way around it.
    assert not verdict(judgement, 0.69, CHAMPION if judgement.champion else None, replace(RULES, force=True)).promote


def test_a_calibration_gap_that_chance_explains_holds_nothing_back() -> None:
    candidate = replace(GOOD, calibration_gap=0.3, calibration_chance=0.0251)
    assert verdict(compare(-0.05, -0.01, candidate), 0.69, CHAMPION, RULES).promote


def test_ten_rows_of_each_label_are_enough() -> None:
    candidate = replace(GOOD, confusion=Confusion(9, 1, 9, 1))
    assert verdict(compare(-0.05, -0.01, candidate), 0.69, CHAMPION, RULES).promote
    assert verdict(Judgement(candidate, None, {}), 0.69, None, RULES).promote


def test_the_auc_of_one_class_is_said_to_be_unknown() -> None:
    outcome = verdict(Judgement(ONE_CLASS, None, {}), 0.69, None, RULES)
    assert "AUC unknown" in outcome.reason
    assert not verdict(Judgement(ONE_CLASS, None, {}), 0.69, None, replace(RULES, force=True)).promote


def test_a_later_comparison_has_to_be_surer_and_says_so() -> None:
    losses = LossDifference(rows=500, total=-10.0, squares=20.0, even=15.0, steps=6.0)
    first, third = gate.compare(losses, 1), gate.compare(losses, 3)
    assert (first.level, third.level) == (0.0125, 0.025 / 12)
    assert first.difference == third.difference == -0.02
    assert third.low < first.low < -0.02 < first.high < third.high
    reason = verdict(compare(-0.05, -0.01), 0.69, CHAMPION, RULES, number=3).reason
    assert "99.5833% interval -0.0500 to -0.0100" in reason
    assert "(comparison 3 with this champion: false with a probability of at most 0.208%)" in reason


def test_a_comparison_that_cannot_promote_spends_nothing() -> None:
    losses = LossDifference(rows=500, total=-10.0, squares=20.0, even=15.0, steps=6.0)
    judgement = replace(compare(-0.05, -0.01), losses=losses)
    assert gate.decides(judgement)
    assert not gate.decides(replace(judgement, losses=replace(losses, total=0, squares=0, even=0, steps=0)))
    assert not gate.decides(replace(judgement, candidate=ONE_CLASS))
    assert not gate.decides(ALONE)


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


def test_an_equal_model_moves_between_function_and_endpoint_by_force_alone() -> None:
    moved = replace(RULES, serving="endpoint", force=True)
    outcome = verdict(compare(0.0, 0.0), 0.69, CHAMPION, moved)
    assert outcome.promote
    assert (
        "; the input has force: true and serving: endpoint, where the champion has lambda, and the candidate is not "
        "certainly worse; AUC" in outcome.reason
    )
    back = replace(CHAMPION, serving="endpoint")
    assert verdict(compare(-0.01, 0.01), 0.69, back, replace(RULES, force=True)).promote
    # A worse one does not, nor an equal one without force or to where the champion is, nor one that a guard holds back.
    assert not verdict(compare(0.01, 0.05), 0.69, CHAMPION, moved).promote
    assert not verdict(compare(0.0, 0.0), 0.69, CHAMPION, replace(moved, force=False)).promote
    assert not verdict(compare(0.0, 0.0), 0.69, back, moved).promote
    assert not verdict(compare(0.0, 0.0, replace(GOOD, not_finite=3)), 0.69, CHAMPION, moved).promote


def test_an_endpoint_gets_no_model_of_other_features_even_by_force() -> None:
    other = Champion("last-week", "is of the features distance", "endpoint")
    outcome = verdict(ALONE, 0.69, other, replace(RULES, force=True, serving="endpoint"))
    assert not outcome.promote
    assert "retrain with serving: lambda and force: true, which deletes it, and then with serving: endpoint" in (
        outcome.reason
    )
    assert verdict(ALONE, 0.69, other, replace(RULES, force=True)).promote
    assert verdict(
        ALONE, 0.69, replace(other, serving="lambda"), replace(RULES, force=True, serving="endpoint")
    ).promote


def test_promote_false_stops_what_would_go_live_and_says_so() -> None:
    outcome = verdict(ALONE, 0.69, None, replace(RULES, promote=False))
    assert not outcome.promote
    assert outcome.reason.endswith("it would go live, but the input has promote: false.")
    assert "promote: false" not in verdict(ALONE, 0.2, None, replace(RULES, promote=False)).reason


CHANGES = score_changes(("TMAX",), [Answers((float(n),), 0.5, 0.5 + n / 100) for n in range(20)], (0.5, 0.5))
"""The answers to the warmest five rows change by 0.17 on average, all by 0.095."""


@pytest.mark.parametrize(
    ("bound", "changes", "force", "fault"),
    [
        (None, CHANGES, False, ""),
        (0.18, CHANGES, False, ""),
        (
            0.1,
            CHANGES,
            True,
            "its answers to 5 captured rows with TMAX from 15 to 19 differ from the champion's by 0.17 on average, "
            "more than max_score_change 0.1",
        ),
        (0.1, None, False, "no captured request tells whether answers change by more than max_score_change 0.1"),
        (0.1, None, True, ""),
    ],
)
def test_a_bound_on_the_change_of_answers_holds_back_what_changes_more(
    bound: float | None, changes: ScoreChanges | None, force: bool, fault: str
) -> None:
    apart = compare(-0.3, -0.1)
    comparison = Comparison(1, level(1), -0.2, -0.3, -0.1)
    rules = replace(RULES, max_score_change=bound, force=force)
    outcome = gate.verdict(apart, 0.69, CHAMPION, comparison, rules, changes)
    assert outcome.promote is not bool(fault)
    assert fault in outcome.reason
    shown = [(each.passes, each.value, each.bound) for each in outcome.criteria if each.name == "score_change"]
    value = pytest.approx(0.17) if changes else None
    assert shown == ([] if bound is None else [(not fault, value, bound)])
    # The first model changes nobody's answers.
    assert gate.verdict(ALONE, 0.69, None, None, rules).promote


def _names(outcome: Verdict, *, passes: bool) -> list[str]:
    return [each.name for each in outcome.criteria if each.passes is passes]


def test_criteria_of_a_first_model_have_the_numbers_that_decided() -> None:
    criteria = verdict(ALONE, 0.69, None, RULES).to_json()["criteria"]
    assert [(each["name"], each["value"], each["bound"]) for each in criteria] == [
        ("below_constant", 0.3, 0.69),
        ("rows_of_label_0", 250, 10),
        ("rows_of_label_1", 250, 10),
        ("finite_predictions", 0, 0),
        ("calibration_chance", 0.3, 0.025),
        ("promote", None, None),
    ]
    assert {(each["passes"], each["fault"]) for each in criteria} == {(True, None)}


def test_criteria_of_a_comparison_are_the_end_of_its_interval_and_the_auc() -> None:
    outcome = verdict(compare(-0.05, -0.01, auc=0.91), 0.69, CHAMPION, replace(RULES, min_improvement=0.02))
    by_name = {each["name"]: each for each in outcome.to_json()["criteria"]}
    assert (by_name["below_champion"]["value"], by_name["below_champion"]["bound"]) == (-0.01, -0.02)
    assert by_name["below_champion"]["fault"].startswith("Log loss 0.3000 is not certainly below the 0.3300")
    assert (by_name["auc"]["value"], by_name["auc"]["bound"]) == (0.9, pytest.approx(0.905))
    assert by_name["auc"]["fault"] == "the AUC is lower by more than 0.005"
    assert _names(outcome, passes=False) == ["below_champion", "auc"]


@pytest.mark.parametrize(
    ("outcome", "failures"),
    [
        (verdict(ALONE, 0.69, None, replace(RULES, promote=False)), ["promote"]),
        (verdict(ALONE, 0.2, None, replace(RULES, promote=False)), ["below_constant", "promote"]),
        (verdict(ALONE, 0.69, Champion("last-week", "cannot be read"), RULES), ["comparable"]),
        (verdict(compare(0.0, 0.0), 0.69, CHAMPION, RULES), ["below_champion"]),
        (verdict(compare(0.01, 0.05), 0.69, CHAMPION, replace(RULES, force=True, serving="endpoint")), [
            "not_worse_than_champion"
        ]),
        (verdict(compare(0.0, 0.0), 0.69, CHAMPION, replace(RULES, force=True, serving="endpoint")), []),
        (verdict(Judgement(ONE_CLASS, None, {}), 0.69, None, RULES), ["rows_of_label_1"]),
    ],
)  # fmt: skip
def test_model_goes_live_where_it_passes_all_criteria(outcome: Verdict, failures: list[str]) -> None:
    assert _names(outcome, passes=False) == failures
    assert outcome.promote is not bool(failures)


def test_numbers_that_are_not_finite_are_in_no_document() -> None:
    outcome = verdict(Judgement(replace(GOOD, log_loss=float("nan"), not_finite=500), None, {}), 0.69, None, RULES)
    assert _names(outcome, passes=False) == ["below_constant", "finite_predictions"]
    assert outcome.to_json()["criteria"][0]["value"] is None
