from random import Random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wildrydes.evaluation import bootstrap
from wildrydes.evaluation.calibration import calibration_curve, calibration_error, decile_edges
from wildrydes.evaluation.classification import judge
from wildrydes.model.linear_model import logistic

Row = tuple[int, float]


@pytest.fixture(autouse=True)
def without_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error's interval is not what this is about, and takes most of the time."""
    monkeypatch.setattr(bootstrap, "REPLICATES", 2)


def rows_of(count: int, seed: int, stretch: float = 1.0) -> list[Row]:
    """Rows whose true margin is `stretch` times the one that is given."""
    draw = Random(seed)
    margins = [draw.gauss(0, 1.2) for _ in range(count)]
    return [(int(draw.random() < logistic(stretch * margin)), margin) for margin in margins]


def error_of(rows: list[Row]) -> float:
    return judge(((label, (margin,)) for label, margin in rows), [0.5]).candidate.calibration_error


def uncorrected(rows: list[Row]) -> float:
    """The textbook's: ten groups of equal size, the mean of their gaps."""
    by_margin = sorted(rows, key=lambda row: row[1])
    groups = [by_margin[group * len(by_margin) // 10 : (group + 1) * len(by_margin) // 10] for group in range(10)]
    return sum(abs(sum(logistic(margin) - label for label, margin in group)) for group in groups) / len(rows)


def test_many_rows_need_no_correction() -> None:
    rows = rows_of(60_000, 1, stretch=2.0)
    assert error_of(rows) == pytest.approx(uncorrected(rows), abs=1e-6)
    assert error_of(rows) > 0.1
    assert error_of(rows_of(60_000, 1)) < 0.005


def test_few_rows_of_a_calibrated_model_are_not_taken_for_an_error() -> None:
    samples = [rows_of(498, seed) for seed in range(60)]
    assert fmean(map(uncorrected, samples)) > 0.045
    assert fmean(map(error_of, samples)) < 0.035
    assert sum(error_of(rows) > 0.05 for rows in samples) < sum(uncorrected(rows) > 0.05 for rows in samples) / 2


def test_few_rows_of_a_model_that_is_off_are_still_told() -> None:
    assert min(error_of(rows_of(498, seed, stretch=4.0)) for seed in range(20)) > 0.1


@given(st.lists(st.tuples(st.integers(0, 1), st.floats(-8, 8)), min_size=1, max_size=60))
def test_the_curve_has_every_row_once_and_the_gaps_of_its_groups(rows: list[Row]) -> None:
    metrics = judge(((label, (margin,)) for label, margin in rows), [0.5]).candidate
    assert sum(point.rows for point in metrics.calibration) == len(rows)
    assert len(metrics.calibration) <= 10
    predicted = sum(point.rows * point.predicted for point in metrics.calibration)
    assert predicted == pytest.approx(sum(logistic(margin) for _, margin in rows))
    assert sum(point.rows * point.observed for point in metrics.calibration) == pytest.approx(sum(y for y, _ in rows))
    gaps = sum(point.rows * abs(point.predicted - point.observed) for point in metrics.calibration) / len(rows)
    assert 0 <= metrics.calibration_error <= gaps + 1e-12


def test_a_group_of_one_class_has_no_chance_to_be_freed_of() -> None:
    # Two groups: 0.1 above none of 50, 0.3 below all of 50.
    sums = [5.0, 0.0, 50.0, -15.0, 50.0, 50.0]
    assert calibration_error(sums) == pytest.approx(0.2)
    assert [(point.rows, point.predicted, point.observed) for point in calibration_curve(sums)] == [
        (50, pytest.approx(0.1), 0.0),
        (50, pytest.approx(0.7), 1.0),
    ]


def test_deciles_are_of_equal_size() -> None:
    assert decile_edges(range(100)) == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert decile_edges([1.5]) == [1.5] * 9
