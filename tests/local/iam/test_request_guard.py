"""What the guard lets through by a request's first lines, and what the server's own paths take."""

import asyncio
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.iam.bodies import TooLargeError, once, read
from local.iam.own_paths import BadInputError, OwnPath, OwnPaths, seconds_to_advance
from local.iam.request_guard import ForbiddenRequestError, Message, RequestGuard, Scope, check, is_api_path

PORT = 4566
ADDRESSES = ("127.0.0.1:4566", "localhost:4566", "[::1]:4566")
TOKEN = "a token of this start"


def scope(path: str = "/", host: str = ADDRESSES[0], method: str = "GET", **headers: str) -> Scope:
    named = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "headers": [(b"host", host.encode("latin-1")), *named],
    }


def admits(request: Scope) -> bool:
    try:
        check(request, PORT)
    except ForbiddenRequestError:
        return False
    return True


@pytest.mark.parametrize("host", [*ADDRESSES, "LOCALHOST:4566"])
def test_own_addresses_are_admitted(host: str) -> None:
    assert admits(scope(host=host))


@pytest.mark.parametrize(("port", "admitted"), [(80, True), (81, False), (4566, False)])
def test_default_port_may_be_left_out_and_no_other(port: int, admitted: bool) -> None:
    for request in (scope(host="localhost"), scope(host=f"127.0.0.1:{port}", origin="http://127.0.0.1")):
        with contextlib.nullcontext() if admitted else pytest.raises(ForbiddenRequestError):
            check(request, port)


@given(st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"])))
def test_no_other_host_is_admitted(host: str) -> None:
    assert admits(scope(host=host)) == (host.lower() in ADDRESSES)


@given(st.sampled_from(ADDRESSES), st.text(st.characters(max_codepoint=126, min_codepoint=33), min_size=1))
def test_host_is_compared_as_a_whole(address: str, more: str) -> None:
    assert not admits(scope(host=address + more))
    assert not admits(scope(host=more + address))


@given(st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"])))
def test_no_foreign_origin_is_admitted(origin: str) -> None:
    assert admits(scope(origin=origin)) == (origin in {f"http://{address}" for address in ADDRESSES})


@pytest.mark.parametrize(
    ("site", "admitted"), [("none", True), ("same-origin", True), ("same-site", False), ("", False)]
)
def test_pages_of_other_ports_are_other_sites(site: str, admitted: bool) -> None:
    assert admits(scope(sec_fetch_site=site)) == admitted


@given(st.text(st.characters(codec="ascii", min_codepoint=33, exclude_characters="?#")))
def test_paths_that_start_with_an_underscore_are_the_apis_and_the_servers_own(rest: str) -> None:
    path = f"/_{rest}"
    assert admits(scope(path)) == (path.startswith("/_local/") or is_api_path(path))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/_aws/execute-api/abc/live", True),
        ("/_aws/execute-api/abc/live/predictions", True),
        ("/_aws/execute-api/abc/", True),
        ("/_aws/execute-api/abc", False),
        ("/_aws/execute-api//live", False),
        ("/_aws/execute-api/", False),
        ("/_aws/lambda-url/abc/live", False),
        ("//_aws/execute-api/abc/live", False),
        ("/x/_aws/execute-api/abc/live", False),
    ],
)
def test_paths_of_deployed_apis_are_known(path: str, expected: bool) -> None:
    assert is_api_path(path) == expected


def test_api_is_open_to_pages_by_its_own_address_alone() -> None:
    path = "/_aws/execute-api/abc/live/predictions"
    assert admits(scope(path, origin="https://shop.example", sec_fetch_site="cross-site"))
    assert not admits(scope(path, host="shop.example:4566"))


@pytest.mark.parametrize(
    "change",
    [
        {"type": "websocket"},
        {"http_version": "2"},
        {"http_version": "3"},
        {"raw_path": b"http://127.0.0.1:4566/"},
        {"raw_path": b"*"},
        {"headers": []},
        {"headers": [(b"host", b"127.0.0.1:4566"), (b"Host", b"127.0.0.1:4566")]},
        {"headers": [(b"host", b"127.0.0.1:4566"), (b"Origin", b"http://127.0.0.1:4566"), (b"origin", b"null")]},
    ],
)
def test_requests_of_another_kind_are_refused(change: dict[str, Any]) -> None:
    assert not admits({**scope(), **change})


