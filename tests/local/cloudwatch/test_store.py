"""What is kept of metrics, by AWS's "CloudWatch concepts" (retention) and "Statistics definitions"."""

import doctest
import math
from types import ModuleType

import pytest

from local.cloudwatch import aggregates, metric_lines, wire
from local.cloudwatch.aggregates import MOST_VALUES, Aggregate, merged
from local.cloudwatch.store import DAY, HOUR, Metric, Store

METRIC = Metric("123456789012", "us-east-1", "N", "m", (("d", "x"),))
START = 1_700_006_400.0  # a full hour


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock) -> Store:
    return Store(clock)


def periods(store: Store, period: int, seconds: float = 400 * DAY) -> dict[float, tuple[float, float]]:
    values = store.periods(METRIC, START - HOUR, START + seconds, period)
    return {start: (each.count, each.total) for start, each in values.items()}


def test_statistics_of_a_period() -> None:
    aggregate = Aggregate()
    for value in (4.0, 1.0, 3.0):
        aggregate.add(value)
    aggregate.add(2.0, 2)
    simple = {name: aggregate.statistic(name) for name in ("SampleCount", "Sum", "Average", "Minimum", "Maximum")}
    assert simple == {"SampleCount": 5.0, "Sum": 12.0, "Average": 2.4, "Minimum": 1.0, "Maximum": 4.0}
    assert [aggregate.statistic(name) for name in ("p0", "p50", "p75", "p100")] == [1.0, 2.0, 3.0, 4.0]


def test_percentiles_are_not_available_for_negative_values_and_sets_of_statistics() -> None:
    negative, of_statistics = Aggregate(), Aggregate(3.0, 6.0, 1.0, 3.0)
    negative.add(-1.0)
    negative.add(1.0)
    assert (negative.statistic("p50"), of_statistics.statistic("p50")) == (None, None)
    # "Min and Max are equal, and Sum is equal to Min multiplied by SampleCount"
    assert Aggregate(3.0, 6.0, 2.0, 2.0).statistic("p50") == 2.0


def test_percentiles_of_many_values_are_off_by_a_hundredth_and_memory_is_bounded() -> None:
    aggregate = merged([Aggregate(1.0, value, value, value) for value in map(float, range(1, 20_001))])
    assert aggregate.values is not None
    assert len(aggregate.values) < 5 * MOST_VALUES
    assert aggregate.statistic("p90") == pytest.approx(18_000, rel=0.01)
    assert aggregate.statistic("Maximum") == 20_000


def test_values_of_a_busy_minute_go_into_bins_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # Six orders of magnitude have more bins than there may be values: none of the later ones moves the others again.
    moves = []
    in_bins = aggregates._in_bins
    monkeypatch.setattr(aggregates, "_in_bins", lambda values: moves.append(len(values)) or in_bins(values))
    minute = Aggregate()
    values = [1.001**place for place in range(14_000)]
    for value in values:
        minute.add(value)
    assert moves == [MOST_VALUES + 1]
    assert minute.statistic("p50") == pytest.approx(1.001**6999.5, rel=0.01)
    (few := Aggregate()).add(3.0)
    few.add(4.0)
    for pair in ((minute, few), (few, minute)):
        together = merged(pair)
        assert (together.count, together.statistic("p0")) == (14_002, pytest.approx(1.0, rel=0.01))
        assert together.is_binned


def test_set_of_no_values_leaves_no_point(store: Store) -> None:
    store.record_aggregate(METRIC, Aggregate(), "Count", START)
    assert (periods(store, 60), store.metrics(*METRIC[:2])) == ({}, [])


def test_points_of_watched_metrics_ask_for_a_look_and_gauges_do_not(store: Store) -> None:
    # A look at the alarms measures all gauges: it would ask for the next one, and so on.
    looks = []
    store.watched, store.on_watched = frozenset({METRIC}), lambda: looks.append(1)
    store.set_gauge(METRIC, 3.0, "Count")
    assert looks == []
    store.record(METRIC, 1.0)
    store.record_aggregate(METRIC, Aggregate(1.0, 1.0, 1.0, 1.0), "Count", START)
    assert looks == [1, 1]


