"""The condition key `aws:ResourceTag/<key>` of a service of ours, whose resources MiniStack does not know.

A call is judged with the tags of the resource that it names, and none where it makes one. `aws:RequestTag/<key>` is
MiniStack's. Source: "AWS global condition context keys", IAM User Guide.
"""

from collections.abc import Callable, Mapping
from typing import Any

from local.iam.mounting import ResourceOf, json_object
from local.seams import replace, seam

TagsOf = Callable[[str], Mapping[str, str]]
"""The tags of the resource of an ARN; none of one that there is not."""


def install(service: str, resource_of: ResourceOf, tags_of: TagsOf) -> None:
    """Let policies be judged with the tags of the resource that a call of `service` names in its body."""
    from ministack.core import iam_actions
    from ministack.core.responses import get_account_id, get_region

    context_by_ministack = seam(iam_actions, "request_tag_context")

    def request_context(named: str, iam_action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        context = context_by_ministack(named, iam_action, body, params)
        if named != service or iam_action.startswith(f"{service}:Create"):
            return context
        arn = resource_of(json_object(body), get_region(), get_account_id())
        tags = tags_of(arn) if arn else {}
        return context | {f"aws:ResourceTag/{key}".lower(): value for key, value in tags.items()}

    replace(iam_actions, "request_tag_context", request_context)
