"""The permission and the ARN that calls of Lambda are authorised by, where MiniStack differs.

GetAlias and UpdateAlias count as ListAliases there, and the qualifier of an invocation is left out of its ARN.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
"""

import re
from typing import Any

from local.seams import replace, seam

_ALIAS = re.compile(r"/functions/[^/]+/aliases/[^/]+/?$")
_ALIAS_ACTIONS = {"GET": "lambda:GetAlias", "PUT": "lambda:UpdateAlias", "DELETE": "lambda:DeleteAlias"}
_INVOCATION = re.compile(r"/functions/[^/]+/invocations/?$")


def install() -> None:
    """Name the permission and the resource as AWS does."""
    from ministack.core import iam_actions

    action_of = seam(iam_actions, "extract_iam_action")
    resource_of = seam(iam_actions, "extract_resource_arn")

    def iam_action(service: str, method: str, path: str, *others: Any) -> str | None:
        if service == "lambda" and _ALIAS.search(path):
            return _ALIAS_ACTIONS.get(method)
        return action_of(service, method, path, *others)

    def resource_arn(service: str, method: str, path: str, headers: dict, body: bytes, query: dict, *scope: Any) -> str:
        arn = resource_of(service, method, path, headers, body, query, *scope)
        if service == "lambda" and _INVOCATION.search(path):
            qualifier = _first(query.get("Qualifier"))
            return f"{arn}:{qualifier}" if qualifier and arn.count(":") == 6 else arn
        return arn

    replace(iam_actions, "extract_iam_action", iam_action)
    replace(iam_actions, "extract_resource_arn", resource_arn)


def _first(value: Any) -> str | None:
    return (value[0] if value else None) if isinstance(value, list) else value
