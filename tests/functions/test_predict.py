"""predict's handler, on an artefact that MXNet wrote."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from predictions import FUNCTIONS, KEY, RIDE, Ask
from wildrydes.errors import MissingSetting

ROOT = Path(__file__).parents[2]
ID = "3f7e2c3a-5b1d-4a39-9d07-2f3c6a1b8e44"
COMMON = {"threshold": 0.5, "target": "heavy_utilization", "model": "e1", "request_id": ID}
MANY = {"minimum": -1e9, "maximum": 1e9}
MILES = {"minimum": 0.0, "maximum": 1e9}


def test_a_ride_gets_a_probability_and_what_it_is_of(ask: Ask) -> None:
    answer = ask(RIDE)
    assert (answer.status, answer.headers) == (200, {"Content-Type": "application/json"})
    assert answer.json == COMMON | {"probability": pytest.approx(0.6224593, abs=1e-6), "label": 1}
    body = ask({"Distance": "10", "MAGICPOINTS": 450, "TMAX": 333, "prcp": None}).json
    assert (body["label"], body["probability"]) == (0, pytest.approx(0.3775407, abs=1e-6))


def test_both_paths_take_rides(ask: Ask) -> None:
    assert ask(RIDE, path="/predictions").json == ask(RIDE).json


def test_an_array_gets_an_answer_or_an_error_in_each_place(ask: Ask) -> None:
    answer = ask([RIDE, {"distance": 10}, "ride", RIDE | {"magicpoints": 450}, {"distance": 1e10, "magicpoints": 1}])
    first, second, third, fourth, fifth = answer.json["predictions"]
    assert (answer.status, answer.json) == (200, COMMON | {"predictions": answer.json["predictions"]})
    assert (first["label"], fourth["label"]) == (1, 0)
    assert first["probability"] == ask(RIDE).json["probability"]
    assert second == {
        "error": {
            "type": "about:blank",
            "title": "Unprocessable Content",
            "status": 422,
            "detail": "magicpoints is missing",
            "field": "magicpoints",
            "allowed": MANY,
        }
    }
    assert (third["error"]["field"], third["error"]["status"]) == ("body", 422)
    assert (fifth["error"]["field"], fifth["error"]["allowed"]) == ("distance", MILES)


def test_a_repeated_name_in_one_ride_of_an_array_is_that_rides_error(ask: Ask) -> None:
    answer = ask('[{"distance": 1, "distance": 2, "magicpoints": 1}, {"distance": 10, "magicpoints": 550}]')
    first, second = answer.json["predictions"]
    assert (first["error"]["field"], second["label"]) == ("distance", 1)


def test_a_thousand_rides_are_answered_and_one_more_is_refused_whole(ask: Ask) -> None:
    assert [each["label"] for each in ask([RIDE] * 1000).json["predictions"]] == [1] * 1000
    answer = ask([RIDE] * 1001)
    assert (answer.status, answer.json["field"]) == (400, "body")
    assert answer.json["allowed"] == {"minimum": 1, "maximum": 1000}
    assert ask([]).status == 400


def test_a_row_of_numbers_is_in_the_order_of_the_models_features(ask: Ask) -> None:
    answer = ask.get("/predictions", features="10,550")
    assert answer.json["probability"] == ask(RIDE).json["probability"]
    assert ask.get("/predictions", features=" 10 , 5.5e2 ").json["probability"] == answer.json["probability"]


@pytest.mark.parametrize(
    ("row", "status", "detail"),
    [
        ("10", 422, "features has 1 values; the champion needs 2: distance,magicpoints"),
        ("", 422, "features has 1 values"),
        ("10,550,3", 422, "features has 3 values"),
        ("10,", 422, "magicpoints is the text '', not a number"),
        ("10,NaN", 422, "magicpoints is the text 'NaN', not a number"),
        ("10,1e400", 422, "magicpoints is inf, not a finite number"),
        ("-1,1", 422, "distance is -1.0, below 0"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused(ask: Ask, row: str, status: int, detail: str) -> None:
    answer = ask.get("/predictions", features=row)
    assert (answer.status, answer.json["field"]) == (status, "features")
    assert answer.json["detail"].startswith(detail)


def test_a_query_without_features_or_with_two_is_refused(ask: Ask) -> None:
    for query in (None, {}, {"feature": ["1,2"]}, {"features": ["10,550", "10,550"]}):
        answer = ask.send("GET", "/predictions", multiValueQueryStringParameters=query)
        assert (answer.status, answer.json["field"]) == (400, "features")


@pytest.mark.parametrize(
    ("accept", "kind", "body"),
    [
        ("text/plain", "text/plain; charset=utf-8", "0.6224593"),
        ("TEXT/PLAIN; q=0.9, application/json;q=0.5", "text/plain; charset=utf-8", "0.6224593"),
        ("text/csv", "text/csv; charset=utf-8", "probability,label,error\r\n0.6224593"),
        ("text/plain, */*", "text/plain; charset=utf-8", "0.62"),
        ("application/json, text/plain, */*", "application/json", '{"probability": 0.6224593'),
        ("text/html, image/png;q=0.8", "application/json", '{"probability"'),
        ("text/plain;q=0", "application/json", '{"probability"'),
        ("text/plain;q=nan", "application/json", '{"probability"'),
        ("", "application/json", '{"probability"'),
    ],
)
def test_the_answer_comes_in_the_form_that_is_asked_for(ask: Ask, accept: str, kind: str, body: str) -> None:
    answer = ask(RIDE, headers={"accept": accept})
    assert (answer.status, answer.headers["Content-Type"]) == (200, kind)
    assert answer.body.startswith(body)


def test_accept_in_several_headers_is_one_list(ask: Ask) -> None:
    several = {"Accept": ["application/json;q=0.1", "text/csv"]}
    answer = ask.send("POST", "/", body=json.dumps(RIDE), headers={"Accept": "text/csv"}, multiValueHeaders=several)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"


def test_an_array_as_a_table_has_a_line_for_each_ride(ask: Ask) -> None:
    answer = ask([RIDE, {"distance": 10}, {'"\ud800\n': 1}], headers={"Accept": "text/csv"})
    header, first, second, third, end = answer.body.split("\r\n")
    assert (header, second, end) == ("probability,label,error", ',,"magicpoints is missing"', "")
    assert first.startswith("0.6224593")
    assert third == ',,"\'""\\ud800\\n\' is no measure of a ride"'
    assert ask([RIDE], headers={"Accept": "text/plain"}).json["predictions"][0]["label"] == 1


@pytest.mark.parametrize(
    ("body", "field", "allowed", "detail"),
    [
        ({"distance": 10}, "magicpoints", MANY, "magicpoints is missing"),
        ({}, "distance", MILES, "distance is missing"),
        ({"Distance": None, "magicpoints": 1}, "Distance", MILES, "distance is null"),
        ({"distance": 10, "magicpoints": "many"}, "magicpoints", MANY, "magicpoints is the text 'many', not a number"),
        ({"distance": 10, "magicpoints": ""}, "magicpoints", MANY, "magicpoints is the text '', not a number"),
        ({"distance": 10, "magicpoints": "NaN"}, "magicpoints", MANY, "magicpoints is the text 'NaN', not a number"),
        ({"distance": 10, "magicpoints": "1e400"}, "magicpoints", MANY, "magicpoints is inf, not a finite number"),
        ('{"distance": NaN, "magicpoints": 1}', "distance", MILES, "distance is nan, not a finite number"),
        ('{"distance": Infinity, "magicpoints": 1}', "distance", MILES, "distance is inf, not a finite number"),
        ('{"distance": 1, "magicpoints": -Infinity}', "magicpoints", MANY, "magicpoints is -inf, not a finite number"),
        ('{"distance": 1e400, "magicpoints": 1}', "distance", MILES, "distance is inf, not a finite number"),
        ({"distance": 1, "magicpoints": -2e9}, "magicpoints", MANY, "magicpoints is -2000000000.0, beyond ±1e+09"),
        ('{"magicpoints": 1, "distance": ' + "1" * 5000 + "}", "distance", MILES, "distance is inf"),
        ({"distance": -0.5, "magicpoints": 1}, "distance", MILES, "distance is -0.5, below 0"),
        ({"distance": True, "magicpoints": 1}, "distance", MILES, "distance is a boolean, not a number"),
        ({"distance": [1], "magicpoints": 1}, "distance", MILES, "distance is a list, not a number"),
        ({"distance": {"a": 1}, "magicpoints": 1}, "distance", MILES, "distance is an object, not a number"),
        ({"distance": 1, "Distance": 2, "magicpoints": 1}, "Distance", None, "Distance is there more than once, in"),
        ({"tmin": 1, "TMIN": 1, "distance": 1, "magicpoints": 1}, "TMIN", None, "TMIN is there more than once"),
        ('{"distance": 1, "distance": 1, "magicpoints": 1}', "distance", None, "distance is there more than once"),
        ('{"é": 1, "é": 1}', "é", None, "é is there more than once"),
        ({"distance": 1, "magicpoints": 1, "wind": 2}, "wind", list, "'wind' is no measure of a ride"),
        ({"": 1}, "", list, "'' is no measure of a ride"),
        ({"x" * 9000: 1}, "x" * 100, list, "'xxxx"),
    ],
)
def test_a_value_that_cannot_be_used_names_field_and_range(
    ask: Ask, body: Any, field: str, allowed: Any, detail: str
) -> None:
    answer = ask(body)
    assert (answer.status, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert (answer.json["field"], answer.json["request_id"]) == (field, ID)
    assert answer.json["detail"].startswith(detail)
    expected = ["distance", "healthpoints", "magicpoints", "TMIN", "TMAX", "PRCP"] if allowed is list else allowed
    assert answer.json.get("allowed") == expected


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("distance=10", "the body is no JSON"),
        ("", "the request has no body"),
        ("  \n", "the request has no body"),
        (None, "the request has no body"),
        ("[" * 100_000, "the body is no JSON that is read: objects or lists are nested in more than 32 levels"),
        ("[" * 40 + "]" * 40, "the body is no JSON that is read: objects or lists are nested in more than 32 levels"),
        ('{"distance":' * 50_000, "the body is no JSON"),
        ('{"distance": 1} {}', "the body is no JSON"),
        ('{"distance": 01}', "the body is no JSON"),
        ("\ufffd\ufffd{\0}\0", "the body is no JSON"),
        ('{"distance": "\ud800"}', "the body is not in UTF-8"),
    ],
)
def test_a_body_that_cannot_be_read_is_400(ask: Ask, body: Any, detail: str) -> None:
    answer = ask(body)
    assert (answer.status, answer.json["field"], answer.json["title"]) == (400, "body", "Bad Request")
    assert answer.json["detail"].startswith(detail)


@pytest.mark.parametrize("body", ["1", "null", "true", '"ride"', "NaN"])
def test_json_that_is_neither_object_nor_array_is_400(ask: Ask, body: str) -> None:
    answer = ask(body)
    assert (answer.status, answer.json["field"]) == (400, "body")


def test_a_byte_order_mark_does_no_harm(ask: Ask) -> None:
    assert ask("\ufeff" + json.dumps(RIDE)).json["label"] == 1
    assert ask(b"\xef\xbb\xbf" + json.dumps(RIDE).encode()).json["label"] == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_a_body_in_another_encoding_is_400(ask: Ask, encoding: str) -> None:
    answer = ask((json.dumps(RIDE)[:-1] + ', "ü": 1}').encode(encoding))
    assert (answer.status, answer.json["field"]) == (400, "body")


def test_a_base64_body_is_decoded(ask: Ask) -> None:
    assert ask(json.dumps(RIDE).encode()).json["label"] == 1
    for body in ("no base64!", "é", "A"):
        answer = ask.send("POST", "/", body=body, isBase64Encoded=True)
        assert (answer.status, answer.json["detail"]) == (400, "the body is no base64")


@pytest.mark.parametrize("size", [1_000_001, 6_000_000])
def test_a_body_that_is_too_large_is_413(ask: Ask, size: int) -> None:
    padded = json.dumps(RIDE).ljust(size)
    for body in (padded, padded.encode(), ("é" * (size // 2 + 1))):
        answer = ask(body)
        assert (answer.status, answer.json["field"], answer.json["allowed"]) == (413, "body", {"maximum": 1_000_000})


def test_a_body_of_the_largest_size_is_read(ask: Ask) -> None:
    assert ask(json.dumps(RIDE).ljust(1_000_000)).json["label"] == 1
    assert ask(json.dumps(RIDE).ljust(1_000_000).encode()).json["label"] == 1


def test_what_is_told_of_an_enormous_name_stays_small(ask: Ask) -> None:
    name = "\x01" * 900_000
    assert len(ask({name: 1}).body) < 3000
    twice = "é" * 200_000
    assert len(ask(f'{{"{twice}": 1, "{twice}": 1}}').body) < 3000
    assert len(ask([{"\u0800" * 300: 1}] * 1000).body) < 2_000_000


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "Application/JSON; charset=UTF-8",
        'application/json; charset="utf-8"; v=1',
        "application/x-www-form-urlencoded",
        "text/plain;charset=us-ascii",
        "",
        None,
    ],
)
def test_a_body_may_call_itself(ask: Ask, kind: str | None) -> None:
    headers = {} if kind is None else {"content-type": kind}
    assert ask(RIDE, headers=headers).status == 200


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({"Content-Type": "application/xml"}, "Content-Type"),
        ({"CONTENT-TYPE": "multipart/form-data; boundary=x"}, "Content-Type"),
        ({"Content-Type": "application/json; charset=utf-16"}, "Content-Type"),
        ({"Content-Type": "application/json, text/plain"}, "Content-Type"),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, "Content-Encoding"),
    ],
)
def test_a_body_of_another_type_is_415(ask: Ask, headers: dict[str, str], field: str) -> None:
    answer = ask(RIDE, headers=headers)
    assert (answer.status, answer.json["field"]) == (415, field)
    assert answer.json["allowed"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/", "POST"),
        ("DELETE", "/predictions", "GET, POST"),
        ("OPTIONS", "/predictions", "GET, POST"),
        ("HEAD", "/model", "GET"),
        ("POST", "/openapi.json", "GET"),
        ("BREW" * 100, "/", "POST"),
    ],
)
def test_a_method_that_a_path_does_not_have_is_405(ask: Ask, method: str, path: str, allow: str) -> None:
    answer = ask.send(method, path)
    assert (answer.status, answer.json["field"], answer.headers["Allow"]) == (405, "method", allow)
    assert answer.json["allowed"] == allow.split(", ")


def test_a_path_with_nothing_behind_it_is_404(ask: Ask) -> None:
    for path in ("/models", "/predictions/", "//", "/é"):
        answer = ask.send("GET", path)
        assert (answer.status, answer.json["field"]) == (404, "path")


def test_a_flood_of_headers_does_no_harm(ask: Ask) -> None:
    flood = {f"x-{number}": "v" * 100 for number in range(10_000)}
    several = {name: [value] * 3 for name, value in flood.items()}
    answer = ask.send("POST", "/", body=json.dumps(RIDE), headers=flood, multiValueHeaders=several)
    assert answer.json["label"] == 1
    assert ask(RIDE, headers={"Accept": "text/plain;" * 10_000, "Content-Type": ""}).status == 200


def test_the_live_models_card_is_told_with_the_units(ask: Ask) -> None:
    answer = ask.get("/model")
    assert (answer.status, answer.json["execution"], answer.json["features"]) == (
        200,
        "e1",
        ["distance", "magicpoints"],
    )
    assert answer.json["units"] == {"distance": "miles", "magicpoints": "points"}
    assert answer.json["training"]["distance"]["mean"] == 20.0


def test_the_document_is_made_for_the_live_model(ask: Ask) -> None:
    document = ask.get("/openapi.json").json
    ride = document["components"]["schemas"]["Ride"]
    assert ride["required"] == ["distance", "magicpoints"]
    assert ride["properties"]["magicpoints"]["description"].endswith("in points")
    assert set(ride["properties"]["TMIN"]) == {"description"}
    assert ride["properties"]["distance"]["oneOf"][0] == {"type": "number", "minimum": 0.0, "maximum": 1e9}
    assert ride["example"] == {"distance": 30, "magicpoints": 2500}
    assert document["servers"] == [{"url": "."}]
    assert "x-amazon" not in json.dumps(document)
    assert "Fn::" not in json.dumps(document)
    context = {"domainName": "abc.execute-api.eu-west-1.amazonaws.com", "path": "/live/openapi.json"}
    document = ask.send("GET", "/openapi.json", requestContext=context).json
    assert document["servers"] == [{"url": "https://abc.execute-api.eu-west-1.amazonaws.com/live"}]


def test_the_gateways_request_id_is_the_answers(ask: Ask) -> None:
    answer = ask.send("POST", "/", body=json.dumps(RIDE), requestContext={"requestId": "from-the-gateway"})
    assert answer.json["request_id"] == "from-the-gateway"


def test_an_origin_that_may_call_is_told_so_in_every_answer(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Access-Control-Allow-Origin" not in ask(RIDE).headers
    ask.set("CORS_ORIGIN", "https://rydes.example")
    for answer in (ask(RIDE), ask("{"), ask.send("GET", "/nothing")):
        assert answer.headers["Access-Control-Allow-Origin"] == "https://rydes.example"


def test_before_the_first_promotion_the_answer_is_503_and_says_so(ask: Ask) -> None:
    ask.set("MODEL_PATH", "none")
    for answer in (ask(RIDE), ask.get("/predictions", features="1,2"), ask.get("/model")):
        assert (answer.status, answer.headers["Retry-After"], answer.json["field"]) == (503, "60", "model")
        assert answer.json["detail"].startswith("no model has been promoted yet")
    ride = ask.get("/openapi.json").json["components"]["schemas"]["Ride"]
    assert ("required" in ride, len(ride["properties"]), len(ride["example"])) == (False, 7, 6)


def test_a_live_model_that_cannot_be_read_is_503_and_the_log_names_it(
    ask: Ask, model_bucket: Any, caplog: pytest.LogCaptureFixture
) -> None:
    model_bucket.put(KEY, b"not a model")
    answer = ask(RIDE)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
    assert answer.json["detail"] == "the champion, the model of the execution e1, cannot be loaded"
    assert f"{KEY}: BadModel: the artefact is no gzip" in caplog.text
    assert "required" not in ask.get("/openapi.json").json["components"]["schemas"]["Ride"]


def test_a_live_model_that_is_not_there_is_503_too(
    ask: Ask, model_bucket: Any, caplog: pytest.LogCaptureFixture
) -> None:
    model_bucket.s3.delete_object(Bucket="wildrydes-data", Key="models/e1/card.json")
    assert ask(RIDE).status == 503
    assert "MissingObject: s3://wildrydes-data/models/e1/card.json is not there" in caplog.text


def test_a_model_that_was_replaced_after_its_evaluation_does_not_answer(
    ask: Ask, model_bucket: Any, write_artefact: Any, caplog: pytest.LogCaptureFixture
) -> None:
    model_bucket.put(KEY, write_artefact([-0.25, 0.01], 0.0, 0.5))
    assert ask(RIDE).status == 503
    assert "had " in caplog.text and "when it was evaluated" in caplog.text


@pytest.mark.parametrize("verdict", [None, {}, {"promote": False, "reason": "equal"}, {"promote": "true"}, "promote"])
def test_a_model_that_has_not_passed_the_gate_does_not_answer(
    ask: Ask, model_bucket: Any, caplog: pytest.LogCaptureFixture, verdict: Any
) -> None:
    model_bucket.put("models/e1/card.json", json.dumps(model_bucket.json("models/e1/card.json") | {"verdict": verdict}))
    answer = ask(RIDE)
    assert (answer.status, answer.json["detail"]) == (
        503,
        "the champion, the model of the execution e1, cannot be loaded",
    )
    assert f"{KEY} has not passed the gate; the verdict in its card is {verdict!r}" in caplog.text


def test_what_evaluate_model_writes_is_what_predict_reads(ask: Ask, evaluate: Any, model_bucket: Any) -> None:
    golden = evaluate()["golden"]
    # This one is no better than a constant.
    card = model_bucket.json("models/e1/card.json")
    model_bucket.put("models/e1/card.json", json.dumps(card | {"verdict": card["verdict"] | {"promote": True}}))
    answer = ask(golden["ride"])
    assert (answer.json["probability"], answer.json["model"]) == (golden["probability"], "e1")


def test_the_model_is_read_once_a_process(ask: Ask, model_bucket: Any) -> None:
    assert ask(RIDE).status == 200
    model_bucket.put(KEY, b"gone")
    assert ask(RIDE).status == 200


def test_a_model_that_could_not_be_read_is_tried_again(ask: Ask, model_bucket: Any) -> None:
    artefact = model_bucket.get(KEY)
    model_bucket.put(KEY, b"for now")
    assert ask(RIDE).status == 503
    model_bucket.put(KEY, artefact)
    assert ask(RIDE).status == 200


def test_each_request_leaves_a_line_of_metrics_without_a_payload(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    ask([RIDE, RIDE, RIDE | {"magicpoints": 450}, {"secret": 1}])
    output = capsys.readouterr().out
    fields = json.loads(output.splitlines()[0])
    assert (fields["service"], fields["status"], fields["Predictions"], fields["RidesRefused"]) == (
        "wildrydes",
        "200",
        3,
        1,
    )
    score = fields["PredictionScore"]
    assert dict(zip(score["Values"], score["Counts"], strict=True)) == {0.625: 2, 0.375: 1}
    assert (score["Count"], score["Sum"]) == (3, pytest.approx(2 * 0.6224593 + 0.3775407, abs=1e-6))
    assert fields["PredictionLatency"] > 0
    of_all, by_status = fields["_aws"]["CloudWatchMetrics"]
    assert (of_all["Namespace"], of_all["Dimensions"]) == ("WildRydes", [["service"]])
    assert by_status["Dimensions"] == [["service", "status"]]
    names = {metric["Name"] for directive in (of_all, by_status) for metric in directive["Metrics"]}
    assert names == {"PredictionLatency", "Predictions", "RidesRefused", "PredictionScore", "PredictionRequests"}
    assert names <= set(fields)
    assert "secret" not in output


def test_the_metrics_of_one_ride_and_of_none(ask: Ask, capsys: pytest.CaptureFixture[str]) -> None:
    ask(RIDE)
    assert json.loads(capsys.readouterr().out)["PredictionScore"] == pytest.approx(0.6224593, abs=1e-6)
    ask({"distance": 10})
    fields = json.loads(capsys.readouterr().out)
    assert (fields["status"], fields["RidesRefused"], "PredictionScore" in fields) == ("422", 1, False)
    assert "label" not in fields


def scores_by_label(output: str) -> dict[str, Any]:
    """What lines of metrics have as scores of each label."""
    scores = {}
    for line in map(json.loads, output.splitlines()):
        for directive in line["_aws"]["CloudWatchMetrics"]:
            if directive["Dimensions"] == [["service", "label"]]:
                assert [each["Name"] for each in directive["Metrics"]] == ["PredictionScore"]
                scores[line["label"]] = line["PredictionScore"]
    return scores


def test_scores_are_by_label_too_in_one_line_where_there_is_one_label(
    ask: Ask, capsys: pytest.CaptureFixture[str]
) -> None:
    low = RIDE | {"magicpoints": 450}
    ask([RIDE, low, RIDE, {}])
    output = capsys.readouterr().out
    assert len(output.splitlines()) == 3
    scores = scores_by_label(output)
    assert (scores["1"]["Values"], scores["1"]["Counts"]) == ([0.625], [2])
    assert scores["0"] == pytest.approx(0.3775407, abs=1e-6)
    ask([low, low])
    output = capsys.readouterr().out
    assert len(output.splitlines()) == 1
    assert scores_by_label(output)["0"]["Count"] == 2


def test_a_missing_setting_is_named(bucket: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODEL_PATH")
    with pytest.raises(MissingSetting, match="MODEL_PATH is not set"):
        run("predict", {"body": "{}"})
    monkeypatch.delenv("DATA_BUCKET")
    with pytest.raises(MissingSetting, match="DATA_BUCKET is not set"):
        run("plan_ingestion", {"execution": "e1", "chunk_bytes": 1024})


def test_predict_imports_the_standard_library_alone_and_little_of_it() -> None:
    code = "import sys, predict.app; print(*sys.modules)"
    process = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=FUNCTIONS, capture_output=True, text=True, check=True
    ).stdout.split()
    packages = {name.partition(".")[0] for name in process}
    assert {"predict", "aws", "wildrydes"} == packages - sys.stdlib_module_names - {"__main__"}
    # Each of these takes a tenth or more of the time until the first answer.
    assert not packages & {"dataclasses", "email", "http", "logging", "pathlib", "ssl", "tarfile", "urllib", "zipfile"}


def test_base64_samples_are_what_they_say() -> None:
    event = json.loads((ROOT / "events" / "predict_base64.json").read_text(encoding="utf-8"))
    assert json.loads(base64.b64decode(event["body"]))["distance"] == 30
