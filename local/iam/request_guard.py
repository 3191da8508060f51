"""Refuses requests that a web page could have sent, by their first lines alone: no code reads their bodies.

A page of any site can have its browser send requests to 127.0.0.1. The browser says so itself, by headers that a page
cannot change: `Origin` and `Sec-Fetch-Site`. Where a page has its own name resolved to 127.0.0.1 (DNS rebinding), the
browser takes the server for the page's own, but `Host` still has that name.

    https://fetch.spec.whatwg.org/#origin-header
    https://www.w3.org/TR/fetch-metadata/

The deployed API is what pages are meant to call: there its own CORS setting decides, and `Host` alone is looked at.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from local import EmbeddedAwsError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

OWN_PREFIX = "/_local/"
API_PREFIX = "/_aws/execute-api/"
# Where CloudFormation takes the answers for custom resources, and signals for wait conditions.
NOTHING_HERE = "There is nothing at this path."
ANSWER_PREFIXES = ("/_ministack/cfn-response/", "/_ministack/cfn-signal/")

_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
_DEFAULT_PORT = 80
_SAME = frozenset({"none", "same-origin"})


class ForbiddenRequestError(EmbeddedAwsError):
    """The request is none that this server may serve; the message says why."""


def is_api_path(path: str) -> bool:
    """Whether `path` is one of a deployed API: `/_aws/execute-api/<api>/<stage>…`."""
    api, separator, _ = path.removeprefix(API_PREFIX).partition("/")
    return path.startswith(API_PREFIX) and bool(api) and bool(separator)


def check(scope: Scope, port: int) -> None:
    """Raise ForbiddenRequestError unless the request of this scope was meant for the server on `port`."""
    if scope["type"] != "http" or scope["http_version"] not in ("1.0", "1.1"):
        raise ForbiddenRequestError("Only HTTP/1.1 is served.")
    addresses = {f"{name}:{port}" for name in _NAMES}
    if port == _DEFAULT_PORT:
        # Clients leave the default port out.
        addresses |= _NAMES
    hosts = _values(scope, b"host")
    if len(hosts) != 1 or hosts[0].lower() not in addresses:
        raise ForbiddenRequestError("The Host header names another server.")
    path = scope["path"]
    if not scope.get("raw_path", path.encode()).startswith(b"/"):
        raise ForbiddenRequestError("The request's target is no path.")
    if is_api_path(path):
        return
    if path.startswith("/_") and not path.startswith((OWN_PREFIX, *ANSWER_PREFIXES)):
        raise ForbiddenRequestError(NOTHING_HERE)
    origins = {f"http://{address}" for address in addresses}
    if any(origin not in origins for origin in _values(scope, b"origin")):
        raise ForbiddenRequestError("The Origin header names another site.")
    if any(site not in _SAME for site in _values(scope, b"sec-fetch-site")):
        raise ForbiddenRequestError("A page of another site sent this request.")


def header_values(scope: Scope, name: bytes) -> list[bytes]:
    """What a request says in a header, which is named in small letters, as often as it says it."""
    return [value for each, value in scope["headers"] if each.lower() == name]


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for value in header_values(scope, name)]


@dataclass(frozen=True)
class RequestGuard:
    """Hands requests meant for the server on `port` to `application`."""

    application: Application
    port: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.application(scope, receive, send)
            return
        try:
            check(scope, self.port)
        except ForbiddenRequestError as refusal:
            await _refuse(scope, send, str(refusal))
            return
        await self.application(scope, receive, send if is_api_path(scope["path"]) else _without_cors(send))


async def _refuse(scope: Scope, send: Send, reason: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await send_json(send, 403, {"message": reason})


def _without_cors(send: Send) -> Send:
    """MiniStack lets every page read every answer (`Access-Control-Allow-Origin: *`); no page shall read any."""

    async def send_without_cors(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [each for each in message["headers"] if not each[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": headers}
        await send(message)

    return send_without_cors


async def send_json(send: Send, status: int, content: dict[str, Any]) -> None:
    """Answer with `content`, and close: the request's body may not have been read."""
    body = json.dumps(content).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