def test_points_become_wider_with_age_and_end(store: Store, clock: Clock) -> None:
    for minute in range(90):
        clock.now = START + 60 * minute
        store.record(METRIC, 1.0)
    assert len(periods(store, 60)) == 90
    for days, width, count in ((16, 300, 18), (64, 3600, 2), (456, 60, 0)):
        clock.now = START + days * DAY
        store.compact()
        by_minute = periods(store, 60)
        assert (len(by_minute), sum(total for _, total in by_minute.values())) == (count, 90.0 if count else 0.0)
        assert all(start % width == 0 for start in by_minute)
    assert store.metrics(*METRIC[:2], math.inf) == []


def test_what_a_busy_metric_takes_in_a_year_is_bounded(store: Store, clock: Clock) -> None:
    for hour in range(0, 24 * 460, 8):
        clock.now = START + hour * HOUR
        for minute in range(0, 60, 20):
            store.record(METRIC, minute, moment=clock.now + 60 * minute)
        store.compact()
    points = store._series[METRIC].points
    assert len(points[60]) <= 15 * 9 + 3
    assert len(points[300]) <= (63 - 15) * 9 + 9
    assert len(points[3600]) <= 455 * 3


def test_periods_are_aligned_and_end_before_the_end(store: Store) -> None:
    for minute in (0, 4, 5, 9, 10):
        store.record(METRIC, 1.0, moment=START + 60 * minute + 59)
    values = store.periods(METRIC, START, START + 600, 300)
    assert {start: each.total for start, each in values.items()} == {START: 2.0, START + 300: 2.0}


def test_gauge_has_one_sample_a_minute(store: Store, clock: Clock) -> None:
    for value in (3.0, 7.0, 5.0):
        store.set_gauge(METRIC, value, "Count")
    clock.now += 60
    store.set_gauge(METRIC, 1.0, "Count")
    assert periods(store, 60) == {START: (1.0, 5.0), START + 60: (1.0, 1.0)}


def test_metrics_are_listed_for_two_weeks(store: Store, clock: Clock) -> None:
    store.record(METRIC, 1.0)
    clock.now += 13 * DAY
    assert store.metrics(*METRIC[:2]) == [METRIC]
    assert store.metrics("another", METRIC.region) == []
    clock.now += 2 * DAY
    assert store.metrics(*METRIC[:2]) == []


def test_only_watched_metrics_wake_whoever_watches(store: Store) -> None:
    woken: list[None] = []
    store.on_watched = lambda: woken.append(None)
    store.record(METRIC, 1.0)
    store.watched = frozenset({METRIC})
    store.record(METRIC, 1.0)
    store.record(METRIC._replace(name="other"), 1.0)
    assert len(woken) == 1


@pytest.mark.parametrize("module", [aggregates, metric_lines, wire])
def test_examples_give_what_they_say(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert (result.failed, result.attempted > 0) == (0, True)


def test_version_is_another_one_whenever_a_metric_has_other_points(store: Store, clock: Clock) -> None:
    versions = [store.version(METRIC)]

    def note() -> None:
        versions.append(store.version(METRIC))

    store.record(METRIC, 1.0)
    note()
    store.record_aggregate(METRIC, Aggregate(2.0, 4.0, 2.0, 2.0), "None", START)
    note()
    store.set_gauge(METRIC, 5.0, "None")
    note()
    store.set_gauge(METRIC, 6.0, "None")
    note()
    clock.now += 60
    store.set_gauge(METRIC, 6.0, "None")
    note()
    store.compact()
    note()
    assert len(set(versions)) == len(versions)
    store.set_gauge(METRIC, 6.0, "None")
    store.record(METRIC._replace(name="another"), 1.0)
    note()
    assert versions[-1] == versions[-2]
