"""Serves this machine alone, and whoever has the address that the command printed.

The token stands in the address's fragment, which browsers send to nobody: the page reads it and sends it as a header.
There is no cookie, so that no other page can make a browser send anything of use. The page's own files are no secret.
"""

import hmac
import json
from typing import Any

from local.iam.request_guard import ForbiddenRequestError, Receive, Scope, Send, check, header_values

API_PREFIX = "/api/"
TOKEN_HEADER = "x-console-token"  # noqa: S105 - a name
MOST_BODY = 1 << 20
"""Bytes of a request's body: an execution's input has 256 KB at most."""
UPLOAD = "/api/data/upload"
MOST_UPLOAD = 64 << 20
"""Bytes of a file that is uploaded; larger ones are for the command."""

# No inline script or style, nothing from elsewhere, nothing around the page.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)


class Guard:
    """Hands requests that are meant for the console on `port`, and have its `token`, to `application`."""

    def __init__(self, application: Any, port: int, token: str) -> None:
        self._application, self._port, self._token = application, port, token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or refuse it before any code reads its body."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        try:
            check(scope, self._port)
        except ForbiddenRequestError as refusal:
            await _refuse(scope, send, 403, str(refusal))
            return
        if scope["path"].startswith(API_PREFIX) and not self._has_token(scope):
            await _refuse(
                scope, send, 401, "The token is missing or old: open the address that `wildrydes console` prints."
            )
            return
        most = MOST_UPLOAD if scope["path"] == UPLOAD else MOST_BODY
        if (length := _length(scope)) is None or length > most:
            await _refuse(scope, send, 413, f"A request has {most:,} bytes at most, and says how many it has.")
            return
        await self._application(scope, receive, _with_headers(send))

    def _has_token(self, scope: Scope) -> bool:
        tokens = header_values(scope, TOKEN_HEADER.encode())
        return len(tokens) == 1 and hmac.compare_digest(tokens[0], self._token)


def _length(scope: Scope) -> int | None:
    """The bytes of a request's body; None where the request does not say, or says nonsense."""
    if header_values(scope, b"transfer-encoding"):
        return None
    lengths = header_values(scope, b"content-length") or [b"0"]
    return int(lengths[0]) if len(lengths) == 1 and lengths[0].isdigit() else None


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Any) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *_HEADERS]}
        await send(message)

    return send_with_headers


async def _refuse(scope: Scope, send: Send, status: int, reason: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    body = json.dumps({"message": reason}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        *_HEADERS,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
