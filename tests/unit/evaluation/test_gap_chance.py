from itertools import product
from math import prod
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildrydes.evaluation import gap_chance
from wildrydes.evaluation.calibration import TOLERABLE_GAP
from wildrydes.evaluation.classification import judge
from wildrydes.evaluation.gap_chance import chance_of_gap, largest_chance
from wildrydes.model.linear_model import logistic

certain = st.sampled_from([0.0, 0.5, 1.0])
deciles_of = st.lists(st.lists(certain | st.floats(0, 1), max_size=4), min_size=1, max_size=3)


def gaps(deciles: list[list[float]]) -> list[tuple[float, float]]:
    """Of each choice of labels its probability and its largest cumulative gap."""
    flat = [positive for decile in deciles for positive in decile]
    outcomes = []
    for labels in product((0, 1), repeat=len(flat)):
        chance = prod(p if label else 1 - p for p, label in zip(flat, labels, strict=True))
        ends = [sum(len(decile) for decile in deciles[: count + 1]) for count in range(len(deciles))]
        outcomes.append((chance, max(abs(sum(flat[:end]) - sum(labels[:end])) for end in ends)))
    return outcomes


@given(deciles_of, st.floats(0, 4))
@settings(max_examples=60)
def test_the_chance_is_that_of_all_labels_together(deciles: list[list[float]], gap: float) -> None:
    expected = sum(chance for chance, each in gaps(deciles) if each >= gap - 1e-9)
    assert chance_of_gap(gap, deciles) == pytest.approx(expected, abs=1e-9)


@given(deciles_of)
@settings(max_examples=40)
def test_of_calibrated_models_no_more_than_a_share_has_a_chance_as_small_as_that(deciles: list[list[float]]) -> None:
    outcomes = [(chance, chance_of_gap(gap, deciles)) for chance, gap in gaps(deciles)]
    for share in (0.025, 0.1, 0.5):
        assert sum(chance for chance, of_gap in outcomes if of_gap <= share) <= share + 1e-9


@pytest.mark.parametrize("rows", [20, 300, 2000])
def test_the_bound_is_above_the_exact_chance(rows: int) -> None:
    draw = Random(rows)
    scores = sorted(draw.random() for _ in range(rows))
    deciles = [scores[tenth * rows // 10 : (tenth + 1) * rows // 10] for tenth in range(10)]
    for gap in (0.5, rows**0.5 / 2, rows**0.5):
        assert 0 < chance_of_gap(gap, deciles) <= largest_chance(gap, rows)


def test_the_chance_is_computed_where_its_bound_does_not_say_enough() -> None:
    assert gap_chance.is_exact(10.0, 100)
    assert not gap_chance.is_exact(30.0, 100)
    assert not gap_chance.is_exact(10.0, gap_chance.EXACT_CHANCE_ROWS + 1)


def test_what_a_model_calls_impossible_has_no_chance() -> None:
    assert chance_of_gap(1.0, [[0.0] * 20]) == 0
    assert chance_of_gap(1.0, [[], [1.0] * 20]) == 0
    assert chance_of_gap(0.0, [[0.0, 1.0]]) == 1
    assert chance_of_gap(1.9, [[1e-6] * 50]) == pytest.approx(50 * 49 / 2 * 1e-12, rel=1e-3)


def test_the_rows_of_a_model_are_looked_at_by_decile_with_their_ties() -> None:
    draw = Random(3)
    margins = [draw.choice([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0]) for _ in range(60)]
    rows = [(int(draw.random() < logistic(2 * margin)), margin) for margin in margins]
    candidate = judge(((label, (margin,)) for label, margin in rows), [0.5]).candidate
    ends = [sum(point.rows for point in candidate.calibration[: count + 1]) for count in range(10)]
    scores = sorted(map(logistic, margins))
    deciles = [scores[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    labels = [label for label, _ in sorted(rows, key=lambda row: row[1])]
    gap = max(abs(sum(scores[:end]) - sum(labels[:end])) for end in ends)
    assert candidate.calibration_gap == pytest.approx(gap / 60)
    assert candidate.calibration_chance == pytest.approx(chance_of_gap(gap - 60 * TOLERABLE_GAP, deciles))
    assert 0 < candidate.calibration_chance < 1


def test_the_same_rows_have_the_same_chance_and_many_rows_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = Random(5)
    margins = [draw.gauss(0, 1) for _ in range(500)]
    rows = [(int(draw.random() < logistic(margin) + 0.06), (margin,)) for margin in margins]
    exact, again = judge(rows, [0.5]).candidate, judge(rows, [0.5]).candidate
    assert exact == again
    monkeypatch.setattr(gap_chance, "EXACT_CHANCE_ROWS", 499)
    many = judge(rows, [0.5]).candidate
    assert many.calibration_gap == exact.calibration_gap
    beyond = (many.calibration_gap - TOLERABLE_GAP) * 500
    assert many.calibration_chance == pytest.approx(largest_chance(beyond, 500))
    assert many.calibration_chance > exact.calibration_chance > 1e-6


def test_a_tolerable_gap_is_never_a_fault() -> None:
    rows = [(number % 2, (0.09,)) for number in range(100)]
    candidate = judge(rows, [0.5]).candidate
    assert candidate.calibration_gap == pytest.approx(logistic(0.09) - 0.5)
    assert candidate.calibration_chance == 1
