"""The response to a request that is refused before any service sees it: AWS's error, in the service's protocol."""

import json
import uuid

from local import EmbeddedAwsError
from local.iam.bodies import TooLargeError
from local.iam.request_guard import Send, is_api_path
from local.iam.signed_request import Request


class UnauthenticatedError(EmbeddedAwsError):
    """The request is refused; the code is MiniStack's, which has a name and a status of AWS's for each protocol.

    The service is who answers, where the headers alone do not say it.
    """

    def __init__(self, code: str, message: str, service: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.service = service


class RefusedObjectError(EmbeddedAwsError):
    """S3 refuses the request by this answer: status, headers and body."""

    def __init__(self, response: tuple[int, dict[str, str], bytes]) -> None:
        super().__init__(response[2].decode(errors="replace"))
        self.response = response


async def send_refusal(request: Request, refusal: Exception, send: Send) -> None:
    """Answer `request` as AWS's service answers such a refusal, and close: its body may not have been read."""
    status, headers, body = _response(request, refusal)
    headers = {
        **headers,
        "x-amzn-requestid": str(uuid.uuid4()),
        "content-length": str(len(body)),
        "connection": "close",
    }
    encoded = [(name.lower().encode("latin-1"), str(value).encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else body})


def _response(request: Request, refusal: Exception) -> tuple[int, dict[str, str], bytes]:
    from ministack import app
    from ministack.core import iam_evaluator, router

    if isinstance(refusal, RefusedObjectError):
        return refusal.response
    if isinstance(refusal, TooLargeError) and is_api_path(request.path):
        headers = {"content-type": "application/json", "x-amzn-errortype": "RequestTooLongException"}
        return 413, headers, json.dumps({"message": str(refusal)}).encode()
    if isinstance(refusal, TooLargeError):
        return s3_error("EntityTooLarge", str(refusal), 413, request.path)
    service = router.detect_service(request.method, request.path, request.headers, request.query)
    code = ""
    if isinstance(refusal, UnauthenticatedError):
        service, code = refusal.service or service, refusal.code
    error = iam_evaluator.AuthError(code, str(refusal))
    return app._credential_failure(service, "", str(uuid.uuid4()), error, request.headers)


def s3_error(code: str, message: str, status: int, path: str) -> tuple[int, dict[str, str], bytes]:
    """S3's answer to a request that it refuses: status, headers and body."""
    from ministack.services import s3

    return s3._error(code, message, status, path)
