"""Answers in JSON, and the errors that a person can do something about."""

import json
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import click
from anyio import CapacityLimiter, to_thread
from boto3.exceptions import Boto3Error
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    HTTPClientError,
    ParamValidationError,
)
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cli import faults
from cli.errors import CommandError
from cli.stack import NoStackError, Stack
from wildrydes.errors import BadJson
from wildrydes.strict_json import decode

_REFUSED = 403
_WRONG = 400
_GONE = 410
_BROKEN = 500
_ABSENT_SERVICE = 502
_BUSY = 503
# An answer to HEAD has no body, so that its status is all that the code can be.
_DENIALS = (
    *("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "NotAuthorized"),
    *(_BODILESS := ("403",)),
)
# What AWS says of keys that are not, or no longer, those of anybody: each service in words of its own.
_OLD_KEYS = (
    *("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId"),
    *("ExpiredToken", "ExpiredTokenException", "SignatureDoesNotMatch", "InvalidSignatureException"),
)

_HALF_OF_A_PAIR = re.compile("[\ud800-\udfff]")
_MOST_DIGITS = 9
_MOST_AT_ONCE = 32
# Of their own: the page's files are read in threads too, and have to come while AWS lets all others wait.
_THREADS = CapacityLimiter(_MOST_AT_ONCE)
_AT_WORK: set[object] = set()

OF_AWS = (ClientError, BotoCoreError, Boto3Error, OSError)
"""The faults of AWS, of its clients and of this machine, which `explain` puts in words."""

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


class BusyError(CommandError):
    """As many requests as are worked on at once wait for AWS, perhaps of clients that have gone."""


def text_of(fields: Mapping[str, Any], name: str) -> str:
    """A field of a request that is a text. Raises BadFieldError."""
    value = fields.get(name)
    if not isinstance(value, str):
        raise BadFieldError(f"The request needs the field {name}, a text.")
    if _HALF_OF_A_PAIR.search(value):
        raise BadFieldError(f"The field {name} has half of a surrogate pair: that is no text in UTF-8.")
    return value


def number_of(fields: Mapping[str, Any], name: str, below: int) -> int:
    """A field of a request that is a whole number from 0 on, below another one. Raises BadFieldError."""
    text = text_of(fields, name)
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and int(text) < below):
        raise BadFieldError(f"The field {name} is {text[:20]!r}: it has to be a number from 0 on, below {below}.")
    return int(text)


def to_json(value: Any, status: int = 200) -> Response:
    """An answer, with times as ISO 8601 has them, and null for NaN and Infinity, which JSON has not."""
    # Half of a surrogate pair, which an input may have, is no UTF-8: escaped, it is what it was.
    try:
        text = json.dumps(value, default=_time, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), default=_time, allow_nan=False)
    return Response(text, status, media_type="application/json", headers={"cache-control": "no-store"})


def _time(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} has no place in JSON")


def _finite(value: Any) -> Any:
    """The value with None in the place of each number that JSON has not."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {name: _finite(each) for name, each in value.items()}
        case list() | tuple():
            return [_finite(each) for each in value]
        case _:
            return value


def answering(work: Callable[[Any], Any]) -> Endpoint:
    """An endpoint that runs `work` in a thread, on the request's query or its JSON, and answers what it returns."""

    async def endpoint(request: Request) -> Response:
        async def act() -> Any:
            fields = dict(request.query_params) if request.method in ("GET", "HEAD") else await _body(request)
            return await in_thread(work, fields)

        return await answer(act)

    return endpoint


async def in_thread(work: Callable[..., Any], *arguments: Any) -> Any:
    """What `work` returns. Raises BusyError at once where too many others wait: a thread cannot be taken from them."""
    if len(_AT_WORK) >= _MOST_AT_ONCE:
        raise BusyError(f"{_MOST_AT_ONCE} requests wait for AWS, which is slow or does not answer: try again later.")
    # Counted before anything is awaited: the limiter would let those who come meanwhile wait.
    place = object()
    _AT_WORK.add(place)
    try:
        return await to_thread.run_sync(work, *arguments, limiter=_THREADS)
    finally:
        _AT_WORK.discard(place)


