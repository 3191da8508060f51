"""When schedules of EventBridge Scheduler fire: cron, rate and one-time expressions in their time zones.

Daylight saving is as the user guide has it ("Schedule types", "Daylight savings time"): a cron schedule skips a time
that there is not on that day, and fires once at one that comes twice. A rate counts hours of sixty minutes.
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html

A schedule has the API's names; its dates are seconds since the epoch.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

# How far a look goes back for the last of the times that were missed: an hour, a day, a month, a year, all.
_LOOKS_BACK_SECONDS = (3600, 86_400, 32 * 86_400, 366 * 86_400, 11 * 366 * 86_400)


def upcoming(schedule: Mapping[str, Any], now: float) -> Iterator[float]:
    """The times at which `schedule` fires after `now`, without end where it has none.

    Raises ValueError, LookupError, TypeError, OSError or ArithmeticError where its expression or zone is none.

    >>> from itertools import islice
    >>> hourly = {"ScheduleExpression": "rate(1 hour)", "CreationDate": 600.0}
    >>> list(islice(upcoming(hourly, 8000.0), 2))
    [11400.0, 15000.0]
    """
    moment = last_due(schedule, None, now)
    while (moment := next_time(schedule, moment)) is not None:
        yield moment


def last_due(schedule: Mapping[str, Any], last: float | None, now: float) -> float | None:
    """The latest time by `now` at which `schedule` was to fire after `last`, both as `next_time` has them.

    None where there is none, so that it is not due.
    """
    from ministack.services import eventbridge

    due = next_time(schedule, last)
    if due is None or due > now or is_one_time(schedule):
        return due if due is not None and due <= now else None
    until = min(now, float(schedule.get("EndDate") or now))
    if (interval := eventbridge._parse_rate_seconds(schedule["ScheduleExpression"])) is not None:
        return due + (until - due) // interval * interval
    for back in _LOOKS_BACK_SECONDS:
        later = next_time(schedule, until - back) if until - back > due else None
        if later is not None and later <= until:
            # Nothing was due in the shorter time before, so that few times are left to go through.
            due = later
            break
    while (later := next_time(schedule, due)) is not None and later <= until:
        due = later
    return due


def is_one_time(schedule: Mapping[str, Any]) -> bool:
    """Whether the expression is `at(…)`."""
    return schedule.get("ScheduleExpression", "").startswith("at(")


def next_time(schedule: Mapping[str, Any], last: float | None) -> float | None:
    """When `schedule` fires next, in seconds since the epoch; None where it fires no more.

    `last` is when it fired last, None where it has not yet: a rate then counts from the schedule's creation.
    What was to come before the schedule was changed or enabled is over. A rate with a start date keeps to the times
    that follow it.
    """
    from ministack.services import eventbridge

    expression = schedule.get("ScheduleExpression", "")
    zone = ZoneInfo(schedule.get("ScheduleExpressionTimezone") or "UTC")
    start = float(schedule.get("StartDate") or 0)
    written = max(float(schedule.get(field) or 0) for field in ("CreationDate", "LastModificationDate"))
    after = max(float(last or 0), written, start)
    if is_one_time(schedule):
        at = datetime.fromisoformat(expression[3:-1]).replace(tzinfo=zone).timestamp()
        # One that was moved since fires again. Start and end are of recurring schedules.
        return at if last is None or last < at else None
    if (interval := eventbridge._parse_rate_seconds(expression)) is not None:
        is_first = after == start and (last is None or last < start)
        due = start if start and is_first else _next_of_rate(interval, after, start)
    else:
        # It may fire on its start date.
        due = _next_cron(eventbridge._parse_cron_fields(expression), after - (after == start), zone)
    end = schedule.get("EndDate")
    return None if due is None or (end and due > float(end)) else due


def _next_of_rate(interval: float, after: float, start: float) -> float:
    """The start date is the first time of a rate, and the others follow it; without one they follow `after`."""
    if not start:
        return after + interval
    # A time that is off by the last bits of a float is that time.
    return start + (math.floor((after - start) / interval + 1e-6) + 1) * interval


def _next_cron(fields: Any, after: float, zone: ZoneInfo) -> float | None:
    """The search runs on the zone's wall clock, which MiniStack takes for UTC; only the result gets its zone back."""
    from ministack.services import eventbridge

    if fields is None:
        return None
    wall: datetime | None = datetime.fromtimestamp(after, zone).replace(tzinfo=UTC, fold=0)
    while (wall := eventbridge._cron_next_fire(fields, wall)) is not None:
        moment = wall.replace(tzinfo=zone).timestamp()
        exists = datetime.fromtimestamp(moment, zone).replace(tzinfo=UTC, fold=0) == wall
        # One that comes twice is taken for the first of the two: after that it is over.
        if exists and moment > after:
            return moment
    return None
