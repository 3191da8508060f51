"""Answers in JSON, and the errors that a person can do something about."""

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import click
from anyio import to_thread
from botocore.exceptions import BotoCoreError, ClientError
from starlette.requests import Request
from starlette.responses import Response

from cli.errors import CommandError
from wildrydes.errors import BadJson
from wildrydes.strict_json import decode

_REFUSED = 403
_WRONG = 400
_ABSENT_SERVICE = 502
_DENIALS = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")

Endpoint = Callable[[Request], Awaitable[Response]]


def to_json(value: Any, status: int = 200) -> Response:
    """An answer, with times as ISO 8601 has them."""
    text = json.dumps(value, default=_text_of, ensure_ascii=False)
    return Response(text, status, media_type="application/json", headers={"cache-control": "no-store"})


def _text_of(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} has no place in JSON")


def answering(work: Callable[[Any], Any]) -> Endpoint:
    """An endpoint that runs `work` in a thread, on the request's query or its JSON, and answers with what it returns.

    What a command would print as an error is the answer's `message`.
    """

    async def endpoint(request: Request) -> Response:
        try:
            fields = dict(request.query_params) if request.method == "GET" else await _body(request)
            return to_json(await to_thread.run_sync(work, fields))
        except BadJson as bad:
            return to_json({"message": f"The request is no JSON object: {bad.detail}."}, _WRONG)
        except KeyError as missing:
            return to_json({"message": f"The request has no field {missing}."}, _WRONG)
        except CommandError as fault:
            return to_json({"message": str(fault)}, _WRONG)
        except click.ClickException as fault:
            return to_json({"message": fault.format_message()}, _WRONG)
        except ClientError as fault:
            error = fault.response["Error"]
            denied = error["Code"] in _DENIALS
            said = "Your credentials may not do this" if denied else error["Code"]
            return to_json({"message": f"{said}: {error['Message']}"}, _REFUSED if denied else _WRONG)
        except BotoCoreError as fault:
            return to_json({"message": f"AWS cannot be reached: {fault}"}, _ABSENT_SERVICE)

    return endpoint


async def _body(request: Request) -> dict[str, Any]:
    value = decode((await request.body()).decode("utf-8", errors="replace"))
    if not isinstance(value, dict):
        raise BadJson("not_json", None, "it is another value")
    return value
