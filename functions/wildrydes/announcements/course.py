"""The course of an execution, from its history: how long it stayed in which state, and in which one it went wrong.

The events of a Map's iterations are mixed. Each names the event before it in its own iteration, and so the state that
it belongs to.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from wildrydes.errors import EndNotSeen

_TIMED = frozenset({"Task", "Map", "Parallel", "Wait"})
"""The kinds of states that take time: the others pass at once."""

_ENDS = frozenset({"ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"})
_NOTICES = "sns"


@dataclass
class Stay:
    """A stay in a state, of a kind such as `Task`. `service` and `parameters` are those of what it called last."""

    state: str
    kind: str
    entered: datetime
    left: datetime | None = None
    service: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def takes_time(self) -> bool:
        """Whether it is of a kind that waits for something."""
        return self.kind in _TIMED

    @property
    def seconds(self) -> float:
        """Seconds in the state; 0 where it was never left."""
        return (self.left - self.entered).total_seconds() if self.left else 0.0


@dataclass
class Course:
    """All stays in their order, where it went wrong if it did, and whether the workflow has published that itself."""

    stays: list[Stay] = field(default_factory=list)
    where: Stay | None = None
    is_announced: bool = False


def read_history(events: Iterable[dict[str, Any]]) -> Course:
    """The course of an execution that has ended, from its events in their order. Raises EndNotSeen.

    A stop, a timeout, and an error that no Catch gets end the execution in a state that is never left. An error that
    was caught belongs to the last state that failed, but for those which only report it.
    """
    course = Course()
    of_event: dict[int, Stay] = {}
    last: dict[str, Any] = {"type": "no event"}
    for event in events:
        if event["type"] == "ExecutionRedriven":
            _begin_again(course, last)
        stay = of_event.get(event.get("previousEventId", 0))
        stay = _take(event, stay, course)
        if stay is not None:
            of_event[event["id"]] = stay
        last = event
    if last["type"] not in _ENDS:
        raise EndNotSeen(f"the history ends with {last['type']} so far, not with the execution's end")
    stopped = [stay for stay in course.stays if stay.left is None and stay.kind not in ("Fail", "Succeed")]
    for stay in course.stays:
        stay.left = stay.left or last["timestamp"]
    if last["type"] == "ExecutionSucceeded":
        course.where = None
    elif stopped or course.where is None:
        course.where = (stopped or course.stays or [None])[-1]
    return course


def _begin_again(course: Course, end: dict[str, Any]) -> None:
    """An execution that is redriven: the states that were never left ended with it, at its `end`."""
    course.is_announced, course.where = False, None
    for stay in course.stays:
        stay.left = stay.left or end["timestamp"]


def _take(event: dict[str, Any], stay: Stay | None, course: Course) -> Stay | None:
    """What an event says; the stay that the events after it belong to."""
    kind: str = event["type"]
    if kind.endswith("StateEntered"):
        name = event["stateEnteredEventDetails"]["name"]
        stay = Stay(name, kind.removesuffix("StateEntered"), event["timestamp"])
        course.stays.append(stay)
    elif kind.endswith("StateExited"):
        stay = _named(event["stateExitedEventDetails"]["name"], stay, course)
        stay.left = event["timestamp"]
    elif stay is not None and kind == "TaskScheduled":
        details = event["taskScheduledEventDetails"]
        stay.service, stay.parameters = details.get("resourceType", ""), _object(details.get("parameters", ""))
    elif stay is not None and stay.service == _NOTICES:
        course.is_announced = course.is_announced or kind == "TaskSucceeded"
    elif stay is not None and kind.endswith(("Failed", "TimedOut")) and kind not in _ENDS:
        course.where = stay
    return stay


def _named(name: str, stay: Stay | None, course: Course) -> Stay:
    """The stay that is left: that of a Map is left after an event of one of its iterations."""
    if stay is not None and stay.state == name:
        return stay
    return next(each for each in reversed(course.stays) if each.state == name and each.left is None)


def _object(text: str) -> dict[str, Any]:
    with suppress(ValueError):
        value = json.loads(text)
        return value if isinstance(value, dict) else {}
    return {}
