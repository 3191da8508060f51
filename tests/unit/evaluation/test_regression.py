import json
import tracemalloc
from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildrydes.errors import BadModel
from wildrydes.evaluation import bootstrap, error_tallies, regression
from wildrydes.evaluation.feature_moments import TrainingRows, training_rows
from wildrydes.evaluation.gate import Champion, Rules, compare, decides, verdict
from wildrydes.evaluation.judgement import Judgement
from wildrydes.evaluation.kinds import KINDS
from wildrydes.evaluation.regression import constant_rmse, judge
from wildrydes.evaluation.regressor_metrics import RegressorMetrics
from wildrydes.evaluation.split_rows import LARGEST_LABEL, NUMBERS, rows
from wildrydes.evaluation.squared_errors import ErrorDifference
from wildrydes.tasks import BINARY, REGRESSION

RULES = Rules(min_improvement=0.0, promote=True, force=False)
numbers = st.sampled_from([-2.0, 0.0, 2.0]) | st.floats(-1e4, 1e4)
rows_of = st.lists(st.tuples(numbers, st.tuples(numbers, numbers)), min_size=2, max_size=40)

Array = np.ndarray


def judge_predictions(labels: Array, *predictions: Array) -> Judgement[RegressorMetrics, ErrorDifference]:
    return judge(
        zip(labels.tolist(), zip(*(each.tolist() for each in predictions), strict=True), strict=True), len(predictions)
    )


def alone(labels: Array, predictions: Array) -> RegressorMetrics:
    return judge_predictions(labels, predictions).candidate


def drawn(rows: int, seed: int = 1) -> tuple[Array, Array]:
    """Labels, and predictions that explain three quarters of their variance."""
    draw = np.random.default_rng(seed)
    truth = draw.normal(1000, 300, rows)
    return truth + draw.normal(0, 150, rows), truth + draw.normal(0, 87, rows)


@given(rows_of)
@settings(max_examples=60)
def test_metrics_are_numpys(rows: list[tuple[float, tuple[float, float]]]) -> None:
    labels, predictions = np.array([label for label, _ in rows]), np.array([pair[0] for _, pair in rows])
    values = alone(labels, predictions)
    errors = predictions - labels
    assert values.rmse == pytest.approx(float(np.sqrt(np.mean(errors**2))), rel=1e-9, abs=1e-9)
    assert values.mae == pytest.approx(float(np.abs(errors).mean()), rel=1e-9)
    assert values.bias == pytest.approx(float(errors.mean()), rel=1e-9, abs=1e-9)
    assert (values.label_mean, values.label_deviation) == pytest.approx((labels.mean(), labels.std()), abs=1e-6)
    if values.r2 is not None and labels.std() > 1e-3:
        assert values.r2 == pytest.approx(
            1 - float((errors**2).sum() / ((labels - labels.mean()) ** 2).sum()), rel=1e-6
        )
    assert sum(values.residuals.counts) == sum(map(sum, values.grid.counts)) == values.rows == len(rows)


def test_groups_are_tenths_by_the_prediction_with_numpys_means_and_deviations() -> None:
    labels, predictions = drawn(1000)
    order = np.argsort(predictions)
    groups = alone(labels, predictions).groups
    assert [group.rows for group in groups] == [100] * 10
    for group, part in zip(groups, np.split(order, 10), strict=True):
        expected = predictions[part].mean(), labels[part].mean(), (labels - predictions)[part].std()
        assert (group.predicted, group.observed, group.deviation) == pytest.approx(expected)


def test_residuals_and_grid_are_numpys_histograms_with_the_outer_rows_in_the_outer_bins() -> None:
    labels, predictions = drawn(2000)
    values = alone(labels, predictions)
    residuals, grid = values.residuals, values.grid
    assert residuals.low == -residuals.high
    clipped = np.clip(labels - predictions, residuals.low, np.nextafter(residuals.high, 0))
    expected, _ = np.histogram(clipped, error_tallies.RESIDUAL_BINS, (residuals.low, residuals.high))
    assert list(residuals.counts) == expected.tolist()
    # One in a hundred is beyond.
    assert np.mean(np.abs(labels - predictions) > residuals.high) == pytest.approx(0.01, abs=0.001)
    inside = [np.clip(each, grid.low, np.nextafter(grid.high, 0)) for each in (labels, predictions)]
    cells, _, _ = np.histogram2d(*inside, bins=error_tallies.GRID_BINS, range=[(grid.low, grid.high)] * 2)
    assert np.array(grid.counts).tolist() == cells.astype(int).tolist()


