"""A champion that an endpoint serves, asked through the function: answers, the model's name, and a fault of it."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest

from aws.signed_sagemaker import Scores
from predict.endpoint_model import EndpointModel, Served
from predictions import Ask
from wildrydes.model.artefact import CLASSIFIER
from wildrydes.tasks import TASKS

FEATURES = TASKS["pick_duration"].features
SAMPLE = dict.fromkeys(FEATURES, 1)
KEY = "models/pick_duration/p1/p1-knn/output/model.tar.gz"
CARD = {
    "execution": "p1",
    "task": "pick_duration",
    "target": "pick_duration",
    "kind": "regression",
    "algorithm": "knn",
    "features": FEATURES,
    "model_path": KEY,
    "verdict": {"promote": True},
    "serving": "endpoint",
}


class Endpoint(BaseHTTPRequestHandler):
    """Answers every row by 7.5, as the variant `variant`; with the status `status`."""

    status: ClassVar[int] = 200
    variant: ClassVar[str] = "p1-knn"
    bodies: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        rows = len(self.bodies[-1].splitlines())
        body = json.dumps({"predictions": [{"predicted_label": 7.5}] * rows}).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("x-Amzn-Invoked-Production-Variant", self.variant)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library names it
        """Nothing: the test's own output is enough."""


