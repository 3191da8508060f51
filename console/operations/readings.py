"""What a page shows of alarms, queues, schedules, costs and grants, asked of the services that have them."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from cli import dashboard
from cli.iam import unused_actions
from cli.month_costs import month_costs
from cli.role_grants import grants_of
from cli.stack import Stack
from cli.status import status_of
from cli.unused_grants import unused_grants
from console.answers import BadFieldError, number_of, text_of
from local.account import entries

_DEAD_LETTERS = "DeadLetterQueue"
# Those that a person has to look at come first.
_ORDER = ("ALARM", "INSUFFICIENT_DATA", "OK")
_NEXT_TIMES = 5
_MOST_HOURS = 24 * 455 + 1


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

    Both are texts; headings are separated by commas. What is answered is `cli.dashboard.read`'s.
    """
    hours = number_of(query, "hours", _MOST_HOURS)
    if hours == 0:
        raise BadFieldError("The field hours is 0: it has to be 1 at least.")
    return dashboard.read(stack, hours, text_of(query, "sections").split(","))


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
