"""Whatever goes wrong, the answer says what: of AWS, of the console itself, of what is not there."""

import json
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from cli.stack import Stack
from console.answers import BadFieldError, number_of, to_json
from consoles import TOKEN, ask_at, clients_of, serve_console
from local.account import HOST
from machines import until

OUTPUTS = {
    "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:retrain",
    "DataBucketName": "data",
}
MACHINES = dict.fromkeys(("PromoteStateMachineArn", "RestoreStateMachineArn"), OUTPUTS["StateMachineArn"])
READ = "/api/workflow/executions?stateMachineArn=any"
AT_ONCE = 32


def test_number_that_json_has_not_is_null_and_all_beside_it_is_there() -> None:
    value = {"task": float("inf"), "rows": [1.5, (float("nan"), "NaN")], "cost": None}
    body = bytes(to_json(value).body).decode()
    assert json.loads(body, parse_constant=pytest.fail) == {"task": None, "rows": [1.5, [None, "NaN"]], "cost": None}


@pytest.mark.parametrize("text", ["5", "-1", "0000000001", "1" * 30, "²", ""])
def test_text_that_is_no_number_below_the_bound_is_refused(text: str) -> None:
    with pytest.raises(BadFieldError, match="from 0 on, below 5"):
        number_of({"place": text}, "place", 5)
    assert number_of({"place": "4"}, "place", 5) == 4


@pytest.fixture
def silent() -> Iterator[int]:
    """A console whose AWS takes requests and answers none."""
    with closing(socket.create_server((HOST, 0), backlog=200)) as listener:
        client = clients_of(listener)
        with serve_console(Stack("rydes", OUTPUTS, client), "nowhere") as port:
            yield port
            # The threads that still wait for an answer end with it.
            listener.close()


def begun(port: int, path: str = READ) -> socket.socket:
    """A connection on which a request was sent, and whose answer nobody has read."""
    client = socket.create_connection((HOST, port))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nx-console-token: {TOKEN}\r\n\r\n".encode())
    return client


def test_page_comes_and_says_why_while_aws_lets_all_who_asked_wait(silent: int) -> None:
    with ExitStack() as clients:
        waiting = [clients.enter_context(closing(begun(silent))) for _ in range(AT_ONCE + 13)]
        refused = until(lambda: select.select(waiting, [], [], 0)[0], lambda refusals: len(refusals) >= 13)
        assert len(refused) == 13
        assert all(client.recv(1 << 16).startswith(b"HTTP/1.1 503") for client in refused)
        assert ask_at(silent, "/").status == 200
        assert ask_at(silent, "/assets/page.js").status == 200
        answer = ask_at(silent, READ)
        assert answer.status == 503
        assert f"{AT_ONCE} requests wait for AWS" in json.loads(answer.body)["message"]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (KeyError("a secret of the account"), "The console met a fault of its own, KeyError: its log says where."),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
    ids=repr,
)
def test_fault_of_the_console_or_its_machine_is_said(fault: Exception, message: str) -> None:
    with closing(socket.create_server((HOST, 0))) as listener:
        whole = clients_of(listener)

        def client(service: str) -> Any:
            if service == "s3":
                raise fault
            return whole(service)

        with serve_console(Stack("rydes", OUTPUTS, client), "nowhere") as port:
            answer = ask_at(port, "/api/data/look?name=rides.json")
    assert (answer.status, json.loads(answer.body)["message"].startswith(message)) == (500, True)


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/api/nothing", 404), ("POST", READ, 405), ("GET", "/assets/nothing", 404)]
)
def test_what_is_not_there_is_said(silent: int, method: str, path: str, status: int) -> None:
    answer = ask_at(silent, path, body=b"{}" if method == "POST" else None)
    assert answer.status == status
    assert "has nothing for this request" in json.loads(answer.body)["message"]


def test_client_that_goes_before_its_request_is_whole_leaves_no_fault(
    silent: int, caplog: pytest.LogCaptureFixture
) -> None:
    client = socket.create_connection((HOST, silent))
    head = f"Host: {HOST}:{silent}\r\nx-console-token: {TOKEN}\r\nContent-Length: 100\r\n\r\n"
    client.sendall(f"POST /api/workflow/start HTTP/1.1\r\n{head}{{".encode())
    client.close()
    assert ask_at(silent, "/").status == 200
    assert [each.message for each in caplog.records if each.exc_info] == []


def test_file_that_is_refused_is_named_as_its_owner_names_it(silent: int) -> None:
    answer = ask_at(silent, "/api/data/upload?name=rides.json", body=b" ")
    assert json.loads(answer.body)["message"] == "rides.json: it holds no data."


def test_stream_says_what_it_cannot_look_at_in_the_words_of_answers() -> None:
    with closing(socket.create_server((HOST, 0))) as listener:
        client = clients_of(listener)
        with serve_console(Stack("rydes", {**OUTPUTS, **MACHINES}, client), "nowhere") as port:
            listener.close()
            answer = json.loads(ask_at(port, READ).body)["message"]
            with closing(begun(port, "/api/changes")) as stream, stream.makefile("rb") as lines:
                line = next(line for line in lines if line.startswith(b"data: "))
    assert json.loads(line.removeprefix(b"data: "))["message"] == answer
    assert answer.startswith("AWS cannot be reached")
