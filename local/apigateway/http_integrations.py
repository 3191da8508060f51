"""What the routes of HTTP APIs call: functions that let API Gateway in, and services by `integrationSubtype`.

MiniStack invokes functions whether they allow it or not, and takes a service for a function.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ReadTimeoutError

from local import account
from local.apigateway.service_answers import answer_of, as_json, input_shape
from local.apigateway.service_integrations import PRINCIPAL, seconds_of
from local.iam.roles import LentRole, RoleClients, UnusableRoleError
from local.lambda_ import grants
from local.seams import replace, seam

Response = tuple[int, dict[str, str], bytes]
Parameters = dict[str, Any]

_TIMEOUT_MILLIS = 30_000
_WRITTEN_AS_JSON = frozenset({"integer", "long", "float", "double", "boolean", "list", "map", "structure"})
_FAULT = {"message": "Internal Server Error"}
_WHOLE = re.compile(r"\$(request|context|stageVariables)\.([\w.\-]+)")
_PART = re.compile(r"\$\{(request|context|stageVariables)\.([\w.\-]+)\}")


class Subtype(NamedTuple):
    """A service's operation by boto3's names, and what makes its parameters of those of the integration."""

    service: str
    operation: str
    parameters: Callable[[Parameters], Parameters]


def _camel(parameters: Parameters) -> Parameters:
    return {name[0].lower() + name[1:]: value for name, value in parameters.items()}


_SUBTYPES = {
    "StepFunctions-StartExecution": Subtype("stepfunctions", "start_execution", _camel),
    "StepFunctions-StartSyncExecution": Subtype("stepfunctions", "start_sync_execution", _camel),
    "StepFunctions-StopExecution": Subtype("stepfunctions", "stop_execution", _camel),
    "SQS-SendMessage": Subtype("sqs", "send_message", dict),
    "EventBridge-PutEvents": Subtype("events", "put_events", lambda parameters: {"Entries": [parameters]}),
}


class Request(NamedTuple):
    """What parameters may be taken from: `path` are those of the route's path."""

    body: str
    headers: Mapping[str, str]
    query: Mapping[str, Any]
    path: Mapping[str, str]


def install(endpoint: str) -> None:
    """Ask functions for their permission, and call services at `endpoint`."""
    from ministack.core.concurrency import run_reentrant
    from ministack.services import apigateway

    clients = RoleClients(endpoint, PRINCIPAL)
    invoke_function = seam(apigateway, "_invoke_lambda_proxy")
    function_of = seam(apigateway, "_extract_lambda_ref_from_integration_uri")

    async def invoke(
        integration: dict[str, Any], api_id: str, stage: str, path: str, method: str, *others: Any, **keywords: Any
    ) -> Response:
        headers, body, query, route_key, path_parameters = others
        region = keywords.get("owner_region") or account.DEFAULT_REGION
        route = route_key if route_key.startswith("$") else f"{method}{route_key.partition(' ')[2]}"
        arn = f"arn:aws:execute-api:{region}:{account.ACCOUNT_ID}:{api_id}/{stage}/{route}"
        subtype = integration.get("integrationSubtype")
        if subtype is not None:
            request = Request((body or b"").decode("utf-8", "replace"), headers, query or {}, path_parameters or {})
            # The call comes back to this server, which needs threads of the pool for it: this one is none of them.
            return await run_reentrant(_call, clients, integration, arn, request)
        if not grants.function_admits(function_of(integration.get("integrationUri", "")), PRINCIPAL, arn):
            return _response(500, _FAULT)
        return await invoke_function(integration, api_id, stage, path, method, *others, **keywords)

    replace(apigateway, "_invoke_lambda_proxy", invoke)


def _call(clients: RoleClients, integration: Mapping[str, Any], source_arn: str, request: Request) -> Response:
    """The answer of a service, called as the integration's role."""
    # Of a document this was refused at its import.
    if fault := unsupported(integration["integrationSubtype"], integration.get("requestParameters") or {}):
        return _response(501, {"message": fault})
    subtype = _SUBTYPES[integration["integrationSubtype"]]
    values = {name: resolved(value, request) for name, value in (integration.get("requestParameters") or {}).items()}
    role = LentRole(integration.get("credentials") or integration.get("credentialsArn") or "", source_arn)
    try:
        client = clients.client(
            subtype.service, role, source_arn.split(":")[3], read_timeout=seconds_of(integration, _TIMEOUT_MILLIS)
        )
        parameters = subtype.parameters({name: value for name, value in values.items() if value is not None})
        shape = input_shape(client, subtype.operation)
        status, answer = answer_of(client, subtype.operation, typed(parameters, shape))
    except ReadTimeoutError:
        return _response(504, {"message": "Gateway Timeout"})
    except (UnusableRoleError, BotoCoreError):
        return _response(500, _FAULT)
    return _response(status, answer)


def _response(status: int, content: Mapping[str, Any]) -> Response:
    """An answer; its headers are its own, since MiniStack adds to them."""
    return status, {"Content-Type": "application/json"}, as_json(content).encode()


def unsupported(subtype: str, parameters: Mapping[str, Any]) -> str | None:
    """What of a service integration is not supported here, by its name; None where all is.

    >>> unsupported("SQS-SendMessage", {"MessageBody": "${context.requestId}"})
    'The parameter MessageBody takes ${context.requestId}, which is not supported: only $request is.'
    """
    if subtype not in _SUBTYPES:
        return f"The subtype {subtype} is not supported."
    for name, value in parameters.items():
        matches = [_WHOLE.fullmatch(str(value)), *_PART.finditer(str(value))]
        for match in filter(None, matches):
            if match[1] != "request":
                return f"The parameter {name} takes {match[0]}, which is not supported: only $request is."
    return None


def typed(value: Any, shape: Any) -> Any:
    """Parameters, which are texts, as the operation takes them; what does not read as such stays a text."""
    if shape is None:
        return value
    if isinstance(value, dict) and shape.type_name == "structure":
        return {name: typed(each, shape.members.get(name)) for name, each in value.items()}
    if isinstance(value, list) and shape.type_name == "list":
        return [typed(each, shape.member) for each in value]
    if not isinstance(value, str) or shape.type_name not in _WRITTEN_AS_JSON:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def resolved(value: Any, request: Request) -> str | None:
    """A parameter's value for a request: all of it from there, or parts of a text.

    >>> request = Request('{"id": 7}', {}, {}, {"name": "you"})
    >>> resolved("$request.body.id", request), resolved("ride of ${request.path.name}", request)
    ('7', 'ride of you')
    """
    if match := _WHOLE.fullmatch(str(value)):
        return _source(match[2], request)
    return _PART.sub(lambda match: _source(match[2], request) or "", str(value))


def _source(path: str, request: Request) -> str | None:
    kind, _, name = path.partition(".")
    if kind == "body":
        return _of_body(request.body, name)
    if kind == "querystring":
        values = request.query.get(name)
        return ",".join(values) if isinstance(values, list) else values
    return {"header": request.headers, "path": request.path}.get(kind, {}).get(
        name.lower() if kind == "header" else name
    )


def _of_body(body: str, path: str) -> str | None:
    if not path:
        return body
    try:
        value = json.loads(body)
    except ValueError:
        return None
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value if value is None or isinstance(value, str) else json.dumps(value)
