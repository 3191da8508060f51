"""Answers in JSON, and the errors that a person can do something about."""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import click
from anyio import to_thread
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cli.errors import CommandError
from cli.stack import Stack
from wildrydes.errors import BadJson
from wildrydes.strict_json import decode

_REFUSED = 403
_WRONG = 400
_ABSENT_SERVICE = 502
_DENIALS = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")

Endpoint = Callable[[Request], Awaitable[Response]]
Work = Callable[[Stack, Any], Any]
"""What is done on a stack with the fields of a request; what it returns is the answer, as JSON."""


class BadFieldError(CommandError):
    """A field of a request is missing, or has a value that it may not have; the message says which.

    `field` is the name of the one at fault in a form, empty where the message is not about one of them.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def text_of(fields: Mapping[str, Any], name: str) -> str:
    """A field of a request that is a text. Raises BadFieldError."""
    value = fields.get(name)
    if not isinstance(value, str):
        raise BadFieldError(f"The request needs the field {name}, a text.")
    return value


def number_of(fields: Mapping[str, Any], name: str, below: int) -> int:
    """A field of a request that is a whole number from 0 on, below another one. Raises BadFieldError."""
    text = text_of(fields, name)
    if not (text.isascii() and text.isdigit() and int(text[:9]) < below):
        raise BadFieldError(f"The field {name} is {text[:20]!r}: it has to be a number from 0 on, below {below}.")
    return int(text[:9])


def to_json(value: Any, status: int = 200) -> Response:
    """An answer, with times as ISO 8601 has them."""
    # Half of a surrogate pair, which an input may have, is no UTF-8: escaped, it is what it was.
    text = json.dumps(value, default=_time)
    return Response(text, status, media_type="application/json", headers={"cache-control": "no-store"})


def _time(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} has no place in JSON")


def answering(work: Callable[[Any], Any]) -> Endpoint:
    """An endpoint that runs `work` in a thread, on the request's query or its JSON, and answers what it returns."""

    async def endpoint(request: Request) -> Response:
        async def act() -> Any:
            fields = dict(request.query_params) if request.method in ("GET", "HEAD") else await _body(request)
            return await to_thread.run_sync(work, fields)

        return await answer(act)

    return endpoint


async def answer(act: Callable[[], Awaitable[Any]]) -> Response:
    """What `act` returns, as JSON. What a command would print as an error is the answer's `message`."""
    try:
        return to_json(await act())
    except BadJson as bad:
        return to_json({"message": f"The request is no JSON object: {bad.detail}."}, _WRONG)
    except BadFieldError as fault:
        return to_json({"message": str(fault), "field": fault.field}, _WRONG)
    except CommandError as fault:
        return to_json({"message": str(fault)}, _WRONG)
    except click.ClickException as fault:
        return to_json({"message": fault.format_message()}, _WRONG)
    except ClientError as fault:
        error = fault.response["Error"]
        denied = error["Code"] in _DENIALS
        said = "Your credentials may not do this" if denied else error["Code"]
        return to_json({"message": f"{said}: {error['Message']}"}, _REFUSED if denied else _WRONG)
    except ParamValidationError as fault:
        return to_json({"message": f"AWS takes no such value: {fault}"}, _WRONG)
    except BotoCoreError as fault:
        return to_json({"message": f"AWS cannot be reached: {fault}"}, _ABSENT_SERVICE)


def routes_of(view: str, stack: Stack, read: Mapping[str, Work], change: Mapping[str, Work]) -> list[Route]:
    """The paths of a view: what it reads by GET, and what it changes or asks by POST."""

    def route(path: str, work: Work, method: str) -> Route:
        return Route(f"/api/{view}/{path}", answering(partial(work, stack)), methods=[method])

    return [
        *(route(path, work, "GET") for path, work in read.items()),
        *(route(path, work, "POST") for path, work in change.items()),
    ]


async def _body(request: Request) -> dict[str, Any]:
    value = decode((await request.body()).decode("utf-8", errors="replace"))
    if not isinstance(value, dict):
        raise BadJson("not_json", None, "it is another value")
    return value
