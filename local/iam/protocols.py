"""Reads a call's action where the service reads it, so that the action that is authorised is the one that is done.

MiniStack takes it from wherever it is said: `Action` in the query, a form, `X-Amz-Target`, the path. Each service does
what one of these says; by the others a caller could choose what is authorised.

    REST     method and path
    JSON     X-Amz-Target
    CBOR     the path, in CloudWatch where there is no X-Amz-Target
    query    the form in the body, else the query

The same holds for parameters: MiniStack looks for them in a form of any service. So the form of a request to S3 or
Lambda, whose handlers read the query alone, could choose the action or the resource that is authorised.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from local.seams import replace, seam

REST = frozenset({"apigateway", "lambda", "s3", "scheduler"})
"""Services that have no other protocol; SageMaker's runtime is told from SageMaker by its own part."""

_JSON = frozenset(
    {"athena", "budgets", "dynamodb", "ecr", "events", "firehose", "glue", "kms", "logs", "ssm", "states", "tagging"}
)
_QUERY = frozenset({"cloudformation", "iam", "sns"})
_EITHER = {"monitoring": "", "sqs": "AmazonSQS.", "sts": "AWSSecurityTokenServiceV20110615."}
"""Services that take both, with the target by which they know a JSON request."""

_CBOR_CALL = re.compile(r"/operation/([^/?]+)")


def install() -> None:
    """Look for action and parameters in one place. To be called before what names other actions than MiniStack."""
    from ministack import app
    from ministack.core import iam_actions, router

    original = seam(iam_actions, "extract_iam_action")

    def extract_iam_action(
        service: str, method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> str | None:
        if service in REST:
            return original(service, method, path, {}, b"", _without_action(query))
        if not _has_one_place(service):
            return original(service, method, path, headers, body, query)
        if _is_by_target(service, headers):
            return original(service, method, path, {"x-amz-target": target_of(headers)}, b"", _without_action(query))
        action = named_action(service, method, path, headers, body, query)
        return original(service, method, path, {}, b"", {"Action": action})

    with_form = seam(app, "_routing_params")

    def routing_params(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        parameters = with_form(method, path, headers, body, query)
        if parameters is query:
            # No form: nearly every request.
            return query
        service = router.detect_service(method, path, dict(headers), dict(parameters))
        return parameters if method == "POST" and reads_form(service, headers) else query

    replace(iam_actions, "extract_iam_action", extract_iam_action)
    replace(app, "_routing_params", routing_params)


def named_action(
    service: str, method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
) -> str | None:
    """The action that a call names, by the service's name in MiniStack; None where method and path alone say it.

    >>> named_action("sns", "POST", "/", {}, b"Action=Publish", {"Action": ["ListTopics"]})
    'Publish'
    >>> named_action("s3", "PUT", "/bucket/key", {}, b"Action=Publish", {}) is None
    True
    """
    if service in REST:
        return None
    if service == "monitoring" and "." not in target_of(headers) and (call := _CBOR_CALL.search(path)):
        return call[1]
    if _is_by_target(service, headers) or not _has_one_place(service):
        return target_of(headers).rpartition(".")[2] or None
    return _action_of_form(method, body, query)


def reads_form(service: str, headers: Mapping[str, str]) -> bool:
    """Whether a service of one of these protocols reads this request's parameters from a form."""
    return (service in _QUERY or service in _EITHER) and not is_json(service, headers)


def _has_one_place(service: str) -> bool:
    """Whether it is one of those that say where they read the action; the others are by target, or have paths."""
    return service in _JSON or service in _QUERY or service in _EITHER


def _is_by_target(service: str, headers: Mapping[str, str]) -> bool:
    return service in _JSON or is_json(service, headers)


def target_of(headers: Mapping[str, str]) -> str:
    """What `X-Amz-Target` says; nothing where there is none."""
    return headers.get("x-amz-target", "")


def is_json(service: str, headers: Mapping[str, str]) -> bool:
    """Whether a service that takes forms too reads this request by its header."""
    if service == "sts" and "amz-json" not in headers.get("content-type", ""):
        return False
    target = target_of(headers)
    return service in _EITHER and "." in target and target.startswith(_EITHER[service])


def _without_action(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if name != "Action"}


def _action_of_form(method: str, body: bytes, query: Mapping[str, Any]) -> str | None:
    """The action as the services look for it: whatever the body's type, and only where it has none in the query.

    >>> _action_of_form("POST", b"Action=DeleteQueue", {"Action": ["ListQueues"]})
    'DeleteQueue'
    """
    form = parse_qs(body.decode(errors="replace")) if method == "POST" else {}
    action = form.get("Action") or query.get("Action")
    return (action[0] if action else None) if isinstance(action, list) else action
