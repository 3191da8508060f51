import tracemalloc
from itertools import product
from math import exp, inf, log, nan
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wildrydes.errors import BadModel
from wildrydes.evaluation import bootstrap, classification
from wildrydes.evaluation.classification import constant_log_loss, judge
from wildrydes.evaluation.classifier_metrics import ClassifierMetrics, Confusion
from wildrydes.evaluation.feature_moments import TrainingRows
from wildrydes.model.linear_model import logistic

ties = st.sampled_from([-2.0, -0.5, 0.0, 0.5, 2.0])
margins = ties | st.floats(-20, 20)
rows_of = st.lists(st.tuples(st.integers(0, 1), margins), min_size=1, max_size=40)


def alone(rows: list[tuple[int, float]], threshold: float = 0.5) -> ClassifierMetrics:
    return judge(((label, (margin,)) for label, margin in rows), [threshold]).candidate


def auc_by_pairs(rows: list[tuple[int, float]]) -> float | None:
    pairs = list(product([m for label, m in rows if label], [m for label, m in rows if not label]))
    return sum((p > n) + (p == n) / 2 for p, n in pairs) / len(pairs) if pairs else None


def noisy(count: int, seed: int) -> list[tuple[int, float]]:
    draw = Random(seed)
    margins = [draw.gauss(0, 1.5) for _ in range(count)]
    return [(int(draw.random() < logistic(margin)), margin) for margin in margins]


@given(rows_of, st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]))
def test_metrics_are_those_of_their_definitions(rows: list[tuple[int, float]], threshold: float) -> None:
    values = alone(rows, threshold)
    answers = [(label, int(logistic(margin) >= threshold)) for label, margin in rows]
    hits, false, misses = (answers.count(pair) for pair in ((1, 1), (0, 1), (1, 0)))
    assert values.confusion == Confusion(hits, false, answers.count((0, 0)), misses)
    assert values.accuracy == sum(label == answer for label, answer in answers) / len(rows)
    assert values.precision == (hits / (hits + false) if hits + false else None)
    assert values.recall == (hits / (hits + misses) if hits + misses else None)
    assert values.f1 == (2 * hits / (2 * hits + false + misses) if hits + false + misses else None)
    assert values.auc == (pytest.approx(auc_by_pairs(rows)) if auc_by_pairs(rows) is not None else None)
    losses = [-log(logistic(margin if label else -margin)) for label, margin in rows]
    assert values.log_loss == pytest.approx(sum(losses) / len(rows), rel=1e-7)
    assert (values.rows, values.threshold, values.not_finite) == (len(rows), threshold, 0)


@pytest.mark.proof
@given(rows_of, rows_of)
def test_a_difference_is_that_of_the_two_models_on_the_same_rows(
    rows: list[tuple[int, float]], others: list[tuple[int, float]]
) -> None:
    both = [(label, (margin, other)) for (label, margin), (_, other) in zip(rows, others, strict=False)]
    judgement = judge(iter(both), [0.5, 0.3])
    one, two = (alone([(label, pair[place]) for label, pair in both], t) for place, t in ((0, 0.5), (1, 0.3)))
    assert (judgement.candidate, judgement.champion) == (one, two)
    for name, difference in judgement.differences.items():
        assert difference.difference == pytest.approx(getattr(one, name) - getattr(two, name), abs=1e-12)
        assert difference.low <= difference.high
    assert {"log_loss", "accuracy", "calibration_error"} <= set(judgement.differences)


@given(st.integers(0, 50), st.integers(20, 60), st.integers(2, 12))
def test_more_rows_than_are_kept_have_an_auc_within_its_stated_error(seed: int, exact_rows: int, bands: int) -> None:
    rows = noisy(300, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classification, "RANKED_ROWS", exact_rows)
        patch.setattr(classification, "RANK_BANDS", bands)
        # The intervals are not what this is about, and take most of the time.
        patch.setattr(bootstrap, "REPLICATES", 2)
        banded = alone(rows)
        patch.setattr(classification, "RANKED_ROWS", len(rows))
        exact = alone(rows)
    assert exact.auc is not None
    assert exact.auc_error == 0
    assert banded.auc == pytest.approx(exact.auc, abs=banded.auc_error + 1e-12)
    assert 0 < banded.auc_error <= 0.5
    # All else is counted row by row, whatever is kept.
    assert (banded.confusion, banded.log_loss, banded.rows) == (exact.confusion, exact.log_loss, 300)


