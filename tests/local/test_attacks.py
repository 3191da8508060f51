"""Requests of strangers: each is refused, reads nothing and changes nothing.

A stranger is a web page that the user has open, a program that knows no key, or one that knows keys of another start.
"""

import base64
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from attacks_and_refusals import ATTACKS, CLOSED_DOORS, refusal
from attacks_from_elsewhere import PAGE_PAYLOADS, side_door
from besieged import SECRET, USERS, Besieged, besieged
from forgeries import EVIL, PAYLOADS, TEST, forged_header, read_object
from local.account import ACCOUNT_ID, EmbeddedAws
from local.server import FOLDER_PREFIX
from machines import function, invoke, role
from raw_http import Reply, Request, presign, send, send_bytes, sign


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Besieged]:
    with besieged(tmp_path_factory.mktemp("besieged")) as furnished:
        yield furnished


@pytest.fixture(scope="module")
def throwaway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Besieged]:
    """One more, on which the payloads do what they are for."""
    with besieged(tmp_path_factory.mktemp("throwaway")) as furnished:
        yield furnished


@pytest.fixture(scope="module")
def inventory(target: Besieged) -> dict[str, Any]:
    return target.inventory()


@contextlib.contextmanager
def borrowed_function(target: Besieged, code: str) -> Iterator[str]:
    """The owner's own function for the length of the block: the inventory is the same before and after."""
    client = target.server.client
    role_arn = role(client, "lambda.amazonaws.com")
    arn = function(client, code, role_arn)
    try:
        yield arn
    finally:
        client("lambda").delete_function(FunctionName=arn)
        client("iam").delete_role(RoleName=role_arn.rpartition("/")[2])


def gives_nothing_away(reply: Reply) -> bool:
    """Whether neither the secret nor leave for a page to read is in the reply."""
    text = reply.body.decode(errors="replace") + json.dumps(reply.headers)
    return SECRET not in text and "access-control-allow-origin" not in reply.headers


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_reads_nothing_and_changes_nothing(name: str, target: Besieged, inventory: dict[str, Any]) -> None:
    attack, refused = ATTACKS[name]
    reply = send(target.server.port, attack(target))
    assert refusal(reply) == refused
    assert gives_nothing_away(reply)
    assert target.inventory() == inventory


@pytest.mark.parametrize("name", PAYLOADS)
def test_payload_does_what_it_is_for_if_the_root_signs_it(name: str, throwaway: Besieged) -> None:
    service, payload = PAYLOADS[name]
    reply = send(throwaway.server.port, sign(payload(throwaway), throwaway.root, service))
    assert 200 <= reply.status < 300, reply.body


@pytest.mark.parametrize("name", PAGE_PAYLOADS)
def test_pages_payload_does_what_it_is_for_if_the_root_signs_it(name: str, throwaway: Besieged) -> None:
    service, payload = PAGE_PAYLOADS[name]
    reply = send(throwaway.server.port, presign(payload(throwaway), throwaway.root, service))
    assert 200 <= reply.status < 300, reply.body


@pytest.mark.parametrize("name", CLOSED_DOORS)
def test_side_door_is_closed_to_the_root_too(name: str, target: Besieged, inventory: dict[str, Any]) -> None:
    reply = send(target.server.port, sign(side_door(target, name), target.root, "s3"))
    assert refusal(reply) == CLOSED_DOORS[name]
    assert gives_nothing_away(reply)
    assert target.inventory() == inventory


def test_attacks_are_many() -> None:
    assert len(ATTACKS) >= 30


def test_secret_is_there_for_its_owner(target: Besieged) -> None:
    assert send(target.server.port, sign(read_object(target), target.root, "s3")).body == SECRET.encode()


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("s3", "list_buckets"),
        ("sts", "get_caller_identity"),
        ("sqs", "list_queues"),
        ("stepfunctions", "list_state_machines"),
        ("lambda", "list_functions"),
        ("iam", "list_roles"),
    ],
)
def test_no_page_may_read_an_answer_that_the_owner_gets(target: Besieged, service: str, operation: str) -> None:
    answer = getattr(target.server.client(service), operation)()["ResponseMetadata"]
    assert answer["HTTPStatusCode"] == 200
    assert [name for name in answer["HTTPHeaders"] if name.startswith("access-control-")] == []


