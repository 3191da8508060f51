"""Condition keys that say who calls and how, as "AWS global condition context keys" has them.

A session of a role is the role to `aws:PrincipalArn`, with its path, whatever the session is called. MiniStack gives
the session's ARN, so that a Deny for a role held for none of its sessions.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from local.iam.signed_request import Request
from local.seams import replace, seam

_ASSUMED = ":assumed-role/"
_TYPES = {"Root": "Account"}
_HEADERS = {"aws:useragent": "user-agent", "aws:referer": "referer"}
_REQUEST: ContextVar[Request | None] = ContextVar("request", default=None)


def note(request: Request) -> None:
    """Let the policies of this request see how it was sent."""
    _REQUEST.set(request)


def install() -> None:
    """Let policies of identities and of resources see these keys."""
    from ministack.core import iam_evaluator

    resolve = seam(iam_evaluator, "_resolve_condition_key")

    def resolve_key(key: str, context: Any) -> Any:
        name = key.lower()
        if name == "aws:principalarn":
            return principal_arn(context.principal_arn)
        if name == "aws:principaltype":
            return principal_type(context.principal_arn, context.principal_type)
        value = resolve(key, context)
        # What a service does by itself has no request of its caller's.
        if value is not None or context.principal_type == "Service":
            return value
        return request_key(name, context.action)

    replace(iam_evaluator, "_resolve_condition_key", resolve_key)


def principal_arn(arn: str) -> str:
    """The ARN by which policies know a caller: of a session, `…:assumed-role/<role>/<session>`, the role's."""
    if _ASSUMED not in arn:
        return arn
    from ministack.services import iam

    account_id, name = arn.split(":")[4], arn.partition(_ASSUMED)[2].partition("/")[0]
    role = iam._roles.get_scoped(account_id, None, name)
    return role["Arn"] if role else f"arn:aws:iam::{account_id}:role/{name}"


def principal_type(arn: str, type_: str) -> str:
    """AWS's word for what a caller is; MiniStack's queues take every caller for the root.

    >>> principal_type("arn:aws:iam::123456789012:root", "Root")
    'Account'
    >>> principal_type("arn:aws:sts::123456789012:assumed-role/rides/session", "Root")
    'AssumedRole'
    """
    if _ASSUMED in arn:
        return "AssumedRole"
    return "User" if ":user/" in arn else _TYPES.get(type_, type_)


def request_key(name: str, action: str) -> str | None:
    """The value of a key, in lower case, that the request itself says; None where it is absent on AWS too."""
    if name == "aws:principalisawsservice":
        return "false"
    request = _REQUEST.get()
    if request is None:
        return None
    if name in _HEADERS:
        return request.headers.get(_HEADERS[name])
    if request.is_anonymous or not action.startswith("s3:"):
        return None
    if name == "s3:authtype":
        return "REST-QUERY-STRING" if request.is_presigned else "REST-HEADER"
    if name == "s3:signatureversion":
        return "AWS" if request.is_version_2 else "AWS4-HMAC-SHA256"
    if name == "s3:signatureage":
        return _age(request)
    if name == "s3:x-amz-content-sha256":
        return request.headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD" if request.is_presigned else None)
    return None


def _age(request: Request) -> str | None:
    """For how many milliseconds the signature has been valid; None for Version 2, which has no time of signing."""
    stamp = request.parameter("X-Amz-Date") if request.is_presigned else request.headers.get("x-amz-date", "")
    try:
        signed = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return str(max(0, int((datetime.now(UTC) - signed).total_seconds() * 1000)))
