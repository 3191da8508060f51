"""start_retraining in a world of its own: events that are late, doubled or in between others, timers, executions."""

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from start_retraining.granting import Granting
from wildrydes.starts.events import NewRequest, Signal, TimerEnd, Withdrawal
from wildrydes.starts.requests import Request, Rules, Standing

START = datetime(2026, 11, 26, tzinfo=UTC)
TASK = "heavy_utilization"
RULES = Rules(quiet=timedelta(minutes=30), cool_down=timedelta(hours=6))


class World:
    """Events in the order of their time; the table and the workflow as they are on AWS, with conditional writes."""

    def __init__(self, seed: Any, rules: Rules = RULES) -> None:
        self.draw = random.Random(seed)
        self.now = START
        self.standing = Standing(TASK)
        self.first: str | None = None
        self.ends: dict[str, datetime] = {}
        self.starts: list[tuple[datetime, Request]] = []
        self.timers: set[datetime] = set()
        self.faults = 0
        self.granting = Granting(self, self, rules, lambda: self.now)
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._depth = 0

    # What happens.

    def at(self, time: datetime, action: Callable[[], None]) -> None:
        heapq.heappush(self._events, (max(time, self.now), next(self._numbers), action))

    def deliver(self, signal: Signal, time: datetime) -> None:
        self.at(time, lambda: self._take(signal))

    def run(self) -> None:
        while self._events:
            self.now, _, action = heapq.heappop(self._events)
            action()

    def _take(self, signal: Signal) -> None:
        self._depth += 1
        try:
            self.granting.take(signal)
        except ConnectionError:
            # Lambda and Scheduler hand it over again.
            self.deliver(signal, self.now + timedelta(minutes=1))
        finally:
            self._depth -= 1

    def _meanwhile(self) -> None:
        """Between two calls of one invocation another may come and go."""
        if self._events and self._depth == 1 and self.draw.random() < 0.3:
            time, _, action = self._events[0]
            if time - self.now < timedelta(seconds=20):
                heapq.heappop(self._events)
                self.now = time
                action()

    # The table.

    def _write(self, condition: bool, **fields: Any) -> tuple[Standing, bool]:
        if condition:
            self.standing = replace(self.standing, **fields)
        return self.standing, condition

    def want(self, request: Request) -> Standing:
        self._meanwhile()
        there = self.standing.wanted
        since = self.standing.since or request.at
        self.first = self.first if there else request.detail
        return self._write(there is None or there.at <= request.at, wanted=request, since=since)[0]

    def withdraw(self, task: str, detail: str, at: datetime) -> Standing:
        self._meanwhile()
        there = self.standing.wanted
        applies = there is not None and there.detail == self.first == detail and there.at <= at
        return self._write(applies, wanted=None, since=None)[0]

    def forget_timer(self, task: str, now: datetime) -> Standing:
        self._meanwhile()
        wake = self.standing.wake_at
        return self._write(wake is not None and wake <= now, wake_at=None)[0]

    def note_timer(self, task: str, at: datetime) -> None:
        self._meanwhile()
        self._write(True, wake_at=at)

    def grant(self, request: Request, now: datetime) -> None:
        self._meanwhile()
        there = self.standing.wanted
        _, written = self._write(there is not None and there.at == request.at, started_at=now, wanted=None, since=None)
        if not written:
            self._write(True, started_at=now)

    # The workflow and the timers.

    def start(self, request: Request) -> str:
        self._meanwhile()
        if self.faults:
            self.faults -= 1
            raise ConnectionError("the answer is lost")
        if request.execution not in self.ends:
            self.starts.append((self.now, request))
            self.ends[request.execution] = self.now + timedelta(minutes=self.draw.choice((1, 10, 45)))
            holder = self.standing.holder
            if holder is None or self.ends[holder] <= self.now:
                self._write(True, holder=request.execution, taken_at=self.now, started_by=request.reason)
        return request.execution

    def is_running(self, execution: str) -> bool:
        self._meanwhile()
        return self.ends[execution] > self.now

    def set_timer(self, task: str, at: datetime) -> None:
        self._meanwhile()
        assert at > self.now
        if at not in self.timers:
            self.timers.add(at)
            # Within the minute, and now and then twice.
            for _ in range(self.draw.choice((1, 1, 1, 2))):
                self.deliver(TimerEnd(task, at), at + timedelta(seconds=self.draw.randrange(60)))


def upload(at: datetime) -> NewRequest:
    return NewRequest(Request(TASK, "new_rides", f"raw/{at:%H%M%S}", at))


def drift(at: datetime) -> NewRequest:
    return NewRequest(Request(TASK, "drift", "rydes-drift", at))


