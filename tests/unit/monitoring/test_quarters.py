"""False alarms: quarters without drift raise none, in twenty seeds; and the drifts that a day's traffic has to show."""

from random import Random

import pytest

from simulated_traffic import DATE, FEATURES, Change, Row, card, day, rides, score, weather
from wildrydes.model.card import ModelCard
from wildrydes.monitoring.day import Watch
from wildrydes.monitoring.error_budget import QUARTER_BUDGET, QUARTER_DAYS, level
from wildrydes.monitoring.observations import FAR, Observation
from wildrydes.monitoring.report import Period, find, number_of_tests, quality_of, watch_of

PERIOD = Period(DATE, DATE)
RIDES_A_DAY = 60
FEW_STATIONS = 4


def test_the_budget_is_never_overdrawn() -> None:
    for tests in (1, 10, 28):
        assert QUARTER_DAYS * tests * level(tests) == pytest.approx(QUARTER_BUDGET)


@pytest.mark.parametrize("seed", range(20))
def test_a_quarter_without_drift_raises_no_alarm(seed: int) -> None:
    chance = Random(seed)
    days = weather(chance)
    champion = card(seed + 100, days)
    alarms = []
    for number in range(QUARTER_DAYS):
        watch = watch_of(champion, PERIOD)
        for observation in day(chance, days, RIDES_A_DAY):
            watch.add(observation)
        findings = find(champion, DATE, watch, refused=0)
        how_good = quality_of(champion, watch.truths, findings.level)
        assert how_good
        alarms += [(number, name) for name in findings.drifted]
        alarms += [(number, "scores")] if findings.scores and findings.scores["drifted"] else []
        alarms += [(number, "quality")] if how_good.is_worse else []
    assert alarms == []


def test_a_winter_of_one_city_is_no_drift_although_every_ride_is_cold() -> None:
    """A thousand rides of a day share the weather of four stations: that is four temperatures, not a thousand."""
    chance = Random(1)
    days = weather(chance)
    champion = card(2, days)
    cold = sorted(days)[: len(days) // 4]
    for _ in range(QUARTER_DAYS):
        assert drifts_in(champion, list(day(chance, chance.sample(cold, FEW_STATIONS), RIDES_A_DAY))) == []


def drifts_in(champion: ModelCard, observations: list[Observation], refused: int = 0) -> list[str]:
    watch: Watch = watch_of(champion, PERIOD)
    for observation in observations:
        watch.add(observation)
    return find(champion, DATE, watch, refused).drifted


def shifted(**by: float) -> Change:
    return lambda row: row | {name: (row[name] or 0.0) + more for name, more in by.items()}


def stuck(**at: float | None) -> Change:
    return lambda row: row | at


DRIFTS: dict[str, tuple[Change, list[str]]] = {
    "heat wave": (shifted(TMAX=80.0), ["TMAX"]),
    "new city": (lambda row: shifted(TMIN=90.0, TMAX=90.0)(row) | {"distance": 3 * (row["distance"] or 0.0)}, [
        "distance", "TMIN", "TMAX",
    ]),
    "thermometer stuck": (stuck(TMIN=0.0), ["TMIN"]),
    "thermometer missing": (stuck(TMIN=None), ["TMIN"]),
}  # fmt: skip


@pytest.mark.parametrize("name", DRIFTS)
def test_a_drift_is_found_in_one_day_of_traffic(name: str) -> None:
    change, drifted = DRIFTS[name]
    chance = Random(7)
    days = weather(chance)
    champion = card(8, days)
    assert drifts_in(champion, list(day(chance, days, 400))) == []
    assert drifts_in(champion, list(day(chance, days, 400, change))) == drifted


def test_requests_that_lack_a_value_and_rides_far_from_stations_are_found() -> None:
    chance = Random(3)
    days = weather(chance)
    champion = card(4, days)
    usual = list(day(chance, days, 200))
    assert drifts_in(champion, usual, refused=10) == []
    assert drifts_in(champion, usual, refused=60) == ["missing values"]
    far = [each._replace(station=FAR) for each in usual[:60]]
    assert drifts_in(champion, far + usual[60:]) == ["unknown stations"]
    assert drifts_in(champion, [each._replace(station=None) for each in usual]) == []


def test_one_ride_that_is_asked_about_again_and_again_is_no_drift() -> None:
    chance = Random(5)
    days = weather(chance)
    champion = card(6, days)
    (one,) = list(day(chance, days, 1))
    assert drifts_in(champion, [one] * 500) == []


def test_a_model_that_says_too_little_is_found_to_be_worse() -> None:
    chance = Random(9)
    days = weather(chance)
    champion = card(10, days)
    watch = watch_of(champion, PERIOD)
    for observation in day(chance, days, 400, truth=lambda probability: 1 - probability):
        watch.add(observation)
    how_good = quality_of(champion, watch.truths, level(number_of_tests(champion)))
    assert how_good
    assert how_good.is_worse
    assert how_good.measure > how_good.promised + how_good.quality_loss


def test_the_simulation_is_of_the_tasks_features_and_its_model_is_calibrated() -> None:
    chance = Random(0)
    days = weather(chance)
    rows: list[Row] = list(rides(chance, days, 2000))
    assert list(rows[0]) == list(FEATURES)
    labels = [each.truth or 0.0 for each in day(chance, days, 2000)]
    assert sum(map(score, rows)) / 2000 == pytest.approx(sum(labels) / 2000, abs=0.05)
