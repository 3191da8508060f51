"""Message move tasks: they send what is in a dead-letter queue back to the queue that it came from.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
"""

import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

_LOOK_SECONDS = 0.3
_ALREADY_RUNNING = "already a task running"


@dataclass(frozen=True)
class Moved:
    """How a task ended: COMPLETED, FAILED or CANCELLED, or EMPTY where there was nothing to move."""

    status: str
    messages: int
    failure: str | None = None


def move_back(sqs: Any, queue: str) -> Moved:
    """Move all messages of a dead-letter queue back, and wait for the end; a task that runs already is followed."""
    if waiting(sqs, queue) == 0:
        return Moved("EMPTY", 0)
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    _start(sqs, arn)
    while (task := _newest(sqs, arn))["Status"] in ("RUNNING", "CANCELLING"):
        time.sleep(_LOOK_SECONDS)
    return Moved(task["Status"], task.get("ApproximateNumberOfMessagesMoved", 0), task.get("FailureReason"))


def waiting(sqs: Any, queue: str) -> int:
    """The messages of a queue that can be received now, as far as SQS knows."""
    name = "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[name])["Attributes"][name])


def _start(sqs: Any, arn: str) -> None:
    try:
        sqs.start_message_move_task(SourceArn=arn)
    except ClientError as fault:
        # Somebody else's, or that of a command that was stopped: it moves the same messages.
        if _ALREADY_RUNNING not in fault.response["Error"]["Message"]:
            raise


def _newest(sqs: Any, arn: str) -> dict[str, Any]:
    return sqs.list_message_move_tasks(SourceArn=arn, MaxResults=1)["Results"][0]
