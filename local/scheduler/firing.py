"""What a schedule does when it is due: its target gets the input, as the target's role, or its dead-letter queue does.

A target is tried once, whatever its `RetryPolicy` says: what it refuses here it refuses again a moment later. The input
then goes to the queue of `DeadLetterConfig` as the same role, with the attributes by which AWS says what went wrong.
https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
"""

import logging
import uuid
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local import account
from local.iam.roles import LentRole, RoleClients, UnusableRoleError
from local.scheduler import targets
from local.scheduler.targets import InvalidInputError, UnsupportedTargetError

log = logging.getLogger(__name__)

_EXPECTED = (ClientError, BotoCoreError, UnusableRoleError, UnsupportedTargetError, InvalidInputError)

_MOST_ERROR_MESSAGE = 1024


def fire(clients: RoleClients, schedule: dict, due: float, region: str) -> None:
    """Hand the input to the schedule's target as of `due`, in seconds since the epoch; faults are logged.

    Raises nothing: other schedules are due at the same tick.
    """
    target, execution = schedule.get("Target") or {}, uuid.uuid4().hex[:16]
    body = filled_in(str(target.get("Input") or "{}"), schedule, due, execution)
    try:
        targets.call(lambda service: clients.client(service, role_of(schedule), region), target, body)
    except Exception as fault:
        # Whatever it is, the input is in the dead-letter queue; what nobody expects is logged with its trace.
        unexpected = not isinstance(fault, _EXPECTED)
        log.error("schedule %s could not start %s: %s", schedule["Name"], target.get("Arn"), fault, exc_info=unexpected)
        attributes = attributes_of(schedule, due, execution, fault)
        _bury(clients, schedule, body, attributes, region)


def role_of(schedule: dict) -> LentRole:
    """The role of the schedule's target, which the service takes for the schedule's group.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    """
    group = schedule.get("Arn", "").replace(":schedule/", ":schedule-group/").rpartition("/")[0]
    return LentRole((schedule.get("Target") or {}).get("RoleArn", ""), group)


def _bury(clients: RoleClients, schedule: dict, body: str, attributes: dict[str, str], region: str) -> None:
    target = schedule.get("Target") or {}
    arn = (target.get("DeadLetterConfig") or {}).get("Arn")
    if arn is None:
        return
    try:
        queues: Any = clients.client("sqs", role_of(schedule), region)
        queues.send_message(
            QueueUrl=f"{clients.endpoint}/{account.ACCOUNT_ID}/{arn.rsplit(':', 1)[1]}",
            MessageBody=body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        )
    except Exception as fault:
        unexpected = not isinstance(fault, _EXPECTED)
        log.error(
            "schedule %s: its input is lost, %s does not take it: %s", schedule["Name"], arn, fault, exc_info=unexpected
        )


def attributes_of(schedule: dict, due: float, execution: str, fault: Exception) -> dict[str, str]:
    """What AWS says of a fault beside the input in a dead-letter queue; nothing was tried again."""
    code = fault.response["Error"]["Code"] if isinstance(fault, ClientError) else type(fault).__name__
    return {
        "ERROR_CODE": code,
        "ERROR_MESSAGE": str(fault)[:_MOST_ERROR_MESSAGE],
        "EXECUTION_ID": execution,
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": "0",
        "SCHEDULED_TIME": _text_of(due),
        "SCHEDULE_ARN": schedule.get("Arn", ""),
        "TARGET_ARN": (schedule.get("Target") or {}).get("Arn", ""),
    }


def filled_in(text: str, schedule: dict, due: float, execution: str) -> str:
    """A target's input with the values of the keywords that the user guide calls context attributes.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
    """
    values = {
        "schedule-arn": schedule.get("Arn", ""),
        "scheduled-time": _text_of(due),
        "execution-id": execution,
        "attempt-number": "1",
    }
    for name, value in values.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def _text_of(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
