"""predict's handler, whatever it is asked: no exception, no 5xx while there is a champion, a field in each 4xx."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import predict.app
from predictions import Answer, Ask
from wildrydes.tasks import DEFAULT_TASK, TASKS

pytestmark = pytest.mark.proof

FEATURES = TASKS[DEFAULT_TASK].features

# The fixture is the same model for every example, and is not changed by any.
PROPERTY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)

WEIGHTS, BIAS = [-0.05, 0.0001, 0.0005, 0.001, 0.002, 0.003], -0.4

PATHS = st.sampled_from(sorted(predict.app.routes(DEFAULT_TASK))) | st.text(max_size=20)
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"]) | st.text(max_size=10)
NAMES = st.sampled_from([*FEATURES, *(name.upper() for name in FEATURES), "Distance", "wind"]) | st.text(max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.sampled_from(["1e400", "12"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
RIDES = st.dictionaries(NAMES, VALUES, max_size=8)
JSON = VALUES | RIDES | st.lists(RIDES, max_size=5)
TEXTS = JSON.map(json.dumps) | st.text(max_size=60)
HEADERS = st.dictionaries(
    st.sampled_from(["Accept", "accept", "Content-Type", "content-encoding", "X-Other"]) | st.text(max_size=10),
    st.sampled_from(["text/csv", "text/plain, */*;q=0.1", "application/json; charset=utf-8", "*/*", "gzip", "q=;;,"])
    | st.text(max_size=30),
    max_size=4,
)
QUERIES = st.none() | st.dictionaries(st.sampled_from(["features", "x"]), st.lists(st.text(max_size=20), max_size=3))


def check_answer(answer: Answer) -> None:
    """What holds of every answer while there is a champion."""
    assert answer.status in (200, 400, 404, 405, 413, 415, 422)
    # Lambda's runtime sends it as UTF-8, which a surrogate without its half has none of.
    answer.body.encode()
    if answer.status != 200:
        problem = answer.json
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert (problem["type"], problem["status"]) == ("about:blank", answer.status)
        assert isinstance(problem["field"], str) and problem["detail"] and problem["request_id"]


@PROPERTY
@given(method=METHODS, path=PATHS, headers=HEADERS, query=QUERIES, body=st.none() | TEXTS, encoded=st.booleans())
def test_any_request_is_answered(
    ask: Ask, method: str, path: str, headers: dict[str, str], query: Any, body: str | None, encoded: bool
) -> None:
    several = {name: [value, value] for name, value in headers.items()}
    single = {name: values[-1] for name, values in (query or {}).items() if values}
    event = {"headers": headers, "multiValueHeaders": several, "body": body, "isBase64Encoded": encoded}
    event |= {"queryStringParameters": single or None, "multiValueQueryStringParameters": query}
    check_answer(ask.send(method, path, **event))


@PROPERTY
@given(body=TEXTS, headers=st.just({}) | HEADERS)
def test_any_body_is_answered(ask: Ask, body: str, headers: dict[str, str]) -> None:
    check_answer(ask(body, headers=headers))


@PROPERTY
@given(data=st.binary(max_size=200) | TEXTS.map(lambda text: text.encode("utf-16")))
def test_any_bytes_are_answered(ask: Ask, data: bytes) -> None:
    check_answer(ask(data))
    check_answer(ask.send("POST", "/", body=base64.b85encode(data).decode(), isBase64Encoded=True))
    # What API Gateway makes of bytes that are no UTF-8.
    check_answer(ask(data.decode("utf-8", "replace")))


@PROPERTY
@given(rides=st.lists(RIDES | VALUES, min_size=1, max_size=8), accept=st.sampled_from(["*/*", "text/csv"]))
def test_an_array_is_answered_in_order(ask: Ask, rides: list[Any], accept: str) -> None:
    answer = ask(rides, headers={"Accept": accept})
    assert answer.status == 200
    answer.body.encode()
    if accept == "*/*":
        predictions = answer.json["predictions"]
        alone = [ask(ride) if isinstance(ride, dict) else None for ride in rides]
        assert len(predictions) == len(rides)
        for each, single in zip(predictions, alone, strict=True):
            if single and single.status == 200:
                assert each["probability"] == single.json["probability"]
            else:
                assert each["error"]["status"] == 422


@pytest.fixture
def live(ask: Ask, write_artefact: Callable[..., bytes], model_bucket: Any) -> Ask:
    """The handler with a model of all six features."""
    artefact = write_artefact(WEIGHTS, BIAS, 0.5)
    key = "models/six/six/output/model.tar.gz"
    card = {"execution": "six", "target": "heavy_utilization", "features": FEATURES, "model_path": key}
    card["verdict"] = {"promote": True, "reason": "there is no champion"}
    model_bucket.put(key, artefact)
    model_bucket.put("models/six/card.json", json.dumps(card))
    ask.set("MODEL_PATH", key)
    return ask


def scores_of_mxnet(mx: Any, rows: list[list[float]]) -> list[float]:
    """What MXNet's own Module says of the rows, by the champion's weights."""
    weight, bias = mx.sym.Variable("weight", shape=(6, 1)), mx.sym.Variable("bias", shape=(1, 1))
    total = mx.sym.broadcast_add(mx.sym.dot(mx.sym.Variable("data"), weight), bias)
    module = mx.mod.Module(mx.sym.LogisticRegressionOutput(total, mx.sym.Variable("label")), ["data"], ["label"])
    module.bind([("data", (len(rows), 6))], [("label", (len(rows), 1))], for_training=False)
    module.set_params({"weight": mx.nd.array([[w] for w in WEIGHTS]), "bias": mx.nd.array([[BIAS]])}, {})
    batch = mx.io.NDArrayIter(mx.nd.array(rows), mx.nd.zeros((len(rows), 1)), len(rows), label_name="label")
    return [float(score) for (score,) in module.predict(batch).asnumpy()]


def test_valid_rides_get_mxnets_numbers(live: Ask, mxnet: Any) -> None:
    rows = [[0.5 + row, 9000.0 - 90 * row, 40.0 * row, 7.0 * row - 60, 3.5 * row, 4.0 * row] for row in range(100)]
    expected = scores_of_mxnet(mxnet, rows)
    rides = [dict(zip(FEATURES, row, strict=True)) for row in rows]
    probabilities = [each["probability"] for each in live(rides).json["predictions"]]
    assert probabilities == pytest.approx(expected, abs=1e-6)
    assert max(expected) - min(expected) > 0.25
    assert [live(ride).json["probability"] for ride in rides[:5]] == probabilities[:5]
    assert live.get("/predictions", features=",".join(map(repr, rows[7]))).json["probability"] == probabilities[7]


@PROPERTY
@given(row=st.lists(st.floats(0, 1e9) | st.integers(0, 10**9), min_size=6, max_size=6))
def test_a_valid_ride_is_answered_whichever_way_it_is_spelt(live: Ask, row: list[float]) -> None:
    answer = live(dict(zip(FEATURES, row, strict=True)))
    assert (answer.status, 0 <= answer.json["probability"] <= 1) == (200, True)
    assert answer.json["label"] == int(answer.json["probability"] >= 0.5)
    respelling = {name.swapcase(): repr(value) for name, value in reversed(list(zip(FEATURES, row, strict=True)))}
    for other in (live(respelling), live.get("/predictions", features=",".join(map(repr, row)))):
        assert other.json["probability"] == answer.json["probability"]
