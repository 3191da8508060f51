"""REST APIs that call a service of AWS by themselves: `arn:aws:apigateway:<region>:states:action/StartExecution`.

MiniStack knows those of queues, and takes every other for a function. The request template makes the call's parameters,
the call is signed as the integration's role, and the integration's responses map what comes back.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-integration-types.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

import base64
import json
import re
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ReadTimeoutError

from local import account
from local.apigateway.service_answers import answer_of, as_json
from local.iam.roles import LentRole, RoleClients, UnusableRoleError
from local.seams import replace, seam

PRINCIPAL = "apigateway.amazonaws.com"

# Services whose calls are JSON, by the names that boto3 has for them.
_SERVICES = {"states": "stepfunctions", "dynamodb": "dynamodb", "events": "events", "ssm": "ssm", "logs": "logs"}
_ESCAPES = {"\\": "\\\\", '"': '\\"', "'": "\\'", "/": "\\/", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b"}

_TIMEOUT_MILLIS = 29_000
# Integrations whose templates make what is sent; a proxy sends the request as it is.
_MAPPED = frozenset({"AWS", "HTTP", "MOCK"})

Step = tuple[str, str | None]


class Call(NamedTuple):
    """A call of a service: by boto3's name of the service and of the operation, in a region."""

    service: str
    operation: str
    region: str


def install(endpoint: str) -> None:
    """Let APIs call these services at `endpoint`, and let templates escape what they put into JSON."""
    from ministack.core.concurrency import run_reentrant
    from ministack.services import apigateway_v1

    for name in (
        "_render_request_template_v1",
        "_service_integration_response",
        "_vtl_split_args",
        "_vtl_value",
        "_gw_error",
    ):
        seam(apigateway_v1, name)
    clients = RoleClients(endpoint, PRINCIPAL)
    invoke_function = seam(apigateway_v1, "_invoke_lambda_custom_v1")

    async def invoke(integration: dict[str, Any], api_id: str, *others: Any, **keywords: Any) -> Any:
        call = call_of(integration.get("uri", ""))
        if call is None:
            return await invoke_function(integration, api_id, *others, **keywords)
        stage, _, resource, _, method, headers, body, query, path = others
        request = _Request(headers, body, query, path or {}, keywords.get("authorizer_context"))
        region = keywords.get("owner_region") or account.DEFAULT_REGION
        arn = f"arn:aws:execute-api:{region}:{account.ACCOUNT_ID}:{api_id}/{stage}/{method}{resource['path']}"
        role = LentRole(integration.get("credentials") or "", arn)
        # The call comes back to this server, which needs threads of the pool for it: this one is none of them.
        return await run_reentrant(_respond, clients, call, role, integration, request)

    replace(apigateway_v1, "_invoke_lambda_custom_v1", invoke)
    replace(apigateway_v1, "_check_passthrough_behavior", _refusing_content(apigateway_v1))
    replace(apigateway_v1, "_vtl_util", _utilities(apigateway_v1, seam(apigateway_v1, "_vtl_util")))


def call_of(uri: str) -> Call | None:
    """What an integration calls, by its URI; None for a function, and for what is not called so here.

    >>> call_of("arn:aws:apigateway:eu-west-1:states:action/StartExecution")
    Call(service='stepfunctions', operation='start_execution', region='eu-west-1')
    """
    match = re.fullmatch(r"arn:aws[\w-]*:apigateway:([\w-]+):(\w+):action/(\w+)", uri)
    if match is None or match[2] not in _SERVICES:
        return None
    return Call(_SERVICES[match[2]], xform_name(match[3]), match[1])


class _Request(NamedTuple):
    headers: Mapping[str, Any]
    body: bytes | None
    query: Mapping[str, Any]
    path: Mapping[str, str]
    authorizer: Any

    @property
    def parameters(self) -> dict[str, str]:
        """What `$input.params` finds: the path's before the query's before the headers'."""
        first = {name: value if isinstance(value, str) else value[0] for name, value in self.query.items() if value}
        headers = {name: value for name, value in self.headers.items() if isinstance(value, str)}
        return headers | first | dict(self.path)


def _respond(clients: RoleClients, call: Call, role: LentRole, integration: dict[str, Any], request: _Request) -> Any:
    """The answer, or MiniStack's error of a gateway response."""
    from ministack.services import apigateway_v1

    text = (request.body or b"").decode("utf-8", "replace")
    context = {"authorizer": request.authorizer} if request.authorizer else {}
    template = _template(integration.get("requestTemplates") or {}, _content_type(request.headers))
    if template is not None:
        text = apigateway_v1._render_request_template_v1(template, text, request.parameters, context)
    try:
        seconds = seconds_of(integration, _TIMEOUT_MILLIS)
        client = clients.client(call.service, role, call.region, read_timeout=seconds)
        status, answer = _answer(client, call.operation, text)
    except ReadTimeoutError:
        return apigateway_v1._gw_error("INTEGRATION_TIMEOUT", "Endpoint request timed out")
    except (UnusableRoleError, BotoCoreError):
        return 500, {"Content-Type": "application/json"}, b'{"message": "Internal server error"}'
    return apigateway_v1._service_integration_response(
        integration, status, as_json(answer), "application/json", request.parameters, context
    )