def receiving(*bodies: bytes) -> Any:
    """A receive channel with these parts of a body; asked for more than there are, it fails."""
    parts = [
        {"type": "http.request", "body": body, "more_body": number < len(bodies)}
        for number, body in enumerate(bodies, start=1)
    ]

    async def receive() -> Message:
        return parts.pop(0)

    return receive


def answers(application: Any, request: Scope, *bodies: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body of the answer."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(application(request, receiving(*bodies), send))
    return sent[0]["status"], sent[0]["headers"], b"".join(each.get("body", b"") for each in sent[1:])


async def open_application(_: Scope, __: Any, send: Any) -> None:
    """Answers everybody, and lets every page read it."""
    headers = [(b"Access-Control-Allow-Origin", b"*"), (b"access-control-expose-headers", b"*"), (b"x-kept", b"1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"read"})


def test_no_page_may_read_an_answer_of_aws() -> None:
    guard = RequestGuard(open_application, PORT)
    assert answers(guard, scope("/bucket")) == (200, [(b"x-kept", b"1")], b"read")


def test_an_api_lets_pages_read_as_it_is_set_up() -> None:
    guard = RequestGuard(open_application, PORT)
    _, headers, _ = answers(guard, scope("/_aws/execute-api/abc/live"))
    assert (b"Access-Control-Allow-Origin", b"*") in headers


def test_refusal_reads_nothing_of_the_body() -> None:
    """The channel would fail if it were asked."""
    status, _, body = answers(RequestGuard(open_application, PORT), scope(origin="null"))
    assert (status, json.loads(body)) == (403, {"message": "The Origin header names another site."})


async def echo(parameters: dict[str, Any]) -> dict[str, Any]:
    return parameters


OWN = OwnPaths(open_application, {"/_local/echo": OwnPath(("POST",), echo)}, TOKEN)


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.booleans() | st.none()), st.integers(0, 20))
def test_own_path_takes_a_json_object_in_any_number_of_parts(parameters: dict[str, Any], cut: int) -> None:
    body = json.dumps(parameters).encode()
    request = scope("/_local/echo", method="POST", x_embedded_aws_token=TOKEN)
    status, _, answer = answers(OWN, request, body[:cut], body[cut:])
    assert (status, json.loads(answer)) == (200, parameters)


@given(st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"])))
def test_own_path_takes_one_token(token: str) -> None:
    status, _, _ = answers(OWN, scope("/_local/echo", method="POST", x_embedded_aws_token=token), b"{}")
    assert (status == 200) == (token == TOKEN)


@given(st.binary(max_size=50) | st.recursive(st.integers(), st.lists).map(lambda value: json.dumps(value).encode()))
def test_own_path_refuses_what_is_no_object(body: bytes) -> None:
    request = scope("/_local/echo", method="POST", x_embedded_aws_token=TOKEN)
    status, _, _ = answers(OWN, request, body)
    assert status == (200 if is_object(body or b"{}") else 400)


def is_object(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False


@given(st.floats() | st.integers() | st.integers(10**309, 10**320))
def test_clock_moves_on_by_a_finite_time(seconds: float) -> None:
    if 0 <= seconds <= 316_224_000:
        assert seconds_to_advance({"advance_seconds": seconds}) == seconds
    else:
        with pytest.raises(BadInputError):
            seconds_to_advance({"advance_seconds": seconds})


def test_clock_takes_no_other_field() -> None:
    with pytest.raises(BadInputError, match="and not seconds"):
        seconds_to_advance({"seconds": 86_400})


@given(st.lists(st.binary(min_size=1, max_size=8), min_size=1, max_size=6), st.integers(0, 40))
def test_bodies_are_read_to_their_limit(parts: list[bytes], limit: int) -> None:
    whole = b"".join(parts)
    if len(whole) > limit:
        with pytest.raises(TooLargeError):
            asyncio.run(read(receiving(*parts), "", limit))
    else:
        assert asyncio.run(read(receiving(*parts), str(len(whole)), limit)) == whole


def test_declared_length_is_refused_unread() -> None:
    with pytest.raises(TooLargeError, match="may have 10 bytes"):
        asyncio.run(read(receiving(), "11", 10))
    with pytest.raises(TooLargeError, match="may have 10 bytes"):
        asyncio.run(read(receiving(), "9" * 5_000, 10))


def test_body_that_was_read_is_given_once() -> None:
    assert asyncio.run(read(once(b"body", receiving()), "4", 4)) == b"body"