@pytest.mark.parametrize("seed", range(60))
def test_every_upload_is_trained_on_and_no_two_starts_are_within_a_cool_down(seed: int) -> None:
    world = World(seed)
    uploads = []
    for _ in range(world.draw.randrange(1, 25)):
        burst = START + timedelta(seconds=world.draw.randrange(3 * 86_400))
        uploads += [burst + timedelta(seconds=world.draw.randrange(90)) for _ in range(world.draw.randrange(1, 5))]
    for at in uploads:
        # Late by moments or, seldom, by hours; now and then twice.
        for _ in range(world.draw.choice((1, 1, 2))):
            late = world.draw.choice((0, 1, 5, 5, 20, 20, 9000))
            world.deliver(upload(at), at + timedelta(seconds=late))
    world.run()
    starts = [time for time, _ in world.starts]
    assert max(starts) >= max(uploads)
    for earlier, later in itertools.pairwise(starts):
        assert later - earlier >= RULES.cool_down - timedelta(minutes=1), (earlier, later)
    # Who is asked last is trained on at the latest after what ran, the quiet period and the cool-down.
    assert max(starts) <= max(uploads) + RULES.cool_down + RULES.quiet + timedelta(hours=4)
    assert world.standing.wanted is None


def test_ten_thousand_uploads_at_once_set_few_timers_and_start_once() -> None:
    world = World(0)
    for number in range(10_000):
        at = START + timedelta(seconds=number // 1000)
        world.deliver(upload(at), at + timedelta(seconds=2))
    world.run()
    # One for the first upload's quiet period, one for the last one's, and one more where a timer goes off twice.
    assert len(world.timers) <= 3
    assert [(time - START) // timedelta(minutes=1) for time, _ in world.starts] in ([30], [31], [32])


def test_uploads_without_end_are_trained_on_once_a_day() -> None:
    world = World(1)
    for minute in range(0, 3 * 1440, 5):
        at = START + timedelta(minutes=minute)
        world.deliver(upload(at), at)
    world.run()
    starts = [time for time, _ in world.starts]
    assert [(time - START) // timedelta(hours=1) for time in starts[:2]] == [24, 48]


def test_drift_starts_at_once_and_what_flaps_starts_no_storm() -> None:
    world = World(2)
    for minute in range(0, 24 * 60, 10):
        at = START + timedelta(minutes=minute)
        world.deliver(drift(at), at)
    world.run()
    starts = [time for time, _ in world.starts]
    assert starts[0] == START
    assert 4 <= len(starts) <= 5


def test_alarm_that_clears_while_it_waits_starts_nothing() -> None:
    world = World(3)
    world.deliver(drift(START), START)
    again, cleared = (START + timedelta(hours=hour) for hour in (2, 3))
    world.deliver(drift(again), again)
    world.deliver(Withdrawal(TASK, "rydes-drift", cleared), cleared)
    world.run()
    assert [time for time, _ in world.starts] == [START]
    assert world.standing.wanted is None


@pytest.mark.parametrize("apart", [timedelta(0), timedelta(hours=1)])
def test_alarm_that_clears_takes_back_no_request_but_its_own(apart: timedelta) -> None:
    world = World(9)
    world.standing = Standing(TASK, started_at=START)
    first = START + timedelta(hours=1)
    second = first + apart
    world.deliver(upload(first), first)
    world.deliver(drift(second), second)
    cleared = START + timedelta(hours=3)
    world.deliver(Withdrawal(TASK, "rydes-drift", cleared), cleared)
    world.run()
    ((started, _),) = world.starts
    assert started >= START + RULES.cool_down


def test_request_waits_for_the_retraining_that_runs() -> None:
    world = World(4, Rules(quiet=timedelta(minutes=30), cool_down=timedelta(0)))
    world.ends["by-hand"] = START + timedelta(hours=2)
    world.standing = Standing(TASK, holder="by-hand", taken_at=START, started_by="person")
    at = START + timedelta(minutes=1)
    world.deliver(upload(at), at)
    world.run()
    ((started, request),) = world.starts
    assert timedelta(0) <= started - world.ends["by-hand"] <= timedelta(minutes=7)
    assert request == upload(at).request


def test_request_whose_start_failed_is_granted_the_next_time() -> None:
    world = World(6)
    world.faults = 2
    world.deliver(drift(START), START)
    world.run()
    assert [time - START for time, _ in world.starts] == [timedelta(minutes=2)]
    assert world.standing.wanted is None


def test_timer_that_never_went_off_is_replaced_by_the_next_upload() -> None:
    world = World(7)
    lost = START - timedelta(hours=1)
    forgotten = Request(TASK, "new_rides", "raw/forgotten", lost)
    world.standing = Standing(TASK, wanted=forgotten, since=lost, wake_at=START - timedelta(minutes=30))
    world.deliver(upload(START), START)
    world.run()
    assert len(world.starts) == 1


def test_what_is_due_sooner_does_not_wait_for_the_timer_of_what_is_due_later() -> None:
    world = World(8)
    world.standing = Standing(TASK, started_at=START - RULES.cool_down + timedelta(minutes=10))
    world.deliver(upload(START), START)
    # The quiet period is over in half an hour, the cool-down in nine minutes.
    at = START + timedelta(minutes=1)
    world.deliver(drift(at), at)
    world.run()
    ((started, request),) = world.starts
    assert request.reason == "drift"
    assert started - START < timedelta(minutes=12)


def test_person_waits_for_nobody() -> None:
    world = World(5)
    world.deliver(drift(START), START)
    at = START + timedelta(minutes=1)
    world.deliver(NewRequest(Request(TASK, "person", "", at)), at)
    world.run()
    assert [request.reason for _, request in world.starts] == ["drift", "person"]
