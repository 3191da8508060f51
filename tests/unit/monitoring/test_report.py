"""The document of a task's day: each of its fields, of a day with a drift and of one without predictions."""

from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest

from simulated_traffic import DATE, FEATURES, TEST_ROWS, TRAINING_ROWS, card, day, weather
from wildrydes.model.card import ModelCard
from wildrydes.monitoring.day import Watch
from wildrydes.monitoring.error_budget import level
from wildrydes.monitoring.observations import FAR, Observation
from wildrydes.monitoring.report import Period, number_of_tests, quality_of, report, watch_of

PERIOD = Period(DATE, "2026-11-19")
BEFORE = "2026-11-24"
NOW = datetime(2026, 11, 26, 4, 0, 1, 999, tzinfo=UTC)
CHANCE = Random(11)
DAYS = weather(CHANCE)
CHAMPION = card(12, DAYS)
ROWS = list(day(CHANCE, DAYS, 200, lambda row: row | {"TMIN": 0.0}))


def watch(champion: ModelCard, *observations: Observation) -> Watch:
    watch = watch_of(champion, PERIOD)
    for each in observations:
        watch.add(each)
    return watch


def document(champion: ModelCard = CHAMPION, refused: int = 0, observations: list[Observation] = ROWS) -> dict:
    return report(champion, PERIOD, watch(champion, *observations), refused, NOW)


def test_a_document_says_what_was_looked_at_and_when() -> None:
    one = document()
    looked_at = ("task", "kind", "unit", "date", "first_date", "model", "created")
    assert {name: one[name] for name in looked_at} == {
        "task": "heavy_utilization",
        "kind": "binary_classification",
        "unit": CHAMPION.unit,
        "date": DATE,
        "first_date": "2026-11-19",
        "model": "run-1",
        "created": "2026-11-26T04:00:01+00:00",
    }
    assert one["tests"] == number_of_tests(CHAMPION)
    assert one["level"] == level(number_of_tests(CHAMPION))
    assert one["champion_age_days"] == pytest.approx(24.5, abs=0.001)


def test_predictions_are_those_of_the_day_by_model() -> None:
    another = [each._replace(model="run-2") for each in ROWS[:3]]
    earlier = [each._replace(day=BEFORE) for each in ROWS[:5]]
    one = document(observations=[*ROWS, *another, *earlier], refused=2)
    assert (one["predictions"], one["models"], one["refused"]) == (203, {"run-1": 200, "run-2": 3}, 2)
    by_day = [(each["day"], each["model"], each["predictions"], each["outcomes"]) for each in one["by_day"]]
    assert by_day == [(BEFORE, "run-1", 5, 5), (DATE, "run-1", 200, 200), (DATE, "run-2", 3, 3)]
    # Few truths say nothing of a day.
    assert [each["measure"] is None for each in one["by_day"]] == [True, False, True]
    assert (one["outcomes"], one["unusable_outcomes"]) == (205, 0)


def test_the_thermometer_that_is_stuck_has_drifted_alone() -> None:
    one = document()
    assert one["drifted"] == ["TMIN"]
    assert {name: each["drifted"] for name, each in one["features"].items()} == {
        name: name == "TMIN" for name in FEATURES
    }
    stuck = one["features"]["TMIN"]
    assert (stuck["rows"], stuck["missing"], sum(stuck["histogram"]["now"])) == (200, 0, 200)
    assert sum(stuck["histogram"]["then"]) == TRAINING_ROWS
    assert stuck["chance"] <= one["level"] < one["features"]["distance"]["chance"]
    assert (sum(one["scores"]["histogram"]["then"]), sum(one["scores"]["histogram"]["now"])) == (TEST_ROWS, 200)


def test_values_that_are_missing_are_a_drift_of_their_own() -> None:
    missing = list(day(Random(3), DAYS, 200, lambda row: row | {"TMIN": None}))
    feature = document(observations=missing)["features"]["TMIN"]
    assert (feature["rows"], feature["missing"], feature["drifted"]) == (0, 200, True)
    assert [feature[name] for name in ("psi", "distance", "chance")] == [None, None, None]


def test_what_was_refused_and_what_came_from_afar_are_shares() -> None:
    afar = [each._replace(station=FAR) for each in ROWS]
    one = document(observations=afar, refused=200)
    assert (one["missing_values"]["share"], one["missing_values"]["drifted"]) == (0.5, True)
    assert (one["unknown_stations"]["share"], one["unknown_stations"]["drifted"]) == (1.0, True)
    assert one["drifted"] == ["TMIN", "missing values", "unknown stations"]
    none = document()
    assert [none[name]["drifted"] for name in ("missing_values", "unknown_stations")] == [False, False]


def test_the_served_measure_is_that_of_the_champions_truths() -> None:
    seen = watch(CHAMPION, *ROWS)
    how_good = quality_of(CHAMPION, seen.truths, level(number_of_tests(CHAMPION)))
    served = document()["served"]
    assert how_good is not None
    assert (served["measure"], served["low"], served["high"]) == (how_good.measure, how_good.low, how_good.high)
    assert served["worse"] is False
    assert served["metrics"]["log_loss"] == pytest.approx(served["measure"])
    assert not {"roc", "histogram"} & set(served["metrics"])
    (line,) = document()["by_day"]
    assert (line["measure"], line["low"], line["high"]) == (how_good.measure, how_good.low, how_good.high)
    assert line["calibration_gap"] == served["metrics"]["calibration_gap"]
    assert line["calibration_chance"] == served["metrics"]["calibration_chance"]


def test_a_day_without_predictions_has_a_document_that_says_so() -> None:
    one = document(observations=[])
    assert (one["predictions"], one["models"], one["by_day"], one["drifted"], one["served"]) == (0, {}, [], [], None)
    assert one["remarks"] == [
        "the day has no row to compare with training: whether it has drifted is not known",
        "the truth is known of 0 of the champion's predictions: too few, or alike, to say how good it was",
    ]


def test_what_a_card_lacks_is_remarked() -> None:
    bare = replace(CHAMPION, feature_profiles={}, metrics={"log_loss": 0.5}, created="yesterday")
    one = document(bare)
    assert (one["features"], one["scores"], one["champion_age_days"]) == ({}, None, None)
    assert one["remarks"][0] == f"the card has no profile of {', '.join(FEATURES)}: the next retraining's card has them"
    assert one["remarks"][1] == "the card has no histogram of scores to compare with"


def test_a_champion_that_was_trained_after_the_day_has_no_age() -> None:
    assert document(replace(CHAMPION, created="2026-11-27T00:00:00+00:00"))["champion_age_days"] == 0.0