def test_a_strangers_body_is_not_waited_for(target: Besieged) -> None:
    """The refusal comes though not one byte of the body was sent."""
    for request in (
        target.request("PUT", "/vault/evil", origin=EVIL),
        target.request("POST", "/", x_amz_target="AmazonSSM.GetParameter"),
        sign(target.request("PUT", "/vault/evil"), TEST, "s3"),
        forged_header(target.request("PUT", "/vault/evil"), "s3", target.root),
        sign(target.request("POST", "/", content_length=str(10**12)), target.root, "ssm").without("content-length"),
    ):
        reply = send(target.server.port, request.with_headers(("content-length", str(10**12))))
        assert reply.status in (403, 413, 400)


def test_other_protocols_are_not_served(target: Besieged, inventory: dict[str, Any]) -> None:
    key = base64.b64encode(b"0123456789abcdef").decode()
    for path in ("/", f"/_aws/execute-api/{target.api_id}/live"):
        upgrade = (
            f"GET {path} HTTP/1.1\r\nHost: {target.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        )
        assert send_bytes(target.server.port, upgrade.encode(), b"\r\n\r\n").startswith(b"HTTP/1.1 403")
    # The preface and the settings of HTTP/2, then GET / with `:authority` as its host, by the indices of RFC 7541.
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
    fields = bytes([0x82, 0x84, 0x86, 0x01, len(target.host)]) + target.host.encode()
    get = bytes([0, 0, len(fields), 1, 5, 0, 0, 0, 1]) + fields
    refusal = b"Only HTTP/1.1 is served"
    assert refusal in send_bytes(target.server.port, preface + get, until=refusal)
    assert target.inventory() == inventory


def test_page_that_finds_a_functions_runtime_api_is_refused(target: Besieged) -> None:
    """The function waits for its next event there; whoever asks instead would take it."""
    code = "def handler(event, context):\n    return event\n"
    with borrowed_function(target, code) as arn:
        assert invoke(target.server.client, arn, 1) == (1, None)
        ports = _listening(target.server.port) - {target.server.port}
        assert ports
        for port in ports:
            own = ("host", f"127.0.0.1:{port}")
            # A picture of a page is asked for without an Origin: there the browser says where the page is from.
            picture = [own, ("sec-fetch-site", "cross-site")]
            for headers in ([("host", f"evil.example:{port}")], [own, ("origin", EVIL)], picture, [own, own], []):
                request = Request("GET", "/2018-06-01/runtime/invocation/next", tuple(headers))
                assert send(port, request).status in (400, 403)
        assert invoke(target.server.client, arn, 2) == (2, None)


def _listening(port: int) -> set[int]:
    connections: list[Any] = psutil.net_connections("inet")
    listening = [each for each in connections if each.status == psutil.CONN_LISTEN]
    owner = next(each.pid for each in listening if each.laddr.port == port)
    return {each.laddr.port for each in listening if each.pid == owner}


def test_function_has_nothing_of_its_user_nor_of_the_root(target: Besieged) -> None:
    code = "import os\ndef handler(event, context):\n    return dict(os.environ)\n"
    with borrowed_function(target, code) as arn:
        variables, _ = invoke(target.server.client, arn, None)
    # Of what a function has by these names too, the values are its own.
    assert (USERS.keys() - {"AWS_SESSION_TOKEN", "HOME"}).isdisjoint(variables)
    assert Path(variables["HOME"]).name.startswith(FOLDER_PREFIX)
    assert [name for name, value in variables.items() if SECRET in value] == []
    values = set(variables.values())
    assert {target.server.secret_access_key, target.server.access_key_id, target.server.token}.isdisjoint(values)


def test_keys_of_a_function_are_another_start_another(target: Besieged, server: EmbeddedAws) -> None:
    """Two servers with the same names in them have not the same keys."""
    code = "import os\ndef handler(event, context):\n    return os.environ['AWS_ACCESS_KEY_ID']\n"
    seen = set()
    for each in (target.server, server):
        client = each.client
        client("iam").create_role(RoleName="same", AssumeRolePolicyDocument=_LAMBDA_MAY_ASSUME)
        arn = function(client, code, f"arn:aws:iam::{ACCOUNT_ID}:role/same")
        seen.add(invoke(client, arn, None)[0])
        client("lambda").delete_function(FunctionName=arn)
        client("iam").delete_role(RoleName="same")
    assert len(seen) == 2


_LAMBDA_MAY_ASSUME = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
)