@pytest.fixture
def pick(ask: Ask, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """The function of pick_duration. There is no artefact in the bucket: the function has no use for one."""
    bucket.put("models/pick_duration/p1/card.json", json.dumps(CARD))
    Endpoint.bodies.clear()
    monkeypatch.setattr(Endpoint, "status", 200)
    monkeypatch.setattr(Endpoint, "variant", "p1-knn")
    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        ask.set("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", f"http://127.0.0.1:{server.server_port}")
        ask.set("ENDPOINT", "stack-pick-duration")
        ask.set("TASK", "pick_duration")
        ask.set("MODEL_PATH", KEY)
        yield ask
        server.shutdown()


def test_the_endpoints_number_is_the_answer(pick: Ask) -> None:
    answer = pick(SAMPLE)

    assert (answer.status, answer.json["value"], answer.json["unit"], answer.json["model"]) == (200, 7.5, "ms", "p1")
    assert Endpoint.bodies == [",".join(["1.0"] * len(FEATURES)).encode()]


def test_many_are_asked_at_once_and_what_cannot_be_used_not_at_all(pick: Ask) -> None:
    answer = pick([SAMPLE, {}, SAMPLE])

    values = [each.get("value") for each in answer.json["predictions"]]
    assert values == [7.5, None, 7.5]
    assert [len(body.splitlines()) for body in Endpoint.bodies] == [2]


def record(bucket: Any, variant: str, execution: str, **card: Any) -> None:
    """What a promotion writes of another model's variant, and that model's card."""
    path = f"models/pick_duration/{execution}/{variant}/output/model.tar.gz"
    bucket.put(f"models/pick_duration/variants/{variant}.json", json.dumps({"model_path": path}))
    other = CARD | {"execution": execution, "model_path": path} | card
    bucket.put(f"models/pick_duration/{execution}/card.json", json.dumps(other))


@pytest.mark.parametrize(
    ("variant", "execution"),
    [
        ("p0-xgboost", "p0"),
        # Started again after a kill, one by the linear learner whose name has no suffix, and one of another algorithm.
        ("p0-2", "p0"),
        ("p0-knn-3", "p0"),
        # Of a tuning job, whose own name may have been cut.
        ("p0-xgboost-004-7a9c5e1d", "p0"),
        ("6f1c2b3a-0d4e-4f5a-8b6c-1a2b3c4d-002-0f9e8d7c", "6f1c2b3a-0d4e-4f5a-8b6c-7d8e9fa0b1c2_p0"),
        # Of an execution whose name SageMaker does not take, and of two that are called as algorithms are.
        ("6f1c2b3a-0d4e-4f5a-8b6c-7d8e9fa0b-1a2b3c4d-xgboost", "6f1c2b3a-0d4e-4f5a-8b6c-7d8e9fa0b1c2_p0"),
        ("my-knn", "my-knn"),
        ("my-knn-xgboost", "my-knn"),
    ],
)
def test_an_answer_names_the_model_that_gave_it_whatever_its_training_job_is_called(
    pick: Ask, bucket: Any, monkeypatch: pytest.MonkeyPatch, variant: str, execution: str
) -> None:
    record(bucket, variant, execution)
    monkeypatch.setattr(Endpoint, "variant", variant)

    assert (pick(SAMPLE).json["model"], pick(SAMPLE).json["value"]) == (execution, 7.5)
    monkeypatch.setattr(Endpoint, "variant", "p1-knn")
    assert pick(SAMPLE).json["model"] == "p1"


@pytest.mark.parametrize("features", [[*FEATURES[1:], FEATURES[0]], FEATURES[1:]])
def test_the_answer_of_a_model_of_other_features_is_none(
    pick: Ask, bucket: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, features: list[str]
) -> None:
    record(bucket, "p2", "p2", features=features)
    monkeypatch.setattr(Endpoint, "variant", "p2")

    answers = [pick(SAMPLE), pick([SAMPLE, SAMPLE])]

    assert [(each.status, each.headers["Retry-After"]) for each in answers] == [(503, "60")] * 2
    assert f"the endpoint answered by the model of p2, of the features {', '.join(features)}" in caplog.text
    monkeypatch.setattr(Endpoint, "variant", "p1-knn")
    assert pick(SAMPLE).json["model"] == "p1"


@pytest.mark.parametrize("body", [None, "no JSON", "[]", '{"model_path": 1}', '{"model_path": "models/x"}'])
def test_the_answer_of_a_variant_that_nobody_wrote_down_is_none(
    pick: Ask, bucket: Any, monkeypatch: pytest.MonkeyPatch, body: str | None
) -> None:
    if body:
        bucket.put("models/pick_duration/variants/p9.json", body)
    for variant in ("p9", ""):
        monkeypatch.setattr(Endpoint, "variant", variant)
        assert pick(SAMPLE).status == 503


def test_the_answer_of_a_variant_whose_card_is_gone_is_none(
    pick: Ask, bucket: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    record(bucket, "p8", "p8")
    bucket.s3.delete_object(Bucket="wildrydes-data", Key="models/pick_duration/p8/card.json")
    monkeypatch.setattr(Endpoint, "variant", "p8")

    assert pick(SAMPLE).status == 503
    assert "the endpoint answered by the variant 'p8'" in caplog.text


def test_a_label_is_by_the_threshold_of_the_model_that_answered() -> None:
    own, other = Served("one", ("distance",), 0.5), Served("two", ("distance",), 0.25)
    answers = iter([Scores(b"0.4", "text/csv", "job-two"), Scores(b"0.4", "text/csv", "job-one")])
    model = EndpointModel(lambda _: next(answers), {"job-two": other}.__getitem__, "job-one", own, CLASSIFIER)

    seen = [(model.score([1.0]), model.execution, model.threshold) for _ in range(2)]

    assert seen == [(0.4, "two", 0.25), (0.4, "one", 0.5)]


def compare(pick: Ask, replaces: str) -> dict[str, Any]:
    answer = pick(None, replacement={"model_path": KEY, "replaces": replaces})
    assert answer.status == 200, answer
    return answer.json


def test_an_endpoint_is_updated_to_models_of_the_champions_features_alone(pick: Ask, bucket: Any) -> None:
    others = [*FEATURES[1:], FEATURES[0]]
    record(bucket, "same", "same")
    record(bucket, "other", "other", features=others)
    record(bucket, "function", "function", features=others, serving="lambda")
    # Nobody is answered by what cannot be read.
    record(bucket, "damaged", "damaged", features=others, verdict=None)
    key = "models/pick_duration/{0}/{0}/output/model.tar.gz".format

    assert compare(pick, key("other")) == {
        "possible": False,
        "features": ", ".join(FEATURES),
        "champion_features": ", ".join(others),
    }
    possible = {name: compare(pick, key(name))["possible"] for name in ("same", "function", "damaged", "gone")}
    assert possible == dict.fromkeys(possible, True)
    assert compare(pick, "none")["possible"]
    # Nothing was asked of the endpoint.
    assert Endpoint.bodies == []


def test_no_endpoint_is_updated_to_a_model_that_its_card_has_another_serve(pick: Ask, bucket: Any) -> None:
    bucket.put("models/pick_duration/p1/card.json", json.dumps(CARD | {"serving": "lambda"}))

    assert pick(None, replacement={"model_path": KEY, "replaces": "none"}).status == 503


def test_an_endpoint_that_does_not_answer_is_503_and_the_log_says_why(
    pick: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Endpoint, "status", 424)

    answer = pick(SAMPLE)

    assert (answer.status, answer.json["detail"]) == (503, "the champion's endpoint does not answer")
    assert "EndpointNotAsked: the endpoint stack-pick-duration gave no scores, at last for 424" in caplog.text


def test_a_promotion_is_refused_that_would_have_another_serve_the_model_than_its_card_says(pick: Ask) -> None:
    statuses = [pick(SAMPLE, serving=serving).status for serving in ("endpoint", "lambda")]

    assert statuses == [200, 503]
    assert len(Endpoint.bodies) == 1
