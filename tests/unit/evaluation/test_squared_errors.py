from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wildrydes.evaluation.bias import largest_chance
from wildrydes.evaluation.error_budget import ERROR_BUDGET, level
from wildrydes.evaluation.squared_errors import ErrorDifference, PairedErrors

numbers = st.sampled_from([-1.0, 0.0, 1.0]) | st.floats(-1e3, 1e3)
rows_of = st.lists(st.tuples(numbers, st.tuples(numbers, numbers)), min_size=1, max_size=30)


def errors(rows: list[tuple[float, tuple[float, float]]]) -> ErrorDifference:
    paired = PairedErrors()
    for label, pair in rows:
        paired.add(label, pair, [(prediction - label) ** 2 for prediction in pair])
    return paired.sums


@given(rows_of)
@settings(max_examples=60)
def test_the_sums_are_those_of_their_definitions(rows: list[tuple[float, tuple[float, float]]]) -> None:
    sums = errors(rows)
    label, one, other = (np.array(column) for column in zip(*((y, a, b) for y, (a, b) in rows), strict=True))
    difference = (one - label) ** 2 - (other - label) ** 2
    assert sums.rows == len(rows)
    assert sums.total == pytest.approx(difference.sum(), rel=1e-6, abs=1e-6)
    assert sums.squares == pytest.approx((difference**2).sum(), rel=1e-6, abs=1e-6)
    assert sums.cubes == pytest.approx((np.abs(difference) ** 3).sum(), rel=1e-6, abs=1e-6)
    rmse = [float(np.sqrt(np.mean((each - label) ** 2))) for each in (one, other)]
    assert sums.mean == pytest.approx(rmse[0] - rmse[1], rel=1e-6, abs=1e-6)


def test_on_many_rows_the_interval_is_the_normal_one_of_a_paired_difference() -> None:
    draw = np.random.default_rng(1)
    truth = draw.normal(0, 1, 20_000)
    label, one, other = (truth + draw.normal(0, deviation, 20_000) for deviation in (0.5, 0.3, 0.4))
    difference = (one - label) ** 2 - (other - label) ** 2
    both = float(np.sqrt(np.mean((one - label) ** 2)) + np.sqrt(np.mean((other - label) ** 2)))
    half = 1.959964 * difference.std(ddof=1) / 20_000**0.5
    interval = errors(list(zip(label.tolist(), zip(one.tolist(), other.tolist(), strict=True), strict=True))).interval(
        0.025
    )
    assert interval.low * both == pytest.approx(difference.mean() - half, rel=0.03)
    assert interval.high * both == pytest.approx(difference.mean() + half, rel=0.03)
    assert interval.high < 0


@pytest.mark.parametrize("count", [4, 6, 9, 12])
@pytest.mark.parametrize("at", [ERROR_BUDGET, level(1), level(2), level(3)])
def test_equal_models_that_differ_on_few_rows_are_told_apart_no_more_often_than_allowed(count: int, at: float) -> None:
    """Of 500 rows `count` differ, each by as much: every outcome of the coins that say which model is better."""
    wrong = 0
    for sides in product((-1.0, 1.0), repeat=count):
        # A label of ±1 between predictions of -0.5 and 0.5 makes one of them better by 2.
        sums = errors([(side, (0.5, -0.5)) for side in sides] + [(0.0, (1.0, 1.0))] * (500 - count))
        wrong += sums.interval(at).high < 0
    assert wrong / 2**count <= at


def test_a_model_that_met_none_of_what_would_cost_it_dearly_is_not_surely_better_by_ten_rows() -> None:
    sums = errors([(0.0, (0.1, 1.0))] * 7 + [(0.0, (2.0, 2.0))] * 493)
    assert sums.mean < 0
    assert sums.interval(level(1)).high > 0


def test_the_same_errors_leave_nothing_to_doubt() -> None:
    interval = errors([(1.0, (0.5, 0.5)), (0.0, (2.0, -2.0))]).interval(level(1))
    assert (interval.low, interval.high) == (0, 0)
    perfect = errors([(1.0, (1.0, 1.0))])
    assert (perfect.mean, perfect.differ) == (0, False)


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=9), st.floats(0.01, 30))
@settings(max_examples=40)
def test_the_largest_chance_is_never_below_that_of_the_signs_of_the_errors(sizes: list[float], gap: float) -> None:
    """Every outcome of the coins, the gap looked at after each row."""
    coins = np.array(list(product((-1.0, 1.0), repeat=len(sizes))))
    reached = np.abs((coins * sizes).cumsum(axis=1)).max(axis=1) >= gap
    assert reached.mean() <= largest_chance(gap, sum(size * size for size in sizes))
