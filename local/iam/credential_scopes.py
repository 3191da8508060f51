"""Refuses a signature that is scoped to another service than the one that gets the request.

Only S3 leaves a body unsigned (`UNSIGNED-PAYLOAD`) and lets a URL live for a week. A request of another service that is
scoped to `s3` would have both.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
"""

from functools import lru_cache

from local.iam.refusals import UnauthenticatedError
from local.iam.signed_request import Request

# Services of MiniStack's that sign by another's name.
_SAME_NAME = {"dynamodbstreams": "dynamodb"}


def refuse_other_scope(request: Request, scope: str, body: bytes = b"") -> None:
    """Raise UnauthenticatedError if `scope`, the service's name in the signature, is not of who gets the request.

    The form in the `body` may name who that is, in requests that carry their signature in the query.
    """
    from ministack import app
    from ministack.core import iam_actions, router

    parameters = app._routing_params(request.method, request.path, request.headers, body, request.query)
    service = router.detect_service(request.method, request.path, request.headers, parameters)
    if _SAME_NAME.get(service, service) != _service_of(scope):
        name = iam_actions.SERVICE_TO_IAM_NAMESPACE.get(service, service)
        raise UnauthenticatedError(
            "SignatureDoesNotMatch", f"Credential should be scoped to correct service: '{name}'. ", service
        )


@lru_cache(maxsize=256)
def _service_of(scope: str) -> str:
    """MiniStack's name of the service that signs as `scope`: `apigateway` of `execute-api`."""
    from ministack.core import router

    authorization = f"AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/{scope}/aws4_request"
    return router.detect_service("POST", "/", {"authorization": authorization}, {})
