"""monitor_model on a bucket: which document it writes, what it logs as metrics, and what it makes of odd cards."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from aws import settings
from simulated_traffic import DATE, card, day, weather
from wildrydes.errors import BadExecutionInput, BadModel, BadObservation
from wildrydes.model.card import ModelCard
from wildrydes.monitoring.observations import Observation

EVENTS = Path(__file__).parents[2] / "events"
CHAMPION = "models/run-1/job/output/model.tar.gz"
LEFT_OUT = {"objects": 0, "lines": 0, "keys": [], "unchecked": 0, "remark": None}
KEY = f"monitoring/heavy_utilization/{DATE}.json"

Look = Callable[..., dict[str, Any]]


@pytest.fixture
def look(bucket: Any, run: Any) -> Look:
    """Looks at a day's predictions of the champion, as the workflow does."""
    settings.monitor_settings.cache_clear()

    def look(champion: ModelCard, observations: Iterable[Observation], **changes: Any) -> dict[str, Any]:
        bucket.put("models/run-1/card.json", json.dumps(champion.to_json()))
        bucket.put("monitored/watch-1/heavy_utilization/rows", "".join(map(line, observations)))
        event = {
            "task": "heavy_utilization", "date": DATE, "first_date": "2026-11-19", "live_model_path": CHAMPION,
            "rows_prefix": "monitored/watch-1/heavy_utilization/", "refused": 0, "left_out": LEFT_OUT,
        }  # fmt: skip
        return run("monitor_model", event | changes)

    return look


def line(observation: Observation) -> str:
    fields = observation._asdict()
    measures = fields.pop("measures")
    return json.dumps(fields | {"features": list(measures), "measures": list(measures.values())}) + "\n"


@pytest.fixture(scope="module")
def world() -> tuple[ModelCard, list[Observation], list[Observation]]:
    """A champion's card, two usual days, and a heat wave."""
    chance = Random(11)
    days = weather(chance)
    usual = [*day(chance, days, 100, date="2026-11-24"), *day(chance, days, 300)]
    hot = list(day(chance, days, 300, lambda row: row | {"TMAX": (row["TMAX"] or 0.0) + 100}))
    return card(12, days), usual, hot


def metrics_of(output: str) -> dict[str, Any]:
    (fields,) = [json.loads(line) for line in output.splitlines() if line.startswith('{"_aws"')]
    return fields


