"""EventBridge Scheduler's clock and firing: cron, rate and one-time schedules in their time zones, as their roles.

MiniStack keeps the schedules but ticks them in UTC, every ten seconds by the machine's clock, and starts targets as
nobody. Here each schedule fires in its `ScheduleExpressionTimezone`, its target is called as the target's role, and
the clock can be moved on, so that a test need not wait for Monday morning. EventBridge stamps its events by that clock
too: what adds times of events to those of schedules, or subtracts them, gets what it would get on AWS.

Daylight saving is as the user guide has it ("Schedule types", "Daylight savings time"): a cron schedule skips a time
that there is not on that day, and fires once at one that comes twice. A rate counts hours of sixty minutes.
"""

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from local.background.surviving import surviving
from local.iam.roles import RoleClients
from local.persistence.parts import Part, attributes
from local.scheduler.firing import fire
from local.seams import replace, seam

log = logging.getLogger(__name__)

_TICK_SECONDS = 1.0
# How far a look goes back for the last of the times that were missed: an hour, a day, a month, a year, all.
_LOOKS_BACK_SECONDS = (3600, 86_400, 32 * 86_400, 366 * 86_400, 11 * 366 * 86_400)


@dataclass
class Clock:
    """The time by which schedules fire: the machine's, moved on by what was added."""

    ahead_seconds: float = 0.0
    # When by the machine's clock it was moved on, and how far ahead it was from then on; the latest is last.
    _moves: list[tuple[float, float]] = field(default_factory=list)

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self.ahead_seconds

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`."""
        self._moves.append((time.time(), self.ahead_seconds + seconds))
        self.ahead_seconds += seconds

    def moment_of(self, machine_seconds: float) -> float:
        """What this clock showed when the machine's showed `machine_seconds`."""
        for moved_at, ahead_seconds in reversed(self._moves):
            if moved_at <= machine_seconds:
                return machine_seconds + ahead_seconds
        return machine_seconds


@dataclass
class Ticker:
    """Fires what has come due since it last looked."""

    clients: RoleClients
    clock: Clock = field(default_factory=Clock)
    # Called at the end of each tick: others that go by the clock.
    followers: tuple[Callable[[], None], ...] = ()
    # By the schedule, when it was created and when it fired last: another of its name has not fired yet.
    _fired: dict[tuple, tuple[float, float]] = field(default_factory=dict)
    _unreadable: set[tuple] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def parts(self) -> list[Part]:
        """What is kept: how far the clock is ahead, and when each schedule fired last."""
        return [
            attributes("clock", self.clock, "ahead_seconds", "_moves"),
            attributes("scheduler", self, "_fired"),
        ]

    def install(self) -> None:
        """Tick in the place of MiniStack's own ticker, from the server's start on."""
        from ministack.services import eventbridge, scheduler

        for name in ("_parse_rate_seconds", "_parse_cron_fields", "_cron_next_fire"):
            seam(eventbridge, name)
        seam(scheduler, "_schedules")
        # A rate counts from the schedule's creation, which must be by the same clock.
        replace(scheduler, "_now", self.clock.now)
        replace(scheduler, "start_scheduler", self._start)
        self._stamp_events(eventbridge)

    def _stamp_events(self, eventbridge: Any) -> None:
        """Let the events of every service have their time by this clock; S3's come with one of their own."""
        replace(eventbridge, "_now_ts", self.clock.now)
        dispatch = seam(eventbridge, "_dispatch_event")

        def dispatch_at_this_time(event: dict[str, Any], view: Any = None) -> None:
            if event.get("Source") == "aws.s3" and view is None:
                event = {**event, "Time": int(self.clock.now())}
            dispatch(event, view)

        replace(eventbridge, "_dispatch_event", dispatch_at_this_time)

    def _start(self) -> None:
        threading.Thread(target=self._loop, daemon=True, name="schedules").start()

    def _loop(self) -> None:
        while True:
            time.sleep(_TICK_SECONDS)
            with surviving("Scheduler"):
                self.tick()

    def advance(self, seconds: float) -> list[str]:
        """Move the clock on by `seconds`, fire what has come due by then, and return the names of what fired."""
        self.clock.advance(seconds)
        return self.tick()

    def tick(self) -> list[str]:
        """Fire each schedule that has come due once, however often it was missed; return the names of what fired.

        It fires as of the last time that it was due, and the next one counts from there: no schedule wanders off by the
        moments that a tick comes late.
        """
        from ministack.services import scheduler

        now = self.clock.now()
        fired = []
        with self._lock:
            for key, schedule in list(scheduler._schedules._data.items()):
                if schedule.get("State") == "ENABLED" and self._fire_if_due(key, schedule, now):
                    fired.append(schedule["Name"])
            self._fired = {key: last for key, last in self._fired.items() if key in scheduler._schedules._data}
        for follow in self.followers:
            follow()
        return fired

    def _fire_if_due(self, key: tuple, schedule: dict, now: float) -> bool:
        """Whether the schedule was due, and so has fired. One that has completed goes, if that is how it was made."""
        from ministack.services import scheduler

        created = float(schedule.get("CreationDate") or 0)
        last_created, last = self._fired.get(key, (created, None))
        try:
            due = last_due(schedule, last if last_created == created else None, now)
            is_over = due is not None and next_time(schedule, due) is None
        except (ValueError, LookupError, TypeError, OSError, ArithmeticError) as fault:
            self._report(key, fault)
            return False
        if due is None:
            return False
        self._fired[key] = (created, due)
        fire(self.clients, schedule, due, region=key[1])
        if is_over and schedule.get("ActionAfterCompletion") == "DELETE":
            scheduler._schedules._data.pop(key, None)
        return True

    def _report(self, key: tuple, fault: Exception) -> None:
        """Say once of a stored schedule that it is none: it fires nothing, and stops no other."""
        if key not in self._unreadable:
            log.error("schedule %s never fires: %s", key[-1], fault)
        self._unreadable.add(key)


def last_due(schedule: dict, last: float | None, now: float) -> float | None:
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


def is_one_time(schedule: dict) -> bool:
    """Whether the expression is `at(…)`."""
    return schedule.get("ScheduleExpression", "").startswith("at(")


def next_time(schedule: dict, last: float | None) -> float | None:
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
