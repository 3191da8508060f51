"""The permission and the queue that calls of SQS are authorised by, where MiniStack differs.

A batch needs the permission of its single action, there is none of its own; a move task is checked on its source.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
"""

import base64
import json
from typing import Any

from ministack.core import iam_actions

from local.seams import replace, seam

_SINGLE = {f"sqs:{name}Batch": f"sqs:{name}" for name in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility")}


def install() -> None:
    """Name the permission and the queue as AWS does."""
    action_of = seam(iam_actions, "extract_iam_action")
    resource_of = seam(iam_actions, "extract_resource_arn")

    def iam_action(*request: Any) -> str | None:
        action = action_of(*request)
        return _SINGLE.get(action, action)

    def resource_arn(service: str, method: str, path: str, headers: dict, body: bytes, *others: Any) -> str:
        if service == "sqs" and "MessageMoveTask" in headers.get("x-amz-target", ""):
            return _source_of(body)
        return resource_of(service, method, path, headers, body, *others)

    replace(iam_actions, "extract_iam_action", iam_action)
    replace(iam_actions, "extract_resource_arn", resource_arn)


def _source_of(body: bytes) -> str:
    """The queue whose messages are moved: named by its ARN, or within the task's handle."""
    try:
        parameters = json.loads(body)
        if "TaskHandle" in parameters:
            parameters = {"SourceArn": json.loads(base64.b64decode(parameters["TaskHandle"]))["sourceArn"]}
        return str(parameters["SourceArn"])
    except (ValueError, KeyError, TypeError):
        return "*"