def test_a_difference_is_that_of_the_two_models_and_its_interval_that_of_drawing_rows() -> None:
    labels, candidate = drawn(500)
    champion = candidate + np.random.default_rng(2).normal(0, 60, 500)
    judgement = judge_predictions(labels, candidate, champion)
    one, other = alone(labels, candidate), alone(labels, champion)
    assert judgement.candidate == one
    assert judgement.champion is not None
    assert judgement.champion.loss == other.rmse
    assert set(judgement.differences) == {"rmse", "mae", "r2", "bias"}
    draw = np.random.default_rng(3)
    places = draw.integers(0, 500, (2000, 500))
    replicates = {
        "mae": np.abs(candidate - labels)[places].mean(1) - np.abs(champion - labels)[places].mean(1),
        "rmse": np.sqrt(((candidate - labels) ** 2)[places].mean(1))
        - np.sqrt(((champion - labels) ** 2)[places].mean(1)),
    }
    for name, spread in replicates.items():
        difference = judgement.differences[name]
        assert difference.difference == pytest.approx(getattr(one, name) - getattr(other, name))
        low, high = np.quantile(spread, (0.025, 0.975))
        assert (difference.low, difference.high) == pytest.approx((low, high), abs=0.1 * (high - low))


def test_more_rows_than_are_kept_change_only_where_groups_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    labels, predictions = drawn(3000)
    exact = alone(labels, predictions)
    monkeypatch.setattr(regression, "SAMPLE_ROWS", 500)
    sampled = alone(labels, predictions)
    assert (sampled.rmse, sampled.mae, sampled.rows) == pytest.approx((exact.rmse, exact.mae, exact.rows))
    assert sampled.r2 == pytest.approx(exact.r2)
    assert all(150 < group.rows < 450 for group in sampled.groups)


def test_memory_does_not_grow_with_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regression, "SAMPLE_ROWS", 1000)
    monkeypatch.setattr(bootstrap, "REPLICATES", 2)

    def peak(count: int) -> int:
        tracemalloc.start()
        judge(((float(number % 83), (number % 97 / 1.1, number % 91 / 1.2)) for number in range(count)), 2)
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    assert peak(20_000) < peak(4_000) + 100_000


def test_predictions_that_are_not_finite_are_counted_and_in_no_other_number() -> None:
    judgement = judge([(1.0, (2.0, 1.0)), (5.0, (nan, 1.0)), (6.0, (-inf, 1e39)), (4.0, (4.0, 8.0))], 2)
    assert judgement.champion is not None
    assert (judgement.candidate.not_finite, judgement.champion.not_finite) == (2, 1)
    assert (judgement.candidate.rows, judgement.champion.rows) == (2, 2)
    assert judgement.candidate.loss == pytest.approx(0.5**0.5)
    with pytest.raises(BadModel, match="of no row"):
        judge([(1.0, (nan,))], 1)


def test_the_largest_numbers_leave_finite_ones_in_the_card() -> None:
    judgement = judge([(LARGEST_LABEL, (-LARGEST_LABEL, 0.0)), (0.0, (LARGEST_LABEL, 1.0))] * 20, 2)
    assert judgement.losses is not None
    interval = judgement.losses.interval(1e-6)
    json.dumps([judgement.candidate.to_json(), interval.low, interval.high], allow_nan=False)


def test_labels_that_are_large_and_nearly_the_same_leave_their_digits() -> None:
    labels = 1e9 + np.arange(1000) % 3
    values = alone(labels, labels + 0.5)
    assert values.label_deviation == pytest.approx(labels.std(), rel=1e-6)
    assert values.r2 == pytest.approx(1 - 0.25 / labels.var(), rel=1e-6)


def test_the_constant_prediction_is_the_mean_label_of_the_train_split() -> None:
    labels, predictions = drawn(400)
    training = training_rows((label, [0.0]) for label in (900.0, 950.0, 1150.0))
    expected = float(np.sqrt(np.mean((labels - 1000.0) ** 2)))
    assert constant_rmse(training, alone(labels, predictions)) == pytest.approx(expected)


def test_rows_have_any_finite_number_as_label() -> None:
    assert list(rows([b"-12.5,1\n3e38,2"], 1, "k", NUMBERS)) == [(-12.5, [1.0]), (3e38, [2.0])]
    for label in (b"nan", b"inf", b"4e38", b"x"):
        with pytest.raises(Exception, match=r"k, line 1: .* is no row of a finite number as label and finite numbers"):
            list(rows([label + b",1\n"], 1, "k", NUMBERS))


def test_a_first_model_has_to_beat_the_constant_prediction_and_says_its_numbers() -> None:
    labels, predictions = drawn(400)
    judgement = judge_predictions(labels, predictions)
    constant = constant_rmse(TrainingRows(1, 1000.0, ()), judgement.candidate)
    outcome = verdict(judgement, constant, None, None, RULES)
    assert outcome.promote
    assert outcome.reason.startswith(
        f"There is no champion, and RMSE {judgement.candidate.loss:.4f} is below the {constant:.4f}"
    )
    assert "R² 0." in outcome.reason
    assert "is tolerated), 400 test rows." in outcome.reason
    assert not verdict(judge_predictions(labels, np.full(400, 1000.0)), constant, None, None, RULES).promote


