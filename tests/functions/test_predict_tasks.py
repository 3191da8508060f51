"""Each task has a function of its own: its paths, its record, its kind of answer, and no model of another task."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from predictions import RIDE, Ask
from wildrydes.errors import MissingSetting
from wildrydes.tasks import TASKS

MODELS = Path(__file__).parents[1] / "unit" / "model" / "xgboost_models"
ID = "3f7e2c3a-5b1d-4a39-9d07-2f3c6a1b8e44"
DURATIONS = json.loads((MODELS / "durations.answers.json").read_text(encoding="utf-8"))
FEATURES = TASKS["pick_duration"].features
SAMPLE = dict(zip(FEATURES, DURATIONS["rows"][0], strict=True))
VALUE = DURATIONS["scores"][0]
KEY = "models/pick_duration/p1/p1-xgboost/output/model.tar.gz"
CARD = {
    "execution": "p1",
    "task": "pick_duration",
    "target": "pick_duration",
    "kind": "regression",
    "algorithm": "xgboost",
    "features": FEATURES,
    "model_path": KEY,
    "verdict": {"promote": True},
}
PATH = "/tasks/pick_duration/predictions"


@pytest.fixture
def pick(ask: Ask, bucket: Any, pack_xgboost: Callable[[bytes], bytes]) -> Ask:
    """The function of pick_duration, which serves a model that XGBoost's library wrote."""
    bucket.put(KEY, pack_xgboost((MODELS / "durations.ubj").read_bytes()))
    bucket.put("models/pick_duration/p1/card.json", json.dumps(CARD))
    ask.set("TASK", "pick_duration")
    ask.set("MODEL_PATH", KEY)
    return ask


def test_a_regression_answers_its_value_and_unit(pick: Ask) -> None:
    answer = pick(SAMPLE, path=PATH)
    common = {"unit": "ms", "target": "pick_duration", "model": "p1", "request_id": ID}
    assert (answer.status, answer.json) == (200, common | {"value": VALUE})
    # A promotion's golden request comes without a path.
    assert pick(SAMPLE).json == answer.json
    several = pick([SAMPLE, {}], path=PATH).json
    assert several["predictions"][0] == {"value": VALUE}
    assert several["predictions"][1]["error"]["field"] == "fc_avg"
    assert several == common | {"predictions": several["predictions"]}


def test_a_row_of_a_regression_comes_as_text_and_as_a_table(pick: Ask) -> None:
    query = {"queryStringParameters": {"features": ",".join(map(str, DURATIONS["rows"][0]))}}
    assert pick.send("GET", PATH, **query, headers={"Accept": "text/plain"}).body == repr(VALUE)
    assert pick.send("GET", PATH, **query, headers={"Accept": "text/csv"}).body == f"value,error\r\n{VALUE!r},\r\n"
    answer = pick.send("GET", "/liveinference", **query, headers={"Accept": "application/json"})
    assert (answer.status, answer.body) == (200, repr(VALUE))
    table = pick([SAMPLE, {"fc_avg": 1}], path=PATH, headers={"Accept": "text/csv"}).body
    assert table.split("\r\n") == ["value,error", f"{VALUE!r},", ',"length is missing"', ""]


@pytest.mark.parametrize(
    ("sample", "field", "detail"),
    [
        ({"fullness": -1}, "fullness", "fullness is -1.0, below 0"),
        ({"distance": 3}, "distance", "'distance' is no measure of a sample"),
        ({"Weight": "heavy"}, "Weight", "weight is the text 'heavy', not a number"),
    ],
)
def test_a_sample_is_checked_by_its_own_features(pick: Ask, sample: Any, field: str, detail: str) -> None:
    others = {name: value for name, value in SAMPLE.items() if name.lower() != field.lower()}
    answer = pick(others | sample, path=PATH)
    assert (answer.status, answer.json["field"]) == (422, field)
    assert answer.json["detail"].startswith(detail)
    assert pick([3], path=PATH).json["predictions"][0]["error"]["detail"].startswith("a sample is a JSON object")


def test_numbers_that_are_not_whole_are_taken(pick: Ask) -> None:
    assert pick(SAMPLE | {"weight": "412.5"}, path=PATH).status == 200


def test_the_card_has_the_units_of_samples(pick: Ask) -> None:
    answer = pick.get("/tasks/pick_duration/model")
    assert (answer.json["algorithm"], answer.json["units"]["fullness"]) == ("xgboost", "%")


def test_a_function_has_the_paths_of_its_task_alone(pick: Ask) -> None:
    for path in ("/predictions", "/model", "/tasks/magic_points/predictions", "/openapi.json"):
        assert pick.get(path).status == 404


def test_metrics_of_another_task_have_its_name_and_its_values(pick: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    pick([SAMPLE, SAMPLE], path=PATH)
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service", "task"]]
    assert (line["task"], line["PredictionValue"]["Counts"], line["PredictionValue"]["Max"]) == (
        "pick_duration",
        [2],
        VALUE,
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"task": "magic_points"}, "is a model of 'magic_points'"),
        ({"kind": "binary_classification"}, "is of the kind 'binary_classification'"),
        ({"algorithm": "knn"}, "knn is served by an endpoint alone"),
        ({"algorithm": "linear-learner"}, "where its algorithm writes"),
        ({"task": ["pick_duration"]}, "is a model of ['pick_duration']"),
    ],
)
def test_a_card_that_is_not_the_tasks_is_no_champion(
    pick: Ask, bucket: Any, caplog: pytest.LogCaptureFixture, changes: Any, reason: str
) -> None:
    bucket.put("models/pick_duration/p1/card.json", json.dumps(CARD | changes))
    pick.set("MODEL_PATH", KEY)
    answer = pick(SAMPLE, path=PATH)
    assert (answer.status, answer.json["field"]) == (503, "model")
    assert "the model of the execution p1" in answer.json["detail"]
    assert reason in caplog.text


def test_the_default_function_serves_its_tasks_paths_and_no_other_tasks_model(ask: Ask) -> None:
    assert ask(RIDE, path="/tasks/heavy_utilization/predictions").json == ask(RIDE).json
    assert ask.get("/liveinference", features="1,2").status == 404
    ask.set("TASK", "magic_points")
    assert ask(RIDE).status == 503


def test_a_task_that_is_not_there_is_a_missing_setting(ask: Ask) -> None:
    ask.set("TASK", "wind")
    with pytest.raises(MissingSetting, match="TASK is 'wind'"):
        ask(RIDE)


def test_the_document_has_every_task(ask: Ask) -> None:
    document = ask.get("/openapi.json").json
    sample = document["components"]["schemas"]["PickDurationSample"]
    assert sample["required"] == list(FEATURES)
    assert sample["properties"]["weight"]["oneOf"][0] == {"type": "number", "minimum": 0.0, "maximum": 1e9}
    points = document["components"]["schemas"]["MagicPointsRide"]
    assert (points["required"], set(points["properties"]["healthpoints"])) == (
        list(TASKS["magic_points"].features),
        {"description"},
    )
    (row,) = document["paths"]["/tasks/heavy_utilization/predictions"]["get"]["parameters"]
    assert row["schema"]["maxItems"] == 2
