from math import isclose
from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wildrydes.evaluation import feature_moments
from wildrydes.evaluation.feature_moments import training_rows

features = st.floats(-1e6, 1e6)
rows_of = st.lists(st.tuples(st.integers(0, 1), st.tuples(features, features)), min_size=1, max_size=50)


@given(rows_of)
def test_mean_and_deviation_are_those_of_each_column(rows: list[tuple[int, tuple[float, float]]]) -> None:
    training = training_rows((label, list(values)) for label, values in rows)
    assert (training.rows, training.label_sum) == (len(rows), sum(label for label, _ in rows))
    assert training.label_mean == training.label_sum / training.rows
    for place in (0, 1):
        column = [values[place] for _, values in rows]
        assert isclose(training.features[place].mean, fmean(column), rel_tol=1e-9, abs_tol=1e-6)
        assert isclose(training.features[place].deviation, pstdev(column), rel_tol=1e-9, abs_tol=1e-6)


def test_batches_are_merged_without_loss_where_the_mean_dwarfs_the_deviation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feature_moments, "_BATCH", 7)
    rows = [(number % 2, [1e9 + number % 3]) for number in range(3000)]
    training = training_rows(rows)
    (only,) = training.features
    assert isclose(only.mean, 1e9 + 1, rel_tol=1e-15)
    assert isclose(only.deviation, (2 / 3) ** 0.5, rel_tol=1e-7)
    assert (training.rows, training.label_sum) == (3000, 1500)
