"""A champion that an endpoint serves, asked through the function: answers, the model's name, and a fault of it."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest

from predictions import Ask
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


def test_an_answer_names_the_model_that_gave_it(pick: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Endpoint, "variant", "p0-xgboost")

    assert pick(SAMPLE).json["model"] == "p0"


def test_an_endpoint_that_does_not_answer_is_503_and_the_log_says_why(
    pick: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Endpoint, "status", 424)

    answer = pick(SAMPLE)

    assert (answer.status, answer.json["detail"]) == (503, "the endpoint of the live model does not answer")
    assert "EndpointNotAsked: the endpoint stack-pick-duration gave no scores, at last for 424" in caplog.text


def test_a_promotion_is_refused_that_would_have_another_serve_the_model_than_its_card_says(pick: Ask) -> None:
    statuses = [pick(SAMPLE, serving=serving).status for serving in ("endpoint", "lambda")]

    assert statuses == [200, 503]
    assert len(Endpoint.bodies) == 1
