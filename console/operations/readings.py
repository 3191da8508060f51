"""What a page shows of alarms, queues and schedules, asked of CloudWatch, SQS and EventBridge Scheduler."""

from collections.abc import Iterator
from typing import Any

from cli.stack import Stack
from cli.status import status_of
from local.account import entries

_DEAD_LETTERS = "DeadLetterQueue"
# Those that a person has to look at come first.
_ORDER = ("ALARM", "INSUFFICIENT_DATA", "OK")


def state(stack: Stack, _: Any = None) -> dict[str, Any]:
    """The alarms, the queues and the schedules of a stack, as they are now."""
    return {"alarms": _alarms(stack), "queues": _queues(stack), "schedules": list(_schedules(stack))}


def _alarms(stack: Stack) -> list[dict[str, Any]]:
    names = set(stack.resources("AWS::CloudWatch::Alarm"))
    described = entries(stack.client("cloudwatch"), "describe_alarms", "MetricAlarms", AlarmNamePrefix=f"{stack.name}-")
    alarms = [
        {
            "name": each["AlarmName"].removeprefix(f"{stack.name}-"),
            "state": each["StateValue"],
            "since": each["StateUpdatedTimestamp"],
            "reason": each.get("StateReason", ""),
            "description": each.get("AlarmDescription", ""),
        }
        for each in described
        if each["AlarmName"] in names
    ]
    return sorted(alarms, key=lambda alarm: (_ORDER.index(alarm["state"]), alarm["name"]))


def _queues(stack: Stack) -> list[dict[str, Any]]:
    depths = status_of(stack).queue_depths
    queues = [{"name": name, "messages": depth, "dead": name.endswith(_DEAD_LETTERS)} for name, depth in depths.items()]
    return sorted(queues, key=lambda queue: (not queue["dead"], queue["name"]))


def _schedules(stack: Stack) -> Iterator[dict[str, Any]]:
    scheduler = stack.client("scheduler")
    for name in sorted(stack.resources("AWS::Scheduler::Schedule")):
        schedule = scheduler.get_schedule(Name=name.rpartition("/")[2])
        yield {
            "name": schedule["Name"].removeprefix(f"{stack.name}-"),
            "description": schedule.get("Description", ""),
            "expression": schedule["ScheduleExpression"],
            "zone": schedule.get("ScheduleExpressionTimezone", "UTC"),
            "state": schedule["State"],
        }
