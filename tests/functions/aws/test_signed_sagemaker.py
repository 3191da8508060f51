"""An endpoint asked by a signed request without boto3: what is sent, by a server of the test's own, and the answers."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from aws import signature
from aws.signed_sagemaker import EndpointClient, Scores
from predict.endpoint_model import EndpointModel, Served
from wildrydes.errors import BadModel, EndpointNotAsked

VARIANT = "run-1-xgboost"


class Runtime(BaseHTTPRequestHandler):
    """Answers by what is in `answers`, one after the other, and keeps what it was sent."""

    protocol_version = "HTTP/1.1"
    answers: ClassVar[list[tuple[int, bytes]]] = []
    requests: ClassVar[list[tuple[str, dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        status, answer = self.answers.pop(0)
        self.send_response(status)
        self.send_header("Content-Type", "text/csv; charset=utf-8")
        self.send_header("x-Amzn-Invoked-Production-Variant", "run-1-xgboost")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library names it
        """Nothing: the test's own output is enough."""


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[EndpointClient]:
    Runtime.answers.clear()
    Runtime.requests.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Runtime) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("AWS_REGION", "eu-west-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
        client = EndpointClient("rides")
        yield client
        client.close()
        server.shutdown()


def test_an_invocation_is_signed_as_botocore_signs_it(client: EndpointClient) -> None:
    Runtime.answers.append((200, b"0.25,0.5"))

    answer = client.ask(b"1,2\n3,4")

    assert answer == Scores(b"0.25,0.5", "text/csv; charset=utf-8", "run-1-xgboost")
    path, headers, body = Runtime.requests[0]
    assert (path, headers["content-type"], body) == ("/endpoints/rides/invocations", "text/csv", b"1,2\n3,4")
    signed = headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    request = AWSRequest("POST", f"http://{headers['host']}{path}", {name: headers[name] for name in signed}, body)
    request.context["timestamp"] = headers["x-amz-date"]
    auth = SigV4Auth(BotoCredentials("AKIA", "secret", "token"), "sagemaker", "eu-west-1")
    expected = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
    assert headers["authorization"].endswith(f"Signature={expected}")


def test_what_may_pass_is_asked_again_and_what_may_not_is_not(client: EndpointClient) -> None:
    Runtime.answers += [(503, b"busy"), (200, b"1.5")]
    assert client.ask(b"1", pause=lambda _: None).body == b"1.5"

    Runtime.answers += [(424, b'{"OriginalMessage": "unable"}')]
    with pytest.raises(EndpointNotAsked, match=r"the endpoint rides gave no scores, at last for 424 .*unable"):
        client.ask(b"1", pause=lambda _: None)
    assert len(Runtime.requests) == 3


def test_a_get_of_an_object_is_signed_as_before() -> None:
    credentials = signature.Credentials("AKIA", "secret", "")
    host, time = "bucket.s3.eu-west-1.amazonaws.com", "20260101T000000Z"
    one = signature.signed_headers(host, "/a", "eu-west-1", credentials, time)

    assert list(one) == ["host", "x-amz-content-sha256", "x-amz-date", "authorization"]


def regressor(ask: Callable[[bytes], Scores], features: tuple[str, ...] = ("distance",)) -> EndpointModel:
    """A model whose endpoint has no other variant."""
    return EndpointModel(ask, {}.__getitem__, VARIANT, Served("run-1", features, 0.5), "regressor")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"predictions": [{"score": 0.25, "predicted_label": 0}, {"score": 0.5}]}'),
        ("application/json", b'{"predictions": [{"predicted_label": 0.25}, {"predicted_label": 0.5}]}'),
        ("text/csv; charset=utf-8", b"0.25,0.5"),
        ("text/csv; charset=utf-8", b"0.25\n0.5\n"),
    ],
)
def test_answers_of_each_algorithm_are_scores(content_type: str, body: bytes) -> None:
    sent: list[bytes] = []

    def ask(rows: bytes) -> Scores:
        sent.append(rows)
        return Scores(body, content_type, VARIANT)

    model = regressor(ask, features=("distance", "PRCP"))

    assert model.scores([[1.0, 2.5], [3.0, 4.0]]) == [0.25, 0.5]
    assert sent == [b"1.0,2.5\n3.0,4.0"]
    assert model.scores([]) == []
    with pytest.raises(BadModel, match="2 features"):
        model.score([1.0])


NO_SCORES = [b"", b"{}", b"<html>", b'{"predictions": [{"label": 1}]}', b"[" * 100_000, b"1,2"]
NOT_FINITE = [b'{"predictions": [{"score": %s}]}' % number for number in (b"NaN", b"Infinity", b'"-inf"', b"1e400")]


@pytest.mark.parametrize("body", NO_SCORES + NOT_FINITE)
def test_what_is_no_score_is_an_error(body: bytes) -> None:
    model = regressor(lambda _: Scores(body, "application/json", VARIANT))

    with pytest.raises(EndpointNotAsked):
        model.score([1.0])
