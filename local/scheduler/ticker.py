"""EventBridge Scheduler's clock and firing: cron, rate and one-time schedules in their time zones, as their roles.

MiniStack keeps the schedules but ticks them in UTC, every ten seconds by the machine's clock, and starts targets as
nobody. Here each schedule fires in its `ScheduleExpressionTimezone`, its target is called as the target's role, and
the clock can be moved on, so that a test need not wait for Monday morning.
"""

import logging
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from botocore.exceptions import BotoCoreError, ClientError

from local.iam.roles import RoleClients, UnusableRoleError
from local.seams import replace, seam

log = logging.getLogger(__name__)

_TICK_SECONDS = 1.0


@dataclass
class Clock:
    """The time by which schedules fire: the machine's, moved on by what was added."""

    ahead_seconds: float = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self.ahead_seconds


@dataclass
class Ticker:
    """Fires what has come due since it last looked."""

    clients: RoleClients
    clock: Clock = field(default_factory=Clock)
    _fired: dict[tuple, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def install(self) -> None:
        """Tick in the place of MiniStack's own ticker, from the server's start on."""
        from ministack.services import eventbridge, scheduler

        for name in ("_parse_rate_seconds", "_parse_cron_fields", "_cron_next_fire"):
            seam(eventbridge, name)
        seam(scheduler, "_schedules")
        # A rate counts from the schedule's creation, which must be by the same clock.
        replace(scheduler, "_now", self.clock.now)
        replace(scheduler, "start_scheduler", self._start)

    def _start(self) -> None:
        threading.Thread(target=self._loop, daemon=True, name="schedules").start()

    def _loop(self) -> None:
        while True:
            time.sleep(_TICK_SECONDS)
            self.tick()

    def advance(self, seconds: float) -> list[str]:
        """Move the clock on by `seconds`, fire what has come due by then, and return the names of what fired."""
        self.clock.ahead_seconds += seconds
        return self.tick()

    def tick(self) -> list[str]:
        """Fire each schedule that has come due once, however often it was missed; return the names of what fired."""
        from ministack.services import scheduler

        now = self.clock.now()
        fired = []
        with self._lock:
            for key, schedule in list(scheduler._schedules._data.items()):
                due = next_time(schedule, self._fired.get(key))
                if schedule.get("State") != "ENABLED" or due is None or due > now:
                    continue
                self._fired[key] = now
                self._start_target(schedule, region=key[1])
                fired.append(schedule["Name"])
                if is_one_time(schedule) and schedule.get("ActionAfterCompletion") == "DELETE":
                    scheduler._schedules._data.pop(key, None)
        return fired

    def _start_target(self, schedule: dict, region: str) -> None:
        target = schedule.get("Target", {})
        arn, role, call = target.get("Arn", ""), target.get("RoleArn", ""), target.get("Input") or "{}"
        try:
            if ":states:" in arn:
                machines: Any = self.clients.client("stepfunctions", role, region)
                machines.start_execution(stateMachineArn=arn, input=call)
            elif ":lambda:" in arn:
                functions: Any = self.clients.client("lambda", role, region)
                functions.invoke(FunctionName=arn, InvocationType="Event", Payload=call.encode())
            else:
                log.error(
                    "schedule %s: only state machines and functions are started here, not %s", schedule["Name"], arn
                )
        except (ClientError, BotoCoreError, UnusableRoleError) as fault:
            log.error("schedule %s could not start %s: %s", schedule["Name"], arn, fault)


def is_one_time(schedule: dict) -> bool:
    """Whether the expression is `at(…)`."""
    return schedule.get("ScheduleExpression", "").startswith("at(")


def next_time(schedule: dict, last: float | None) -> float | None:
    """When `schedule` fires next, in seconds since the epoch; None where it fires no more.

    `last` is when it fired last, None where it has not yet: a rate then counts from the schedule's creation.
    """
    from ministack.services import eventbridge

    expression = schedule.get("ScheduleExpression", "")
    zone = ZoneInfo(schedule.get("ScheduleExpressionTimezone") or "UTC")
    after = max(float(last or schedule.get("CreationDate") or 0), float(schedule.get("StartDate") or 0))
    if is_one_time(schedule):
        at = datetime.fromisoformat(expression[3:-1]).replace(tzinfo=zone).timestamp()
        due = None if last else at
    elif (interval := eventbridge._parse_rate_seconds(expression)) is not None:
        due = after + interval
    else:
        due = _next_cron(eventbridge._parse_cron_fields(expression), after, zone)
    end = schedule.get("EndDate")
    return None if due is None or (end and due > float(end)) else due


def _next_cron(fields: Any, after: float, zone: ZoneInfo) -> float | None:
    """The search runs on the zone's wall clock, which MiniStack takes for UTC; only the result gets its zone back."""
    from ministack.services import eventbridge

    if fields is None:
        return None
    wall = datetime.fromtimestamp(after, zone).replace(tzinfo=UTC)
    next_fire = eventbridge._cron_next_fire(fields, wall)
    return None if next_fire is None else next_fire.replace(tzinfo=zone).timestamp()
