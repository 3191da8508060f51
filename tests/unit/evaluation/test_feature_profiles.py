"""The profile of a feature: quantiles and bins of a sample, counts of all rows."""

from random import Random

import pytest

from wildrydes.evaluation import feature_profiles
from wildrydes.evaluation.feature_profiles import BINS, FeatureProfile, Profiler, feed


def profiles(rows: list[list[float]], features: tuple[str, ...] = ("distance",)) -> tuple[FeatureProfile, ...]:
    profiler = Profiler(features)
    for row in rows:
        profiler.add(row)
    return profiler.finish()


def test_many_values_are_in_bins_of_a_fiftieth() -> None:
    (profile,) = profiles([[float(value)] for value in range(1000)])
    assert len(profile.histogram.counts) == BINS
    assert set(profile.histogram.counts) == {20}
    assert (profile.quantiles[0], profile.quantiles[50], profile.quantiles[100]) == (0.0, 499.0, 999.0)
    assert (profile.missing, profile.independent_rows) == (0, 1000.0)


def test_few_values_have_a_bin_each_and_one_has_all_rows() -> None:
    few, one = profiles([[float(value % 3), 7.0] for value in range(9)], ("quantity", "weight"))
    assert (few.histogram.edges, few.histogram.counts) == ((1.0, 2.0), (3, 3, 3))
    assert (one.histogram.edges, one.histogram.counts) == ((), (9,))


def test_a_value_that_half_of_the_rows_have_is_one_bin() -> None:
    chance = Random(3)
    (profile,) = profiles([[0.0] if chance.random() < 0.6 else [chance.random()] for _ in range(2000)])
    assert profile.histogram.counts[0] > 1000
    assert sum(profile.histogram.counts) == 2000
    assert list(profile.histogram.edges) == sorted(set(profile.histogram.edges))


def test_rows_beyond_the_sample_are_counted_by_its_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feature_profiles, "SAMPLE_ROWS", 100)
    (profile,) = profiles([[float(value)] for value in (*range(100), *range(200, 300), -5)])
    assert profile.quantiles[100] == 99.0
    assert sum(profile.histogram.counts) == 201
    assert (profile.histogram.counts[0], profile.histogram.counts[-1]) == (3, 102)
    assert profile.independent_rows == 100


def test_rows_are_passed_on_as_they_are() -> None:
    profiler = Profiler(("distance",))
    assert list(feed([(1, [2.0]), (0, [3.0])], profiler)) == [(1, [2.0]), (0, [3.0])]
    assert sum(profiler.finish()[0].histogram.counts) == 2
    assert profiles([]) == ()
