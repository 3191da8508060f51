"""Puts this engine in the place of MiniStack's.

MiniStack keeps the wire, the workgroups, named queries, catalogs and tags; three actions are answered here. Each name
of MiniStack's that this package relies on is checked first, so that a new version of it fails at start, by name.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import error_response_json, json_response
from ministack.services import athena as ministack_athena

from local.athena.callers import Caller, CallerClients, ClientFactory, caller_of
from local.athena.engine import Engine
from local.athena.errors import RequestError
from local.seams import replace, seam

Response = tuple[int, dict[str, str], bytes | str]
Handler = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[Response]]

_TARGETS = (
    (ministack_athena, "handle_request"),
    (ministack_athena, "_executions"),
    (ministack_athena, "_workgroups"),
    (ministack_athena, "_ensure_default_workgroup"),
    (ministack_athena, "_execution_out"),
    (ministack_athena, "_parse_ddl"),
    (ministack_athena, "_CreateTable"),
    (ministack_athena, "_create_table_input"),
    (iam_evaluator, "resolve_credential"),
    (iam_evaluator, "CredentialResolutionError"),
)


def install(
    endpoint_url: str,
    clients_for: Callable[[Caller], ClientFactory] | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Engine:
    """Let MiniStack's Athena answer with this engine; returns it, to be closed when the server ends.

    `endpoint_url` is where the embedded AWS listens; `clients_for` gives the clients with which a caller's query
    reads S3 and Glue (those that sign as the caller, if not given); `now` is the clock of projected dates.
    """
    for module, name in _TARGETS:
        seam(module, name)
    engine = Engine(clients_for or CallerClients(endpoint_url), now)
    replace(ministack_athena, "handle_request", _handler(engine, ministack_athena.handle_request))
    return engine


def _handler(engine: Engine, otherwise: Handler) -> Handler:
    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
    ) -> Response:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        answers: dict[str, Callable[[dict[str, Any], Caller], dict[str, Any]]] = {
            "StartQueryExecution": lambda *call: engine.executions().start(*call),
            "StopQueryExecution": lambda request, _: engine.executions().stop(request),
            "GetQueryResults": lambda *call: engine.executions().results(*call),
        }
        if action not in answers:
            return await otherwise(method, path, headers, body, query_params)
        ministack_athena._ensure_default_workgroup()
        try:
            request = json.loads(body or b"{}")
            caller = caller_of(headers, query_params)
            return json_response(await asyncio.to_thread(answers[action], request, caller))
        except json.JSONDecodeError:
            return error_response_json("SerializationException", "Invalid JSON", 400)
        except RequestError as refusal:
            extra = {"AthenaErrorCode": refusal.athena_error_code} if refusal.athena_error_code else None
            return error_response_json(refusal.code, refusal.message, 400, extra=extra)

    return handle_request