async def answer(act: Callable[[], Awaitable[Any]]) -> Response:
    """What `act` returns, as JSON. What a command would print as an error is the answer's `message`."""
    try:
        return to_json(await act())
    except BadFieldError as fault:
        return to_json({"message": str(fault), "field": fault.field}, _WRONG)
    except BusyError as fault:
        return to_json({"message": str(fault)}, _BUSY)
    except NoStackError as fault:
        return to_json({"message": str(fault)}, _GONE)
    except CommandError as fault:
        return to_json({"message": str(fault)}, _WRONG)
    except click.ClickException as fault:
        return to_json({"message": fault.format_message()}, _WRONG)
    except OF_AWS as fault:
        message, status = explain(fault)
        return to_json({"message": message}, status)


def explain(fault: Exception) -> tuple[str, int]:
    """What to say of a fault of AWS's, of its clients or of this machine, and the status."""
    # A transfer's fault has no code of its own; what it is about it only quotes.
    cause = fault.__context__ if isinstance(fault, Boto3Error) else fault
    match cause:
        case ClientError():
            return _of_refusal(cause)
        case ParamValidationError():
            return f"AWS takes no such value: {cause}", _WRONG
        case EndpointConnectionError() | HTTPClientError():
            return f"AWS cannot be reached: {faults.message(cause)}", _ABSENT_SERVICE
        case BotoCoreError():
            return faults.message(cause), _ABSENT_SERVICE
        case _:
            return faults.message(fault), _BROKEN


def _of_refusal(refusal: ClientError) -> tuple[str, int]:
    error = refusal.response["Error"]
    if error["Code"] in _OLD_KEYS:
        return (
            "AWS does not take the keys, or takes them no longer, with which this console was started "
            f"({error['Code']}: {error['Message']}): end it, and `wildrydes console` starts another.",
            _REFUSED,
        )
    if not is_denial(refusal):
        return f"{error['Code']}: {error['Message']}", _WRONG
    what = f"{refusal.operation_name} is refused" if error["Code"] in _BODILESS else error["Message"]
    return f"Your credentials may not do this: {what}", _REFUSED


def is_denial(refusal: ClientError) -> bool:
    """Whether AWS says that the credentials may not do this: what else was asked for can be shown all the same."""
    return refusal.response["Error"]["Code"] in _DENIALS


def say_status(_: Request, fault: Exception) -> Response:
    """The answer where there is no such path, or it has no such method."""
    status, detail = (fault.status_code, fault.detail) if isinstance(fault, HTTPException) else (_BROKEN, "")
    return to_json({"message": f"The console's server has nothing for this request: {detail}."}, status)


def say_fault(_: Request, fault: Exception) -> Response:
    """The answer where the console itself is at fault; the server writes the fault into its log."""
    return to_json(
        {"message": f"The console met a fault of its own, {type(fault).__name__}: its log says where."}, _BROKEN
    )


def say_nothing(_: Request, __: Exception) -> Response:
    """The answer to a client that has gone before all of its request was there: nobody reads it."""
    return Response(status_code=_WRONG)


def routes_of(view: str, stack: Stack, read: Mapping[str, Work], change: Mapping[str, Work]) -> list[Route]:
    """The paths of a view: what it reads by GET, and what it changes or asks by POST."""

    def route(path: str, work: Work, method: str) -> Route:
        return Route(f"/api/{view}/{path}", answering(partial(work, stack)), methods=[method])

    return [
        *(route(path, work, "GET") for path, work in read.items()),
        *(route(path, work, "POST") for path, work in change.items()),
    ]


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object that a request has. Raises BadFieldError."""
    try:
        value = decode((await request.body()).decode("utf-8", errors="replace"))
    except BadJson as bad:
        raise BadFieldError(f"The request is no JSON object: {bad.detail}.") from None
    if not isinstance(value, dict):
        raise BadFieldError("The request is no JSON object: it is another value.")
    return value
