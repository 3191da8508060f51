"""What EventBridge Scheduler refuses of a schedule, and MiniStack takes: the ticker would stumble over it for ever.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from local import EmbeddedAwsError
from local.seams import replace, seam

Response = tuple[int, dict[str, str], bytes]

_ONE_TIME = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")


class InvalidScheduleError(EmbeddedAwsError):
    """EventBridge Scheduler would not create the schedule."""


def install() -> None:
    """Check schedules before they are stored."""
    from ministack.services import eventbridge, scheduler

    for name in ("_parse_rate_seconds", "_parse_cron_fields"):
        seam(eventbridge, name)
    for name in ("_create_schedule", "_update_schedule"):
        replace(scheduler, name, _checked(seam(scheduler, name)))


def check(schedule: Mapping[str, Any]) -> None:
    """Raise InvalidScheduleError for an expression or a time zone that is none."""
    zone = schedule.get("ScheduleExpressionTimezone") or "UTC"
    try:
        ZoneInfo(zone)
    except (ValueError, KeyError, OSError):
        raise InvalidScheduleError(f"Invalid ScheduleExpressionTimezone {zone}.") from None
    expression = schedule.get("ScheduleExpression") or ""
    if not _is_expression(expression):
        raise InvalidScheduleError(f"Invalid Schedule Expression {expression}.")


def _is_expression(text: str) -> bool:
    from ministack.services import eventbridge

    if one_time := _ONE_TIME.fullmatch(text):
        try:
            return bool(datetime.fromisoformat(one_time[1]))
        except ValueError:
            return False
    return bool(eventbridge._parse_rate_seconds(text)) or eventbridge._parse_cron_fields(text) is not None


def _checked(operation: Callable[..., Response]) -> Callable[..., Response]:
    def write(name: str, body: dict[str, Any]) -> Response:
        from ministack.services import scheduler

        try:
            # Where there is no expression at all, MiniStack says so.
            if body.get("ScheduleExpression"):
                check(body)
        except InvalidScheduleError as fault:
            return seam(scheduler, "_error")(400, "ValidationException", str(fault))
        return operation(name, body)

    return write
