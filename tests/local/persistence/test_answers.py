"""Which answers wait until what they tell of is saved: what a request asks for decides, not the data that it brings."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.assembly.answers import Answers
from local.assembly.application import in_order

FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
TARGET = {"x-amz-target": "AmazonSSM.PutParameter", "content-type": "application/x-amz-json-1.1"}


@dataclass
class Recorder:
    """In the place of a keeper: what was marked, and what was waited for."""

    marked: int = 0
    awaited: list[int] = field(default_factory=list)

    def mark(self) -> int:
        """Another change."""
        self.marked += 1
        return self.marked

    async def saved(self, change: int) -> None:
        """A change that was waited for."""
        self.awaited.append(change)


def outcome(
    method: str, path: str = "/", headers: dict[str, str] | None = None, body: bytes = b"", query: bytes = b""
) -> str:
    """Whether the answer to a request `waits`, is `marked` as a change alone, or is one to a `read`."""
    keeper: Any = Recorder()

    async def application(_: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(_: Any) -> None:
        return

    async def ask() -> None:
        answers = Answers(application, keeper, lambda: None, 0)
        answers._has_gone_on.set()
        raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": raw}
        await answers(scope, receive, send)

    asyncio.run(ask())
    return "waits" if keeper.awaited else "marked" if keeper.marked else "read"


@pytest.mark.parametrize(
    ("expected", "request_of"),
    [
        # What stands in data is no action.
        ("waits", lambda: outcome("PUT", "/bucket/key", {}, b"Action=ListUsers")),
        ("waits", lambda: outcome("PUT", "/bucket/key", FORM, b"Action=ListUsers")),
        ("waits", lambda: outcome("PUT", "/bucket/key", query=b"Action=ListUsers")),
        ("waits", lambda: outcome("PUT", "/bucket/key", FORM, b"Action=CreateStack")),
        ("waits", lambda: outcome("POST", "/", TARGET, b'{"Value": "a&Action=GetParameter"}')),
        ("waits", lambda: outcome("POST", "/", {**TARGET, **FORM}, b"Action=GetParameter")),
        ("waits", lambda: outcome("POST", "/2015-03-31/functions", {}, b"a&Action=GetFunction")),
        # Each action of a form counts, and the query does not hide the body's.
        ("waits", lambda: outcome("POST", "/", FORM, b"Action=ListUsers&Action=CreateUser")),
        ("waits", lambda: outcome("POST", "/", FORM, b"Action=CreateUser", b"Action=ListUsers")),
        ("waits", lambda: outcome("POST", "/", FORM, b"Version=1&Action=CreateUser")),
        ("waits", lambda: outcome("GET", query=b"Action=CreateUser&UserName=a")),
        ("read", lambda: outcome("GET", query=b"Action=ListUsers")),
        ("read", lambda: outcome("GET", "/bucket/key")),
        ("read", lambda: outcome("POST", "/", FORM, b"Action=ListUsers")),
        ("read", lambda: outcome("POST", "/", {"x-amz-target": "AmazonSSM.GetParameter"}, b"{}")),
        ("read", lambda: outcome("POST", "/service/GraniteServiceVersion20100801/operation/ListMetrics")),
        # Nothing is saved before these are over.
        ("marked", lambda: outcome("POST", "/", FORM, b"Action=CreateStack")),
        ("marked", lambda: outcome("GET", query=b"Action=CreateStack")),
        ("marked", lambda: outcome("PUT", "/_ministack/cfn-response/token", {}, b"{}")),
        ("marked", lambda: outcome("PUT", "/_ministack/cfn-signal/token", {}, b"{}")),
    ],
)
def test_what_a_request_asks_for_decides_whether_its_answer_waits(expected: str, request_of: Callable[[], str]) -> None:
    assert request_of() == expected


def test_what_stops_later_is_called_though_what_stops_earlier_fails() -> None:
    called: list[str] = []

    def fail() -> None:
        called.append("first")
        raise RuntimeError("the keeper")

    with pytest.raises(RuntimeError, match="the keeper"):
        in_order(fail, lambda: called.append("second"))()
    assert called == ["first", "second"]