@pytest.mark.proof
def test_memory_does_not_grow_with_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classification, "RANKED_ROWS", 300)
    monkeypatch.setattr(bootstrap, "REPLICATES", 2)

    def peak(count: int) -> int:
        tracemalloc.start()
        judge(((number % 2, (number % 997 / 100, number % 991 / 100)) for number in range(count)), [0.5, 0.5])
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    # By then each of the thousand groups has a row.
    assert peak(3_000) < peak(1_200) + 20_000


def test_rows_that_are_all_kept_have_no_error_and_ties_that_count_half() -> None:
    assert alone([(0, 1.0), (1, 2.0), (0, 3.0)]).auc_error == 0
    tied = alone([(0, 1.0), (1, 1.0), (1, 3.0)])
    assert (tied.auc, tied.auc_error) == (0.75, 0)


def test_roc_goes_from_corner_to_corner_in_bounded_steps_and_encloses_the_auc() -> None:
    values = alone(noisy(3000, 1))
    ends = (values.roc[0], values.roc[-1])
    assert [(point.false_positives, point.true_positives) for point in ends] == [(0, 0), (1, 1)]
    assert 50 < len(values.roc) <= 102
    assert all(a.threshold >= b.threshold for a, b in zip(values.roc, values.roc[1:], strict=False))
    area = sum(
        (b.false_positives - a.false_positives) * (a.true_positives + b.true_positives) / 2
        for a, b in zip(values.roc, values.roc[1:], strict=False)
    )
    assert area == pytest.approx(values.auc, abs=0.002)
    middle = values.roc[len(values.roc) // 2]
    over = [label for label, margin in noisy(3000, 1) if logistic(margin) >= middle.threshold]
    assert sum(over) / (values.confusion.true_positives + values.confusion.false_negatives) == middle.true_positives


def test_a_certain_mistake_costs_its_margin_and_not_infinity() -> None:
    assert alone([(0, 1000.0)]).log_loss == 1000.0
    assert alone([(1, 1000.0)]).log_loss == 0.0


def test_what_cannot_be_known_of_one_class_is_null_in_json() -> None:
    fields: dict[str, Any] = alone([(0, -1.0), (0, -2.0)]).to_json()
    assert {fields[name] for name in ("auc", "precision", "recall", "f1")} == {None}
    assert fields["accuracy"] == 1.0
    assert fields["confusion"]["true_negatives"] == 2
    assert fields["roc"] == ()


def test_predictions_that_are_not_finite_are_counted_and_in_no_other_number() -> None:
    rows = [(1, (2.0, 1.0)), (0, (nan, 1.0)), (0, (-inf, inf)), (0, (-1.0, 0.0))]
    judgement = judge(iter(rows), [0.5, 0.5])
    assert judgement.champion is not None
    assert (judgement.candidate.not_finite, judgement.champion.not_finite) == (2, 1)
    assert (judgement.candidate.rows, judgement.champion.rows) == (2, 2)
    assert judgement.candidate.log_loss == pytest.approx((log(1 + exp(-2)) + log(1 + exp(-1))) / 2)
    with pytest.raises(BadModel, match="of no row"):
        judge([(1, (nan,))], [0.5])


def test_the_constant_prediction_has_the_entropy_of_its_share_when_the_test_split_has_it_too() -> None:
    values = alone([(1, 0.0)] * 3 + [(0, 0.0)] * 7)
    assert constant_log_loss(TrainingRows(10, 3, ()), values) == pytest.approx(-0.3 * log(0.3) - 0.7 * log(0.7))
    assert constant_log_loss(TrainingRows(2, 1, ()), values) == pytest.approx(log(2))
