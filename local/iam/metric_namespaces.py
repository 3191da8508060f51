"""The condition key `cloudwatch:namespace` of PutMetricData, which MiniStack does not know.

A metric is no resource: a policy says by this key alone which namespace a role may publish to. Requests are JSON, as
boto3 sends them, or forms. Source: "Actions, resources, and condition keys for Amazon CloudWatch", Service
Authorization Reference.
"""

import json
from typing import Any
from urllib.parse import parse_qs

from local.seams import replace, seam

_ACTION, _KEY = "cloudwatch:PutMetricData", "cloudwatch:namespace"


def install() -> None:
    """Let policies be judged with the namespace that a request names."""
    from ministack.core import iam_actions

    context_by_ministack = seam(iam_actions, "request_tag_context")

    def request_context(service: str, iam_action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        context = context_by_ministack(service, iam_action, body, params)
        namespace = namespace_of(body) if iam_action == _ACTION else None
        return context | ({_KEY: namespace} if namespace else {})

    replace(iam_actions, "request_tag_context", request_context)


def namespace_of(body: bytes) -> str | None:
    """The namespace in the body of a PutMetricData; None where it names none.

    >>> namespace_of(b'{"Namespace": "A/B"}'), namespace_of(b"Action=PutMetricData&Namespace=A%2FB")
    ('A/B', 'A/B')
    """
    try:
        value = json.loads(body)
    except ValueError:
        return next(iter(parse_qs(body.decode("latin-1")).get("Namespace", ())), None)
    namespace = value.get("Namespace") if isinstance(value, dict) else None
    return namespace if isinstance(namespace, str) else None
