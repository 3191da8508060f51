"""What a page shows of alarms, queues, schedules, costs and grants, asked of the services that have them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from cli import dashboard
from cli.iam import unused_actions
from cli.month_costs import month_costs
from cli.role_grants import grants_of
from cli.stack import Stack
from cli.status import queue_depths
from cli.unused_grants import unused_grants
from console import charts
from console.answers import BadFieldError, number_of, text_of
from local.account import entries

_DEAD_LETTERS = "DeadLetterQueue"
# Those that a person has to look at come first.
_ORDER = ("ALARM", "INSUFFICIENT_DATA", "OK")
_NEXT_TIMES = 5
_MOST_LETTERS = 10
_MOST_HOURS = 24 * 455 + 1


def alarms(stack: Stack, _: Any = None) -> list[dict[str, Any]]:
    """The alarms of a stack as they are now: those that are on first, and those without data next."""
    names = set(stack.resources("AWS::CloudWatch::Alarm"))
    described = entries(stack.client("cloudwatch"), "describe_alarms", "MetricAlarms", AlarmNamePrefix=f"{stack.name}-")
    shown = [
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
    return sorted(shown, key=lambda alarm: (_ORDER.index(alarm["state"]), alarm["name"]))


def queues(stack: Stack, _: Any = None) -> list[dict[str, Any]]:
    """The queues of a stack with how many messages they have now: those with dead letters first."""
    shown = [
        {"name": name, "messages": depth, "dead": name.endswith(_DEAD_LETTERS)}
        for name, depth in queue_depths(stack).items()
    ]
    return sorted(shown, key=lambda queue: (not queue["dead"], queue["messages"] == 0, queue["name"]))


def letters(stack: Stack, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Some of the dead letters of the queue `fields["queue"]`: when each was sent, and its body. None is taken.

    SQS gives any ten at most, and counts that each was looked at. Raises BadFieldError for another queue.
    """
    name = text_of(fields, "queue")
    url = stack.queues().get(name)
    # Of a queue with a consumer, a look would be one of the attempts that a message has.
    if url is None or not name.endswith(_DEAD_LETTERS):
        raise BadFieldError(f"The field queue is {name[:40]!r}: it has to be the name of a queue of dead letters.")
    received = stack.client("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=_MOST_LETTERS, VisibilityTimeout=0, AttributeNames=["SentTimestamp"]
    )
    return [
        {
            "id": each["MessageId"],
            "sent": datetime.fromtimestamp(int(each["Attributes"]["SentTimestamp"]) / 1000, UTC),
            "body": each["Body"],
        }
        for each in received.get("Messages", ())
    ]


def schedules(stack: Stack, _: Any = None) -> list[dict[str, Any]]:
    """The schedules of a stack, each with the next times at which it starts its target; none of one that is off."""
    scheduler = stack.client("scheduler")
    names = sorted(name.rpartition("/")[2] for name in stack.resources("AWS::Scheduler::Schedule"))
    return [_schedule(stack, scheduler.get_schedule(Name=name)) for name in names]


def _schedule(stack: Stack, schedule: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": schedule["Name"].removeprefix(f"{stack.name}-"),
        "description": schedule.get("Description", ""),
        "expression": schedule["ScheduleExpression"],
        "zone": schedule.get("ScheduleExpressionTimezone", "UTC"),
        "state": schedule["State"],
        "next": _next(schedule, stack.now()) if schedule["State"] == "ENABLED" else [],
    }


def _next(schedule: Mapping[str, Any], now: float) -> list[datetime]:
    """The next times at which a schedule starts its target."""
    # What it stands on takes a moment to import: the other views need not wait for it.
    from local.scheduler.times import upcoming

    seconds = {name: value.timestamp() if isinstance(value, datetime) else value for name, value in schedule.items()}
    return [datetime.fromtimestamp(each, UTC) for each in islice(upcoming(seconds, now), _NEXT_TIMES)]


def widgets(stack: Stack, query: Mapping[str, str]) -> dict[str, Any]:
    """The charts of the stack's dashboard below the headings of `sections`, with the points of the last `hours`.

    Both are texts; headings are separated by commas. What is answered is `cli.dashboard.read`'s, each chart with the
    form in which it is drawn (`console.charts`).
    """
    hours = number_of(query, "hours", _MOST_HOURS)
    if hours == 0:
        raise BadFieldError("The field hours is 0: it has to be 1 at least.")
    shown = dashboard.read(stack, hours, text_of(query, "sections").split(","))
    return shown | {"widgets": [charts.widget(each) for each in shown["widgets"]]}


def cost(stack: Stack, query: Mapping[str, str]) -> dict[str, Any]:
    """What a month, `YYYY-MM`, has cost at list prices: `MonthCosts.to_json`. Raises BadFieldError."""
    month = text_of(query, "month")
    try:
        return month_costs(stack, month, datetime.now(UTC)).to_json()
    except ValueError as fault:
        raise BadFieldError(f"The field month is {month[:20]!r}: {fault}.") from None


def grants(stack: Stack, _: Any = None) -> dict[str, Any]:
    """How many statements the stack's roles have, and of which what no test ever used, with the reasons."""
    reasons, listed = unused_grants(), grants_of(stack)
    return {
        "roles": len({each.role for each in listed}),
        "statements": sum(each.statement is not None for each in listed),
        "unused": [
            {"role": each.logical_id, "statement": each.statement, "action": action, "reason": reason}
            for each in listed
            for action, reason in unused_actions(each, reasons).items()
        ],
    }
