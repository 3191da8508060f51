"""EventBridge Scheduler's clock and firing: cron, rate and one-time schedules in their time zones, as their roles.

MiniStack keeps the schedules but ticks them in UTC, every ten seconds by the machine's clock, and starts targets as
nobody. Here each schedule fires in its `ScheduleExpressionTimezone`, its target is called as the target's role, and
the clock can be moved on, so that a test need not wait for Monday morning. EventBridge stamps its events by that clock
too: what adds times of events to those of schedules, or subtracts them, gets what it would get on AWS.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.background.surviving import surviving
from local.iam.roles import RoleClients
from local.persistence.parts import Part, attributes
from local.scheduler.firing import fire
from local.scheduler.times import last_due, next_time
from local.seams import replace, seam

log = logging.getLogger(__name__)

_TICK_SECONDS = 1.0


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
