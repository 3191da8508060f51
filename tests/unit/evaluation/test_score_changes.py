"""How much answers change, and for whom."""

import pytest

from wildrydes.evaluation.score_changes import Answers, Group, ScoreChanges, score_changes

BINARY = (0.5, 0.4)


def changes(
    *answers: tuple[tuple[float, ...], float, float], thresholds: tuple[float, float] | None = BINARY
) -> ScoreChanges:
    return score_changes(("distance", "TMAX")[: len(answers[0][0])], [Answers(*each) for each in answers], thresholds)


def test_a_label_flips_by_each_models_own_threshold() -> None:
    result = changes(((1.0,), 0.45, 0.45), ((1.0,), 0.6, 0.6), ((1.0,), 0.6, 0.39), ((1.0,), 0.1, 0.2))
    assert (result.rows, result.flipped) == (4, 0.5)
    assert result.mean_change == pytest.approx((-0.21 + 0.1) / 4)
    assert result.mean_absolute_change == pytest.approx((0.21 + 0.1) / 4)


def test_of_a_regression_no_label_flips() -> None:
    result = changes(((1.0,), 500.0, 510.0), ((2.0,), 500.0, 480.0), thresholds=None)
    assert (result.mean_change, result.mean_absolute_change, result.flipped) == (-5.0, 15.0, None)
    assert result.largest == Group("distance", 2.0, 2.0, 1, -20.0, 20.0, None)


def test_a_change_for_hot_days_alone_shows_in_the_hottest_quarter_alone() -> None:
    rows = [((float(n % 7), float(n)), 0.2, 0.9 if n >= 75 else 0.2) for n in range(100)]
    result = changes(*rows)
    by_heat = {group.low: group for group in result.groups if group.feature == "TMAX"}
    assert {low: round(group.mean_absolute_change, 3) for low, group in by_heat.items()} == {
        0: 0,
        25: 0,
        50: 0,
        75: 0.7,
    }
    assert result.largest == by_heat[75.0]
    assert (by_heat[75.0].high, by_heat[75.0].rows, by_heat[75.0].flipped) == (99.0, 25, 1.0)


def test_rows_of_one_value_are_never_parted() -> None:
    (group,) = changes(*[((0.0,), 0.5, 0.5)] * 9).groups
    assert (group.low, group.high, group.rows) == (0.0, 0.0, 9)
    ties = changes(*[((float(value),), 0.5, 0.5) for value in [0] * 60 + [1] * 5 + [2] * 35]).groups
    assert [(each.low, each.high, each.rows) for each in ties] == [(0.0, 0.0, 60), (1.0, 2.0, 40)]


def test_each_row_is_in_one_group_of_each_feature() -> None:
    for count in range(1, 12):
        groups = changes(*[((float(n * 7 % 5), float(-n)), 0.1, 0.2) for n in range(count)]).groups
        for feature in ("distance", "TMAX"):
            assert sum(group.rows for group in groups if group.feature == feature) == count
            assert len([group for group in groups if group.feature == feature]) <= 4
