"""Takes the turn of a task for an execution that is redriven, by the same table as the workflow does at its start.

A redriven execution goes on behind the states that take it (`statemachines/turn.py`, docs/decisions/0039). Without its
turn a retraining that is started meanwhile would train beside it.
"""

from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from cli.errors import CommandError
from cli.outcome import YIELDED
from cli.stack import Stack
from wildrydes.starts import PERSON

# As the workflow has it: nobody has the turn, or still who was seen to have it, or somebody wrote what is no ARN.
_CONDITION = "attribute_not_exists(holder) OR holder = :previous OR NOT attribute_type(holder, :text)"
_RUNNING = ("RUNNING", "PENDING_REDRIVE")
_NO_EXECUTION = ("ExecutionDoesNotExist", "InvalidArn")


class AnotherRunsError(CommandError):
    """Another retraining of the task has its turn."""

    exit_code = YIELDED


def take_turn(stack: Stack, arn: str, task: str) -> None:
    """Write that it is the turn of the execution `arn`. Raises AnotherRunsError where one has it that runs."""
    holder = holder_of(stack, task)
    if holder is not None and holder != arn and _runs(stack, holder):
        raise _refusal(task, holder)
    try:
        stack.client("dynamodb").update_item(
            **_item(stack, task),
            ConditionExpression=_CONDITION,
            UpdateExpression="SET holder = :own, taken_at = :now, started_by = :reason, started_by_detail = :detail",
            ExpressionAttributeValues={
                ":own": {"S": arn},
                ":text": {"S": "S"},
                ":previous": {"S": holder or arn},
                ":now": {"S": _iso(stack.now())},
                ":reason": {"S": PERSON},
                ":detail": {"S": "redrive"},
            },
        )
    except ClientError as fault:
        if fault.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        raise _refusal(task, holder_of(stack, task) or "") from fault


def holder_of(stack: Stack, task: str) -> str | None:
    """The ARN of the execution that has the turn of a task; None where nobody has had it."""
    item: dict[str, Any] = stack.client("dynamodb").get_item(**_item(stack, task), ConsistentRead=True).get("Item", {})
    return item.get("holder", {}).get("S")


def stop_unless_its_turn(stack: Stack, arn: str, task: str) -> None:
    """Stop the execution where another took the turn before this one ran again. Raises AnotherRunsError then."""
    holder = holder_of(stack, task)
    if holder not in (None, arn):
        cause = f"{holder} has taken its turn."
        stack.client("stepfunctions").stop_execution(executionArn=arn, error="TurnLost", cause=cause)
        raise _refusal(task, holder or "")


def _item(stack: Stack, task: str) -> dict[str, Any]:
    return {"TableName": stack.outputs["TurnsTableName"], "Key": {"task": {"S": task}}}


def _iso(moment: float) -> str:
    """A Unix time as the Context object of Step Functions has times."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _runs(stack: Stack, arn: str) -> bool:
    try:
        return stack.client("stepfunctions").describe_execution(executionArn=arn)["status"] in _RUNNING
    except ClientError as fault:
        if fault.response["Error"]["Code"] in _NO_EXECUTION:
            return False
        raise


def _refusal(task: str, holder: str) -> AnotherRunsError:
    return AnotherRunsError(
        f"Another retraining of {task} runs: {holder.rpartition(':')[2]}. Wait for its end, or stop it; see then "
        "whether this one is still wanted."
    )
