"""Reading objects by ourselves: against a server whose answers are bytes in view, and against the embedded AWS."""

import json
import socket
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from aws import http_connection, signed_s3
from aws.signed_s3 import Endpoint, endpoint_of
from local.account import EmbeddedAws
from wildrydes.errors import MissingObject, MissingSetting, ObjectNotRead

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
BUSY = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 32\r\n\r\n<Error><Code>SlowDown</Code></E>"
CLOSED = b""


class Server:
    """Answers each request with the next of its answers, an empty one by hanging up; keeps what it was asked."""

    def __init__(self, answers: list[bytes]) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._answers = iter(answers)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            with connection, suppress(ConnectionError):
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        while request := connection.recv(65536):
            self.requests.append(request)
            answer = next(self._answers, CLOSED)
            if answer == CLOSED:
                return
            connection.sendall(answer)

    def stop(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A server of given answers, as the environment's S3."""

    @contextmanager
    def serving(*answers: bytes) -> Iterator[Server]:
        server = Server(list(answers))
        thread = threading.Thread(target=server.serve)
        thread.start()
        variables = EmbeddedAws(server.address, "AKIDEXAMPLE", "secret", "token").variables() | {
            "AWS_SESSION_TOKEN": "token"
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        try:
            yield server
        finally:
            server.stop()
            thread.join()

    return serving


def read(*keys: str, most: int = 100) -> tuple[list[bytes], list[float]]:
    """What is read of a bucket, and the pauses that were made for it."""
    pauses: list[float] = []
    return signed_s3.read("bucket", dict.fromkeys(keys, most), pauses.append), pauses


def test_objects_are_read_over_one_connection(serving: Any) -> None:
    second = OK.replace(b"hello", b"again").replace(b"Length: 5", b"Length:  5 ")
    with serving(OK, second) as server:
        assert read("a", "b/ü +.json") == ([b"hello", b"again"], [])
    assert server.connections == 1
    first, then = (request.decode().split("\r\n") for request in server.requests)
    assert (first[0], then[0]) == ("GET /bucket/a HTTP/1.1", "GET /bucket/b/%C3%BC%20%2B.json HTTP/1.1")
    assert f"host: {server.address.removeprefix('http://')}" in first
    assert "x-amz-security-token: token" in first


def test_a_connection_that_the_server_closes_is_made_again(serving: Any) -> None:
    with serving(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), OK) as server:
        assert read("a", "b")[0] == [b"hello", b"hello"]
    assert server.connections == 2


@pytest.mark.parametrize(
    "fault",
    [
        BUSY,
        CLOSED,
        b"HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 429 Too Many\r\nContent-Length: 0\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"HTTP/1.1 \xb2\xb2\xb2 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000,
    ],
)
def test_what_may_pass_is_tried_again_at_most_twice(serving: Any, fault: bytes) -> None:
    with serving(fault, fault, OK):
        assert read("a") == ([b"hello"], [0.1, 0.4])
    with serving(fault, fault, fault, OK), pytest.raises(ObjectNotRead, match="s3://bucket/a could not be read"):
        read("a")


def test_an_answer_that_breaks_off_is_asked_for_again(serving: Any) -> None:
    with serving(OK[:-2], OK[:-2], OK) as server:
        # The first two leave the rest unsaid until the connection's time is over.
        server_side = pytest.MonkeyPatch()
        server_side.setattr(signed_s3, "_TRIES", ((0.0, 0.05), (0.1, 0.05), (0.4, 5.0)))
        try:
            assert read("a")[0] == [b"hello"]
        finally:
            server_side.undo()
        assert server.connections == 3


def test_no_try_begins_when_the_time_is_over(serving: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signed_s3, "_ALL_SECONDS", 0.0)
    with serving(OK) as server, pytest.raises(ObjectNotRead, match=r"s3://bucket/a could not be read.*want of time"):
        read("a")
    assert server.connections == 0


def test_no_connection_is_a_fault_with_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for name, value in EmbeddedAws.on_port(port).variables().items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ObjectNotRead, match="at last for ConnectionRefusedError"):
        read("a")


@pytest.mark.parametrize("status", [b"404 Not Found", b"403 Forbidden"])
def test_an_object_that_is_not_there_is_missing_at_once(serving: Any, status: bytes) -> None:
    body = b"<Error><Code>NoSuchKey</Code></Error>"
    answer = b"HTTP/1.1 " + status + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with serving(answer) as server, pytest.raises(MissingObject, match=r"s3://bucket/a is not there.*\(NoSuchKey\)"):
        read("a")
    assert len(server.requests) == 1


def test_another_refusal_is_not_tried_again(serving: Any) -> None:
    moved = b"HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n"
    with serving(moved) as server, pytest.raises(ObjectNotRead, match="could not be read: 301"):
        read("a")
    assert len(server.requests) == 1


def test_an_object_that_is_larger_than_it_may_be_is_not_read(serving: Any) -> None:
    large = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n" + b"x" * 1000
    with serving(large), pytest.raises(ObjectNotRead, match="has 1000000000000 bytes, more than the 100 that are read"):
        read("a")


@pytest.mark.parametrize(
    ("variables", "expected", "authority"),
    [
        ({}, Endpoint("b.s3.eu-west-1.amazonaws.com", 443, True, "/"), "b.s3.eu-west-1.amazonaws.com"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, Endpoint("127.0.0.1", 4566, False, "/b/"), "127.0.0.1:4566"),
        ({"AWS_ENDPOINT_URL": "https://s3.example"}, Endpoint("s3.example", 443, True, "/b/"), "s3.example"),
        (
            {"AWS_ENDPOINT_URL": "http://one:1", "AWS_ENDPOINT_URL_S3": "https://two:2/under/"},
            Endpoint("two", 2, True, "/under/b/"),
            "two:2",
        ),
    ],
)
def test_a_bucket_is_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: Endpoint, authority: str
) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    endpoint = endpoint_of("b", "eu-west-1")
    assert (endpoint, endpoint.authority) == (expected, authority)


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in EmbeddedAws.on_port(1).variables().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(MissingSetting, match="AWS_SECRET_ACCESS_KEY"):
        read("a")


def test_tls_is_asked_of_a_host_whose_certificate_is_checked(serving: Any) -> None:
    with serving(b"not TLS"), pytest.raises(ssl.SSLError):
        http_connection.Connection("127.0.0.1", int(endpoint_of("b", "x").port), True, time.monotonic() + 5)


def test_the_embedded_aws_takes_the_signature(
    server: EmbeddedAws, client: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket, s3 = f"signed-{uuid.uuid4().hex[:8]}", client("s3")
    s3.create_bucket(Bucket=bucket)
    keys = {"models/a b+ü=~.json": {"one": 1}, "models//../x?&#": {"two": 2}}
    for key, value in keys.items():
        s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(value))
    user = f"reader-{uuid.uuid4().hex[:8]}"
    client("iam").create_user(UserName=user)
    allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/models/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    client("iam").put_user_policy(UserName=user, PolicyName="read", PolicyDocument=policy)
    key = client("iam").create_access_key(UserName=user)["AccessKey"]
    signer = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    for name, value in (server.variables() | signer).items():
        monkeypatch.setenv(name, value)
    assert [json.loads(data) for data in signed_s3.read(bucket, dict.fromkeys(keys, 100))] == list(keys.values())
    with pytest.raises(MissingObject, match="AccessDenied"):
        signed_s3.read(bucket, {"raw/rides.json": 100})
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    with pytest.raises(MissingObject, match="SignatureDoesNotMatch"):
        signed_s3.read(bucket, {next(iter(keys)): 100})
