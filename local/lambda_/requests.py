"""What Lambda refuses of a request before it looks at the function: what is too large, and what is no JSON.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import re
from typing import Any

from local.lambda_.configurations import RefusedFunctionError
from local.lambda_.updates import refusal
from local.protocols.strict_json import NotJsonError, decode
from local.seams import replace, seam

MOST_BYTES = 6 * 1024 * 1024
MOST_EVENT_BYTES = 1024 * 1024
# 50 MB of a package in base64, and what is around it.
MOST_CODE_BYTES = 70_167_211

_CODE = {"POST": re.compile(r"/functions/?$"), "PUT": re.compile(r"/functions/[^/]+/code/?$")}
_OPERATIONS = {"POST": "CreateFunction", "PUT": "UpdateFunctionCode"}
_INVOCATION = re.compile(r"/functions/[^/]+/invocations/?$")


def install() -> None:
    """Check what callers send."""
    from ministack.services import lambda_svc

    handle = seam(lambda_svc, "handle_request")

    async def handle_checked(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Any:
        try:
            if method == "POST" and _INVOCATION.search(path):
                check(body, headers.get("x-amz-invocation-type") == "Event")
            elif method in _CODE and _CODE[method].search(path):
                _check_size(body, MOST_CODE_BYTES, _OPERATIONS[method])
        except RefusedFunctionError as fault:
            return refusal(fault)
        return await handle(method, path, headers, body, query)

    replace(lambda_svc, "handle_request", handle_checked)


def check(payload: bytes, is_event: bool) -> None:
    """Raise RefusedFunctionError for a payload that an invocation, or an asynchronous one, cannot have."""
    _check_size(payload, MOST_BYTES, "InvokeFunction")
    if is_event and len(payload) > MOST_EVENT_BYTES:
        message = f"payload is too large for the Event invocation type (limit {MOST_EVENT_BYTES} bytes)"
        raise RefusedFunctionError(f"{len(payload)} byte {message}", "RequestEntityTooLargeException", 413)
    try:
        decode(payload or b"{}")
    except NotJsonError as fault:
        message = f"Could not parse request body into json: Could not parse payload into json: {fault}"
        raise RefusedFunctionError(message, "InvalidRequestContentException") from None


def _check_size(body: bytes, most: int, operation: str) -> None:
    if len(body) > most:
        message = f"Request must be smaller than {most} bytes for the {operation} operation"
        raise RefusedFunctionError(message, "RequestEntityTooLargeException", 413)
