"""Answers 501 `NotImplemented`, with the action's name, where MiniStack, moto and this project lack an action.

Each service has an answer of its own for these: 400 by six names, 404 for a path that would be a function's or an
API's, 405, or 500, which SDKs try again. What AWS does not have either is left to the service, which answers as AWS
does.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from local.iam.protocols import named_action
from local.iam.side_doors import SERVICES
from local.protocols import operations
from local.seams import seam

Response = tuple[int, dict[str, str], bytes]

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
    if action := named_action(service, method, path, headers, body, query):
        is_unknown = re.search(_UNKNOWN_ACTION.format(re.escape(action)), text)
        return action if is_unknown and operations.operation(service, action) else None
    if not _UNKNOWN_PATH.search(text):
        return None
    route = operations.route(service, method, path, query)
    return route.operation.name if route else None