def test_a_usual_day_has_a_document_and_metrics_and_no_drift(
    look: Look, world: Any, bucket: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    champion, usual, _ = world
    answer = look(champion, usual)
    document = bucket.json(KEY)
    assert answer == {
        "task": "heavy_utilization", "date": DATE, "model": "run-1", "key": KEY, "drifted": [],
        "quality_loss": document["served"]["quality_loss"], "outcomes": 400, "predictions": 300,
    }  # fmt: skip
    assert answer["quality_loss"] < 0
    assert (document["card"], document["predictions"]) == ("models/run-1/card.json", 300)
    assert [(each["day"], each["predictions"], each["outcomes"]) for each in document["by_day"]] == [
        ("2026-11-24", 100, 100),
        (DATE, 300, 300),
    ]
    assert document["by_day"][1]["low"] < document["by_day"][1]["measure"] < document["by_day"][1]["high"]
    assert 0 < document["by_day"][1]["calibration_chance"] <= 1
    assert document["served"]["metrics"]["auc"] > 0.6
    assert document["champion_age_days"] == pytest.approx(24.5)
    assert (document["remarks"], document["left_out"]) == ([], LEFT_OUT)
    assert sum(document["features"]["distance"]["histogram"]["now"]) == 300
    fields = metrics_of(capsys.readouterr().out)
    assert (fields["service"], fields["task"]) == ("wildrydes", "heavy_utilization")
    (directive,) = fields["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("WildRydes", [["service", "task"]])
    names = [each["Name"] for each in directive["Metrics"]]
    assert set(names) == {
        "Drift", "DriftedFeatures", "ScoreDrift", "ServedLogLoss", "QualityLoss", "MissingValues", "UnknownStations",
        "Outcomes", "PredictionsSeen", "ChampionAgeDays",
    }  # fmt: skip
    assert all(isinstance(fields[name], int | float) for name in names)
    assert (fields["DriftedFeatures"], fields["Outcomes"], fields["PredictionsSeen"]) == (0, 400, 300)


def test_an_execution_of_a_definition_of_before_does_not_say_what_was_left_out(
    run: Any, bucket: Any, world: Any
) -> None:
    settings.monitor_settings.cache_clear()
    bucket.put("models/run-1/card.json", json.dumps(world[0].to_json()))
    event = json.loads((EVENTS / "monitor_model_day.json").read_text(encoding="utf-8"))
    del event["left_out"]
    answer = run("monitor_model", event | {"live_model_path": CHAMPION})
    assert bucket.json(answer["key"])["left_out"] is None


def test_a_heat_wave_is_a_drifted_feature(look: Look, world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    champion, _, hot = world
    assert look(champion, hot, refused=80)["drifted"] == ["TMAX", "missing values"]
    fields = metrics_of(capsys.readouterr().out)
    assert fields["DriftedFeatures"] == 2
    assert fields["Drift"] > 0.25
    assert fields["MissingValues"] == pytest.approx(80 / 380)


def test_a_day_without_predictions_says_so_and_leaves_out_what_nobody_knows(
    look: Look, world: Any, bucket: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    champion, _, _ = world
    assert look(champion, [])["predictions"] == 0
    fields = metrics_of(capsys.readouterr().out)
    assert {"Drift", "ScoreDrift", "ServedLogLoss", "QualityLoss"} & set(fields) == set()
    assert (fields["PredictionsSeen"], fields["DriftedFeatures"]) == (0, 0)
    remark = "the day has no row to compare with training: whether it has drifted is not known"
    assert remark in bucket.json(KEY)["remarks"]


def test_without_a_champion_nothing_is_written(look: Look, world: Any, bucket: Any) -> None:
    champion, usual, _ = world
    answer = look(champion, usual, live_model_path="none")
    assert (answer["model"], answer["key"], answer["predictions"]) == (None, None, 0)
    assert bucket.keys("monitoring/") == []


def test_a_card_of_before_there_were_profiles_is_compared_as_far_as_it_goes(
    look: Look, world: Any, bucket: Any
) -> None:
    champion, usual, hot = world
    old = {name: value for name, value in champion.to_json().items() if name != "feature_profiles"}
    assert look(replace(champion, feature_profiles={}), usual + hot)["drifted"] == []
    assert "feature_profiles" not in old
    document = bucket.json(KEY)
    assert document["scores"]["psi"] > 0
    assert "the card has no profile of distance, healthpoints, magicpoints, TMIN, TMAX, PRCP" in document["remarks"][0]


def test_a_truth_that_is_no_label_and_another_models_predictions_do_not_count_for_the_champion(
    look: Look, world: Any, bucket: Any
) -> None:
    champion, usual, _ = world
    others = [usual[-1]._replace(model="run-0")] * 3
    answer = look(champion, [usual[0]._replace(truth=0.5), usual[1]._replace(truth=None), *usual[2:], *others])
    document = bucket.json(KEY)
    assert (answer["outcomes"], document["unusable_outcomes"]) == (398, 1)
    assert document["models"] == {"run-1": 300, "run-0": 3}


def test_what_is_no_card_of_the_task_or_no_line_of_a_query_is_refused(look: Look, world: Any, bucket: Any) -> None:
    champion, usual, _ = world
    with pytest.raises(BadModel, match="is of the task service_requested, not of heavy_utilization"):
        look(replace(champion, target="service_requested", task="service_requested"), usual)
    profile = champion.feature_profiles["distance"] | {"histogram": {"edges": [1.0], "counts": [1]}}
    with pytest.raises(BadModel, match="profile of distance has 1 edges and counts"):
        look(replace(champion, feature_profiles={"distance": profile}), usual)
    with pytest.raises(BadModel, match="profile of distance cannot be read: KeyError"):
        look(replace(champion, feature_profiles={"distance": {}}), usual)
    with pytest.raises(BadObservation, match=r"rows, line 1: .* is no prediction \(ValueError: 'inf' is not finite\)"):
        look(champion, [usual[0]._replace(score="inf")])  # type: ignore[arg-type]


def test_the_plan_is_of_the_day_before_the_execution_started(run: Any) -> None:
    event = json.loads((EVENTS / "monitor_model_plan.json").read_text(encoding="utf-8"))
    assert (run("monitor_model", event)["date"], len(run("monitor_model", event)["tasks"])) == ("2026-11-25", 4)
    with pytest.raises(BadExecutionInput, match="task is 'weather'"):
        run("monitor_model", event | {"input": {"task": "weather"}})


def test_the_simulated_card_is_one() -> None:
    assert asdict(card(0, weather(Random(0))))["features"] == tuple(day_features())


def day_features() -> Iterable[str]:
    (one,) = day(Random(0), weather(Random(0)), 1)
    return one.measures
