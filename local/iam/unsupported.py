"""Answers 501 `NotImplemented`, with the action's name, where MiniStack, moto and this project lack an action.

Each service has an answer of its own for these: 400 by six names, 404 for a path that would be a function's or an
API's, 405, or 500, which SDKs try again. What AWS does not have either is left to the service, which answers as AWS
does.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote

from botocore.session import get_session

from local.iam.side_doors import SERVICES
from local.seams import seam

Response = tuple[int, dict[str, str], bytes]

# How botocore calls the models of services that MiniStack names otherwise; a service may have several.
_MODELS = {
    "apigateway": ("apigateway", "apigatewayv2"),
    "monitoring": ("cloudwatch",),
    "sagemaker": ("sagemaker", "sagemaker-runtime"),
    "states": ("stepfunctions",),
    "tagging": ("resourcegroupstaggingapi",),
}
_ENDS = frozenset({400, 404, 405, 500})
# What the services say of an action, and of a path, that they do not know.
_UNKNOWN_ACTION = (
    r"Unknown (?:\w+ )?(?:action|operation): {0}\b|\b{0}'? (?:is )?not implemented|action {0} is not valid"
)
_UNKNOWN_PATH = re.compile(
    r"Unknown (?:\w+ )*(?:v1 )?path: |Function not found: /|The specified method is not allowed against this resource|"
    r"The embedded AWS implements InvokeEndpoint alone"
)


def install() -> None:
    """Look at the answers of all services. To be called when all of them are mounted."""
    from ministack import app

    handlers = seam(app, "SERVICE_HANDLERS")
    for service in SERVICES & set(handlers):
        handlers[service] = _watched(service, handlers[service])


def refusal(service: str, action: str, content_type: str) -> Response:
    """The answer of `service` to a call of an action that it does not have here, in its protocol."""
    from ministack.core import iam_actions

    namespace = seam(iam_actions, "SERVICE_TO_IAM_NAMESPACE").get(service, service)
    message = f"The embedded AWS does not implement {namespace}:{action}."
    if content_type.startswith(("application/xml", "text/xml")):
        error = f"<Code>NotImplemented</Code><Message>{message}</Message>"
        inner = f"<Error>{error}</Error>"
        text = inner if service == "s3" else f"<ErrorResponse>{inner}</ErrorResponse>"
        return 501, {"Content-Type": content_type}, text.encode()
    body = json.dumps({"__type": "NotImplemented", "message": message}).encode()
    return 501, {"Content-Type": content_type, "x-amzn-errortype": "NotImplemented"}, body


def _watched(service: str, handle: Callable[..., Any]) -> Callable[..., Any]:
    async def handle_request(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Any:
        answer = await handle(method, path, headers, body, query)
        status, answer_headers, content = answer
        if status not in _ENDS or not isinstance(content, bytes):
            return answer
        action = _missing(service, method, path, headers, body, query, content)
        if action is None:
            return answer
        names = {name.lower(): value for name, value in answer_headers.items()}
        return refusal(service, action, names.get("content-type", "application/json"))

    return handle_request


def _missing(
    service: str,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    query: Mapping[str, Any],
    content: bytes,
) -> str | None:
    """The action of AWS's that the service says it does not have; None where it says something else."""
    text = content.decode(errors="replace")
    if action := _named_action(path, headers, body, query):
        exists = any(action in model.operation_names for model in _models(service))
        return action if exists and re.search(_UNKNOWN_ACTION.format(re.escape(action)), text) else None
    return _action_of_path(service, method, path, query) if _UNKNOWN_PATH.search(text) else None


def _named_action(path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]) -> str | None:
    """The action that the request names, by whichever protocol; None for a REST API."""
    if target := headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    if match := re.search(r"/operation/(\w+)$", path):
        return match[1]
    if match := re.search(rb"(?:^|&)Action=(\w+)", body):
        return match[1].decode()
    named = query.get("Action")
    return (named[0] if isinstance(named, list) else named) or None


@dataclass(frozen=True)
class _Route:
    """An operation of a REST API: its method, a pattern of its paths, and the query parameters that are its own."""

    method: str
    pattern: re.Pattern[str]
    query: frozenset[str]
    name: str

    def fits(self, method: str, path: str, query: Mapping[str, Any]) -> bool:
        return self.method == method and self.query <= set(query) and bool(self.pattern.fullmatch(path))


def _action_of_path(service: str, method: str, path: str, query: Mapping[str, Any]) -> str | None:
    """The operation of AWS's that has such a path; of several, the one that says most of it."""
    plain = unquote(path).rstrip("/") or "/"
    fitting = [each for each in _routes(service) if each.fits(method, plain, query)]
    return (
        max(fitting, key=lambda route: (len(route.query), route.pattern.pattern.count("/"))).name if fitting else None
    )


@cache
def _routes(service: str) -> list[_Route]:
    return [_route(model) for model in _operations(service)]


def _route(model: Any) -> _Route:
    """The route of an operation: `/functions/{Name}/code` fits `/functions/any/code`."""
    path, _, query = model.http["requestUri"].partition("?")
    parts = re.split(r"(\{[^}]+\})", path.rstrip("/") or "/")
    pattern = "".join(
        (".+" if part.endswith("+}") else "[^/]+") if part.startswith("{") else re.escape(part) for part in parts
    )
    names = {each.partition("=")[0] for each in query.split("&") if each}
    return _Route(model.http["method"], re.compile(pattern), frozenset(names | _required_in_query(model)), model.name)


def _required_in_query(model: Any) -> set[str]:
    """The query parameters that an operation needs: CompleteMultipartUpload is a POST to any key with an `uploadId`."""
    shape = model.input_shape
    required = [shape.members[name].serialization for name in shape.required_members] if shape else []
    return {each["name"] for each in required if each.get("location") == "querystring"}


def _operations(service: str) -> Iterator[Any]:
    for model in _models(service):
        yield from (model.operation_model(name) for name in model.operation_names)


@cache
def _models(service: str) -> list[Any]:
    session = get_session()
    return [session.get_service_model(name) for name in _MODELS.get(service, (service,))]
