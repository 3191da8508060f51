"""Serves the paths that AWS does not have, `/_local/…`, to whoever has the token of this start."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local import EmbeddedAwsError
from local.account import TOKEN_HEADER
from local.iam import bodies
from local.iam.request_guard import (
    NOTHING_HERE,
    OWN_PREFIX,
    Application,
    Receive,
    Scope,
    Send,
    header_values,
    send_json,
)
from local.protocols.strict_json import NotJsonError, decode

_LARGEST_BODY = 64 * 1024
_LONGEST_ADVANCE_SECONDS = 10 * 366 * 24 * 3600


class BadInputError(EmbeddedAwsError, ValueError):
    """The request's body is none that the path takes; the message says why."""


@dataclass(frozen=True)
class OwnPath:
    """One path: the methods it takes, and a function from the JSON object of the body to that of the response."""

    methods: tuple[str, ...]
    respond: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class OwnPaths:
    """Serves `paths` and hands every other request to `application`."""

    application: Application
    paths: Mapping[str, OwnPath]
    token: str = field(repr=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(OWN_PREFIX):
            await self.application(scope, receive, send)
            return
        path = self.paths.get(scope["path"])
        if not self._has_token(scope):
            await send_json(send, 403, {"message": f"{TOKEN_HEADER} is missing or wrong."})
        elif path is None:
            await send_json(send, 404, {"message": NOTHING_HERE})
        elif scope["method"] not in path.methods:
            await send_json(send, 405, {"message": f"This path takes {' and '.join(path.methods)}."})
        else:
            await _respond(path, receive, send)

    def _has_token(self, scope: Scope) -> bool:
        values = header_values(scope, TOKEN_HEADER.lower().encode())
        return len(values) == 1 and hmac.compare_digest(values[0], self.token.encode())


async def _respond(path: OwnPath, receive: Receive, send: Send) -> None:
    try:
        content = await path.respond(_object(await bodies.read(receive, "", _LARGEST_BODY)))
    except bodies.DisconnectedError:
        return
    except bodies.TooLargeError:
        await send_json(send, 400, {"message": f"The body has more than {_LARGEST_BODY} bytes."})
        return
    except BadInputError as fault:
        await send_json(send, 400, {"message": str(fault)})
        return
    await send_json(send, 200, content)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = decode(body or b"{}", _unrepeated)
    except NotJsonError as fault:
        raise BadInputError(f"The body is no JSON: {fault}") from None
    if not isinstance(value, dict):
        raise BadInputError("The body is no JSON object.")
    return value


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON whose names are there once. Raises NotJsonError: a reader could take either value."""
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise NotJsonError(f"the field {repeated[:100]!r} is there more than once.")
    return value


def refuse_fields(parameters: Mapping[str, Any]) -> None:
    """Raise BadInputError where a request of a path that takes no fields has some."""
    if parameters:
        raise BadInputError(f"This path takes no fields, and not {', '.join(sorted(parameters))[:100]}.")


def seconds_to_advance(parameters: Mapping[str, Any]) -> float:
    """`advance_seconds` of a request that moves the clock on, and has no other field. Raises BadInputError."""
    if others := parameters.keys() - {"advance_seconds"}:
        raise BadInputError(f"The clock takes advance_seconds alone, and not {', '.join(sorted(others))[:100]}.")
    seconds = parameters.get("advance_seconds", 0)
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not is_number or not 0 <= seconds <= _LONGEST_ADVANCE_SECONDS:
        raise BadInputError(f"advance_seconds is no number between 0 and {_LONGEST_ADVANCE_SECONDS}.")
    return float(seconds)
