"""What Lambda refuses of an invocation before it looks at the function: what is too large, and what is no JSON.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import json
import re
from typing import Any, NoReturn

from local.lambda_.configurations import RefusedFunctionError
from local.lambda_.updates import refusal
from local.seams import replace, seam

MOST_BYTES = 6 * 1024 * 1024
MOST_EVENT_BYTES = 1024 * 1024

_INVOCATION = re.compile(r"/functions/[^/]+/invocations/?$")


def install() -> None:
    """Check what callers send."""
    from ministack.services import lambda_svc

    handle = seam(lambda_svc, "handle_request")

    async def handle_checked(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Any:
        if method == "POST" and _INVOCATION.search(path):
            try:
                check(body, headers.get("x-amz-invocation-type") == "Event")
            except RefusedFunctionError as fault:
                return refusal(fault)
        return await handle(method, path, headers, body, query)

    replace(lambda_svc, "handle_request", handle_checked)


def check(payload: bytes, is_event: bool) -> None:
    """Raise RefusedFunctionError for a payload that an invocation, or an asynchronous one, cannot have."""
    if len(payload) > MOST_BYTES:
        message = f"Request must be smaller than {MOST_BYTES} bytes for the InvokeFunction operation"
        raise RefusedFunctionError(message, "RequestEntityTooLargeException", 413)
    if is_event and len(payload) > MOST_EVENT_BYTES:
        message = f"payload is too large for the Event invocation type (limit {MOST_EVENT_BYTES} bytes)"
        raise RefusedFunctionError(f"{len(payload)} byte {message}", "RequestEntityTooLargeException", 413)
    try:
        json.loads(payload or b"{}", parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as fault:
        message = f"Could not parse request body into json: Could not parse payload into json: {fault}"
        raise RefusedFunctionError(message, "InvalidRequestContentException") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
