"""Grants requests when they are due, and puts off those that are not.

    request ──want──> the task's item ──due?──> StartExecution ──grant──> the item
                                        └─not yet─> a timer, which looks again

Nothing is lost between the calls. A request is in the table before anything else is done, and leaves it once its
execution was started, under a name that follows from it. A timer leaves the table before what it wakes for is looked
at, so whoever writes a request after that sees none and sets another. An execution that was started here may yield to
one that began at the same time: that one lists the rides after it has taken its turn, and so after the request.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from wildrydes.starts import WAITING
from wildrydes.starts.events import NewRequest, Signal, Withdrawal
from wildrydes.starts.requests import Request, Rules, Standing, due, text_of

LOOK_AGAIN = timedelta(minutes=5)
"""How long after it was found running a retraining is looked at again."""

_SOONEST_TIMER = timedelta(minutes=1)


class Turns(Protocol):
    """`aws.turns.Turns`, as far as it is used here."""

    def want(self, request: Request) -> Standing: ...
    def withdraw(self, task: str, detail: str, at: datetime) -> Standing: ...
    def forget_timer(self, task: str, now: datetime) -> Standing: ...
    def note_timer(self, task: str, at: datetime) -> None: ...
    def grant(self, request: Request, now: datetime) -> None: ...


class Retraining(Protocol):
    """`aws.retraining.Retraining`, as far as it is used here."""

    def start(self, request: Request) -> str: ...
    def is_running(self, execution: str) -> bool: ...
    def set_timer(self, task: str, at: datetime) -> None: ...


@dataclass(frozen=True)
class Granting:
    """Grants by these rules; `clock` gives the time by which a timer must not be set in the past."""

    turns: Turns
    retraining: Retraining
    rules: Rules
    clock: Callable[[], datetime]

    def take(self, signal: Signal) -> dict[str, str]:
        """What becomes of a signal: `task`, and `started` (the execution's name) or `waits_until`."""
        if isinstance(signal, Withdrawal):
            self.turns.withdraw(signal.task, signal.detail, signal.now)
            return {"task": signal.task}
        if not isinstance(signal, NewRequest):
            return self._look(self.turns.forget_timer(signal.task, signal.now), signal.now)
        if signal.request.reason not in WAITING:
            # Who asks is told by the execution itself if another runs.
            return {"task": signal.request.task, "started": self.retraining.start(signal.request)}
        return self._look(self.turns.want(signal.request), signal.now)

    def _look(self, standing: Standing, now: datetime) -> dict[str, str]:
        request = standing.wanted
        if request is None:
            return {"task": standing.task}
        when = due(standing, request, self.rules)
        if when <= now and standing.holder and self.retraining.is_running(standing.holder):
            when = now + LOOK_AGAIN
        if when > now:
            return self._put_off(standing, when, now)
        started = self.retraining.start(request)
        # What came in between is another request, whose writer sees to a timer for it.
        self.turns.grant(request, now)
        return {"task": standing.task, "started": started}

    def _put_off(self, standing: Standing, when: datetime, now: datetime) -> dict[str, str]:
        """Set a timer, unless one goes off by then."""
        if standing.wake_at is None or not now < standing.wake_at <= when:
            when = max(when, self.clock() + _SOONEST_TIMER)
            self.retraining.set_timer(standing.task, when)
            self.turns.note_timer(standing.task, when)
        return {"task": standing.task, "waits_until": text_of(when)}