def seconds_of(integration: Mapping[str, Any], most_millis: int) -> float:
    """How long an integration waits for the service's answer: `most_millis` where it does not say."""
    return int(integration.get("timeoutInMillis") or most_millis) / 1000


def _refusing_content(apigateway_v1: Any) -> Callable[..., Any]:
    """Where a request's content is refused; MiniStack looks at NEVER alone, and there at templates alone."""
    check = seam(apigateway_v1, "_check_passthrough_behavior")

    def refuse(integration: dict[str, Any], headers: Mapping[str, Any]) -> Any:
        if integration.get("type") not in _MAPPED:
            return check(integration, headers)
        if passes(integration, _content_type(headers)):
            return None
        return apigateway_v1._gw_error("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type")

    return refuse


def passes(integration: Mapping[str, Any], content_type: str) -> bool:
    """Whether an integration takes a request of this content type: by a template, or as it is.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html

    >>> templates = {"application/json": "{}"}
    >>> passes({"passthroughBehavior": "WHEN_NO_TEMPLATES", "requestTemplates": templates}, "text/plain")
    False
    """
    templates = integration.get("requestTemplates") or {}
    behaviour = str(integration.get("passthroughBehavior") or "WHEN_NO_MATCH").upper()
    if _template(templates, content_type) is not None or behaviour == "WHEN_NO_MATCH":
        return True
    return behaviour == "WHEN_NO_TEMPLATES" and not templates


def _content_type(headers: Mapping[str, Any]) -> str:
    return str(next((value for name, value in headers.items() if name.lower() == "content-type"), "") or "")


def _template(templates: Mapping[str, str], content_type: str) -> str | None:
    """The template for the request's content type, which is JSON where it does not say."""
    wanted = content_type.partition(";")[0].strip().lower() or "application/json"
    return next((text for name, text in templates.items() if name.partition(";")[0].strip().lower() == wanted), None)


def _answer(client: Any, operation: str, text: str) -> tuple[int, dict[str, Any]]:
    """The status and the body that the service answers to the parameters of this text."""
    try:
        parameters = json.loads(text or "{}")
    except ValueError:
        return 400, {"__type": "SerializationException", "message": "The parameters are no JSON."}
    if not isinstance(parameters, dict):
        return 400, {"__type": "SerializationException", "message": "The parameters are no object of JSON."}
    return answer_of(client, operation, parameters)


def _utilities(apigateway_v1: Any, fallback: Callable[..., Any]) -> Callable[..., Any]:
    """What `$util` has, and MiniStack's lacks; a call of a text's own method may follow."""
    functions: dict[str, Callable[[str], Any]] = {
        "escapeJavaScript": escape_java_script,
        "urlDecode": urllib.parse.unquote_plus,
        "base64Encode": lambda text: base64.b64encode(text.encode()).decode(),
        "base64Decode": lambda text: base64.b64decode(text).decode("utf-8", "replace"),
        "parseJson": json.loads,
    }

    def evaluate(steps: Sequence[Step], state: dict[str, Any]) -> Any:
        (name, arguments), *rest = steps or [("", None)]
        if name not in functions or arguments is None:
            return fallback(steps, state)
        values = [apigateway_v1._vtl_value(each, state) for each in apigateway_v1._vtl_split_args(arguments)]
        value = functions[name](apigateway_v1._vtl_str(values[0] if values else ""))
        for method, texts in rest:
            wanted = [apigateway_v1._vtl_value(each, state) for each in apigateway_v1._vtl_split_args(texts or "")]
            if method in ("replaceAll", "replace") and len(wanted) == 2 and isinstance(value, str):
                value = value.replace(_unescaped(str(wanted[0])), str(wanted[1]))
        return value

    return evaluate


def _unescaped(pattern: str) -> str:
    r"""What a pattern of escapes alone stands for: `\\'` for `\'`."""
    return re.sub(r"\\(.)", r"\1", pattern)


def escape_java_script(text: str) -> str:
    r"""A text as it stands within a string of JavaScript.

    >>> print(escape_java_script('{"a": "it\'s"}'))
    {\"a\": \"it\'s\"}
    """
    return "".join(_ESCAPES.get(character, character) for character in text)
