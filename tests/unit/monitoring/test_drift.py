"""PSI, distance, chances and quantiles next to Evidently's and SciPy's, as `make evidently` wrote them down."""

import json
from bisect import bisect_right
from collections.abc import Sequence
from math import log10
from pathlib import Path
from typing import Any

import pytest

from drift_cases import LATER_ROWS, QUANTILES, ROWS, SHARES, cases
from wildrydes.evaluation.feature_profiles import BinnedRows, Profiler
from wildrydes.monitoring.drift import chance_of_distance, compare, distance, psi
from wildrydes.monitoring.quality import quantile
from wildrydes.monitoring.shares import TOLERABLE_SHARE, chance_of_count, share_of

ANSWERS = json.loads(Path(__file__).with_name("evidently.answers.json").read_text(encoding="utf-8"))
CASES = {name: (then, now) for name, then, now in cases()}


def profile(values: Sequence[float]) -> BinnedRows:
    profiler = Profiler(("value",))
    for value in values:
        profiler.add([value])
    return profiler.finish()[0].histogram


def binned(name: str) -> tuple[Sequence[int], list[int], dict[str, Any]]:
    """Counts of a case, then and now, in the same bins, and what Evidently and SciPy said of it."""
    then, now = CASES[name]
    histogram = profile(then)
    counts = [0] * len(histogram.counts)
    for value in now:
        counts[bisect_right(histogram.edges, value)] += 1
    return histogram.counts, counts, ANSWERS["cases"][name]


def test_answers_are_there_for_every_case() -> None:
    assert list(ANSWERS["cases"]) == list(CASES)
    assert len(ANSWERS["shares"]) == len(SHARES)


@pytest.mark.parametrize("name", CASES)
def test_psi_of_the_same_bins_is_evidentlys(name: str) -> None:
    then, now, answers = binned(name)
    assert psi(then, now) == pytest.approx(answers["psi_of_bins"], rel=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_psi_in_tenths_says_what_evidentlys_own_bins_say(name: str) -> None:
    then, now, answers = binned(name)
    ours, theirs = compare(then, now, ROWS, LATER_ROWS).psi, answers["psi"]
    # 0.1 and 0.25 are the usual bounds of a small and a large shift.
    assert (ours > 0.1) == (theirs > 0.1)
    assert theirs / 2 - 0.03 < ours < 2 * theirs + 0.03


@pytest.mark.parametrize("name", CASES)
def test_distance_at_edges_is_scipys_statistic_or_a_fiftieth_less(name: str) -> None:
    then, now, answers = binned(name)
    assert answers["statistic"] - 0.02 - 1e-9 <= distance(then, now) <= answers["statistic"] + 1e-9


@pytest.mark.parametrize("name", CASES)
def test_chance_of_a_distance_is_scipys_and_evidentlys(name: str) -> None:
    _, _, answers = binned(name)
    ours = chance_of_distance(answers["statistic"], ROWS, LATER_ROWS)
    for theirs in (answers["chance"], answers["ks_of_evidently"]):
        if theirs > 1e-4:
            assert ours == pytest.approx(theirs, rel=0.05)
        else:
            # Far out Kolmogorov's limit is larger than what both compute for so few rows: the cautious side.
            assert 0.95 < log10(ours) / log10(theirs) < 1.0001


@pytest.mark.parametrize(("case", "theirs"), [*zip(SHARES, ANSWERS["shares"], strict=True)])
def test_chance_of_a_count_is_scipys(case: tuple[int, int, float], theirs: float) -> None:
    count, rows, share = case
    assert chance_of_count(count, rows, share) == pytest.approx(theirs if count > share * rows else 1.0, rel=1e-6)


@pytest.mark.parametrize(("case", "theirs"), [*zip(QUANTILES, ANSWERS["quantiles"], strict=True)])
def test_quantiles_are_scipys_to_a_hundredth(case: tuple[float, float], theirs: float) -> None:
    assert quantile(*case) == pytest.approx(theirs, rel=0.01)


def test_nothing_moved_is_certain_and_everything_moved_is_not() -> None:
    assert (chance_of_distance(0.0, 100, 100), chance_of_distance(-0.1, 100, 100)) == (1.0, 1.0)
    assert chance_of_distance(0.5, 0, 100) == 1.0
    assert chance_of_distance(1.0, 1000, 1000) == pytest.approx(0.0, abs=1e-300)
    assert compare((10, 0), (0, 10), 10, 10).distance == 1.0


def test_a_chance_falls_as_the_distance_grows() -> None:
    chances = [chance_of_distance(place / 100, 80, 90) for place in range(101)]
    assert chances == sorted(chances, reverse=True)


def test_a_share_within_what_is_tolerable_is_no_fault_however_many_rows_there_are() -> None:
    assert share_of(70_000, 1_000_000, then=0.02).chance == 1.0
    assert share_of(72_000, 1_000_000, then=0.02).chance < 1e-9
    assert share_of(0, 0, then=0.0) == share_of(0, 0, then=0.0)
    assert (share_of(0, 0, 0.0).share, share_of(3, 3, 0.99).tolerable) == (0.0, 1.0)
    assert share_of(1, 1, 0.0).chance == pytest.approx(TOLERABLE_SHARE)