def test_a_better_model_is_promoted_by_its_whole_interval_and_one_as_good_is_not() -> None:
    labels, candidate = drawn(2000)
    champion = candidate + np.random.default_rng(2).normal(0, 60, 2000)
    for pair, promoted in (
        ((candidate, champion), True),
        ((champion, candidate), False),
        ((candidate, candidate), False),
    ):
        judgement = judge_predictions(labels, *pair)
        assert judgement.losses is not None
        comparison = compare(judgement.losses, 1)
        outcome = verdict(judgement, 0.0, Champion("last-week"), comparison, RULES)
        assert outcome.promote == promoted
        assert decides(judgement) == (pair[0] is not pair[1])
        assert outcome.reason.startswith(f"RMSE {judgement.candidate.loss:.4f} is ")
        # Of an equal model there is no interval to speak of.
        assert ("97.5% interval" if decides(judgement) else "both models say the same") in outcome.reason


def test_the_best_of_several_candidates_has_a_part_of_the_level() -> None:
    labels, candidate = drawn(2000)
    judgement = judge_predictions(labels, candidate, candidate + np.random.default_rng(2).normal(0, 60, 2000))
    assert judgement.losses is not None
    one, three = compare(judgement.losses, 1), compare(judgement.losses, 1, 3)
    assert (one.level, three.level, three.candidates) == (0.0125, 0.0125, 3)
    assert three.low < one.low < one.high < three.high
    assert three.high == judgement.losses.interval(0.0125 / 3).high
    reason = verdict(judgement, 0.0, Champion("last-week"), three, RULES).reason
    assert "99.1667% interval" in reason
    assert (
        "(comparison 1 with this champion and the best of 3 candidates: false with a probability of at most 1.25%)"
        in reason
    )


@pytest.mark.parametrize(("shift", "held_back"), [(0.0, False), (15.0, False), (60.0, True), (-60.0, True)])
def test_a_bias_that_chance_does_not_explain_holds_a_model_back(shift: float, held_back: bool) -> None:
    labels, predictions = drawn(2000)
    judgement = judge_predictions(labels, predictions + shift)
    outcome = verdict(judgement, 1e9, None, None, RULES)
    assert outcome.promote != held_back
    assert ("but the bias gap of" in outcome.reason) == held_back


@pytest.mark.parametrize(("chance", "models"), [(0.3, "up to 30% of unbiased models"), (1.0, "any unbiased model")])
def test_a_bias_gap_that_chance_explains_does_not_count(chance: float, models: str) -> None:
    metrics = judge_predictions(*drawn(400)).candidate
    assert isinstance(metrics, RegressorMetrics)
    far_off = replace(metrics, bias_gap=2 * metrics.tolerable_gap, bias_chance=chance)
    assert far_off.summary(None).endswith(f", but {models} could be this far off by chance, so it does not count)")


def test_a_bias_of_one_side_is_seen_though_the_mean_is_right() -> None:
    labels, predictions = drawn(4000)
    # Shrunk towards the mean, as boosting that ends early is.
    judgement = judge_predictions(labels, 1000 + 2 * (predictions - 1000))
    assert abs(alone(labels, 1000 + 2 * (predictions - 1000)).bias) < 15
    assert "but the bias gap of" in verdict(judgement, 1e9, None, None, RULES).reason


@pytest.mark.parametrize(
    ("labels", "missing"),
    [
        (np.arange(29.0), "there are 29 of the 30 test rows that the gate needs"),
        (np.full(50, 0.1), "all test rows have the same label"),
    ],
)
def test_too_few_rows_or_labels_promote_nothing_and_spend_nothing(labels: Array, missing: str) -> None:
    judgement = judge_predictions(labels, labels + 0.01, labels + 0.5)
    assert f"but {missing}" in verdict(judgement, 1e9, None, None, RULES).reason
    assert not decides(judgement)


def test_predictions_that_are_not_finite_hold_a_regressor_back() -> None:
    labels, predictions = drawn(400)
    predictions[3] = np.nan
    assert (
        "but 1 predictions are not finite"
        in verdict(judge_predictions(labels, predictions), 1e9, None, None, RULES).reason
    )


def test_an_answer_of_a_kind_has_its_margin() -> None:
    odds, number = KINDS[BINARY].margin, KINDS[REGRESSION].margin
    assert (odds(0.5), odds(0.0), odds(1.0), number(-3.5)) == (0.0, -inf, inf, -3.5)
    assert odds(0.2) == pytest.approx(np.log(0.25))
    with pytest.raises(ValueError, match="no probability"):
        odds(1.5)
