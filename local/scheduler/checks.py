"""What EventBridge Scheduler refuses of a schedule, and MiniStack takes: some of it the ticker would never get past.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from local import EmbeddedAwsError
from local.iam.roles import UnusableRoleError, assume
from local.protocols import constraints
from local.scheduler import targets
from local.scheduler.firing import filled_in, role_of
from local.scheduler.targets import InvalidInputError, UnsupportedTargetError
from local.seams import replace, seam

Response = tuple[int, dict[str, str], bytes]

PRINCIPAL = "scheduler.amazonaws.com"

_ONE_TIME = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
# How long ago a recurring schedule may have started when it is created.
_STARTED_SECONDS = 300


class InvalidScheduleError(EmbeddedAwsError):
    """EventBridge Scheduler would not create the schedule."""


def install() -> None:
    """Check schedules before they are stored."""
    from ministack.services import eventbridge, scheduler

    for name in ("_parse_rate_seconds", "_parse_cron_fields"):
        seam(eventbridge, name)
    seam(scheduler, "_error")
    for operation, name in (("CreateSchedule", "_create_schedule"), ("UpdateSchedule", "_update_schedule")):
        replace(scheduler, name, _checked(operation, seam(scheduler, name)))
    create_group = seam(scheduler, "_create_schedule_group")

    def create_checked_group(name: str, body: dict[str, Any]) -> Response:
        malformed = constraints.refusal("scheduler", "CreateScheduleGroup", {**body, "Name": name})
        return _invalid(malformed) if malformed else create_group(name, body)

    replace(scheduler, "_create_schedule_group", create_checked_group)


def check_whole(operation: str, name: str, schedule: Mapping[str, Any]) -> None:
    """Raise InvalidScheduleError for all that the service refuses, whether a caller or a template writes it."""
    from ministack.services import scheduler

    if malformed := constraints.refusal("scheduler", operation, {**schedule, "Name": name}):
        raise InvalidScheduleError(malformed)
    stored = scheduler._schedules.get(f"{schedule.get('GroupName', 'default')}/{name}") or {}
    check(schedule, scheduler._now(), stored)
    whole = {**schedule, "Arn": scheduler._schedule_arn(schedule.get("GroupName", "default"), name)}
    _check_target(whole, scheduler._now())
    _check_role(whole)


def _check_target(schedule: dict[str, Any], now: float) -> None:
    target = schedule.get("Target") or {}
    body = target.get("Input") or "{}"
    if not isinstance(body, str):
        raise InvalidScheduleError("The Input of a target must be a text.")
    try:
        targets.check(target, filled_in(body, schedule, now, "0" * 16))
    except (UnsupportedTargetError, InvalidInputError) as fault:
        raise InvalidScheduleError(str(fault)) from None


def check(schedule: Mapping[str, Any], now: float | None = None, stored: Mapping[str, Any] | None = None) -> None:
    """Raise InvalidScheduleError for an expression, a time zone, a window or dates that are none.

    Dates are seconds since the epoch; `now` is the server's time, by which a new schedule may not start too long ago.
    Who changes the schedule `stored` says again when it began, and when it ends.
    """
    zone = schedule.get("ScheduleExpressionTimezone") or "UTC"
    try:
        ZoneInfo(zone)
    except (ValueError, KeyError, OSError):
        raise InvalidScheduleError(f"Invalid ScheduleExpressionTimezone {zone}.") from None
    expression = schedule.get("ScheduleExpression") or ""
    if not _is_expression(expression):
        raise InvalidScheduleError(f"Invalid Schedule Expression {expression}.")
    _check_window(schedule.get("FlexibleTimeWindow") or {})
    if not _ONE_TIME.fullmatch(expression):
        _check_dates(schedule, stored or {}, now)


def seconds_of(date: Any) -> float | None:
    """A date of the API, seconds since the epoch, or of a template, a text in ISO 8601; None where there is none.

    Raises InvalidScheduleError.

    >>> seconds_of("2026-03-01T00:00:00Z"), seconds_of(1772323200)
    (1772323200.0, 1772323200.0)
    """
    if date is None or (isinstance(date, int | float) and not isinstance(date, bool)):
        return None if date is None else float(date)
    try:
        moment = datetime.fromisoformat(str(date))
    except ValueError:
        raise InvalidScheduleError(f"Invalid date {date}.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _is_expression(text: str) -> bool:
    from ministack.services import eventbridge

    if one_time := _ONE_TIME.fullmatch(text):
        try:
            return bool(datetime.fromisoformat(one_time[1]))
        except ValueError:
            return False
    return bool(eventbridge._parse_rate_seconds(text)) or _is_cron(text)


def _is_cron(text: str) -> bool:
    """Whether each field of a cron expression names a moment: MiniStack takes minute 99, and never finds it."""
    from ministack.services import eventbridge

    fields = eventbridge._parse_cron_fields(text)
    if fields is None:
        return False
    minutes, hours, days, months, weekdays, years, *_ = fields
    in_bounds = (
        (minutes, 0, 59),
        (hours, 0, 23),
        (months, 1, 12),
        (days["days"], 1, 31),
        (weekdays["days"], 1, 7),
        (frozenset() if years is None else years, 1970, 2199),
    )
    has_day = bool(days["days"] or days["last"] or days["last_weekday"] or days["weekday_of"])
    has_weekday = bool(weekdays["days"] or weekdays["last_of"] or weekdays["nth"])
    return bool(minutes and hours and months and has_day and has_weekday and (years is None or years)) and all(
        least <= value <= most for values, least, most in in_bounds for value in values
    )


def _check_window(window: Mapping[str, Any]) -> None:
    if window.get("Mode") == "FLEXIBLE" and window.get("MaximumWindowInMinutes") is None:
        raise InvalidScheduleError("MaximumWindowInMinutes is required where FlexibleTimeWindow's Mode is FLEXIBLE.")
    if window.get("Mode") == "OFF" and window.get("MaximumWindowInMinutes") is not None:
        raise InvalidScheduleError("MaximumWindowInMinutes must not be set where FlexibleTimeWindow's Mode is OFF.")


def _check_dates(schedule: Mapping[str, Any], stored: Mapping[str, Any], now: float | None) -> None:
    """Of a recurring schedule: those of others are passed over. A date is looked at by itself where it is a new one."""
    start, end = (seconds_of(schedule.get(field)) for field in ("StartDate", "EndDate"))
    if start is not None and end is not None and end <= start:
        raise InvalidScheduleError("The EndDate you specify must come after the StartDate.")
    if now is None:
        return
    if start is not None and start != seconds_of(stored.get("StartDate")) and start < now - _STARTED_SECONDS:
        raise InvalidScheduleError("The StartDate you specify cannot be earlier than 5 minutes ago.")
    if end is not None and end != seconds_of(stored.get("EndDate")) and end < now:
        raise InvalidScheduleError("The EndDate you specify cannot be in the past.")


def _check_role(schedule: dict[str, Any]) -> None:
    try:
        assume(role_of(schedule), PRINCIPAL)
    except UnusableRoleError:
        message = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
        raise InvalidScheduleError(message) from None


def _checked(operation: str, write: Callable[..., Response]) -> Callable[..., Response]:
    def write_checked(name: str, body: dict[str, Any]) -> Response:
        try:
            check_whole(operation, name, body)
        except InvalidScheduleError as fault:
            return _invalid(str(fault))
        return write(name, body)

    return write_checked


def _invalid(message: str) -> Response:
    from ministack.services import scheduler

    return scheduler._error(400, "ValidationException", message)
