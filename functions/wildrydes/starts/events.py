"""What the events that start_retraining gets ask for.

Each is one of

an upload to raw/                 EventBridge's "Object Created"; from the queue a batch of them
an alarm                          EventBridge's "CloudWatch Alarm State Change", of <stack>-drift-<task> or -quality-
a timer of the function's own     {"wake": <task>, "now": <ISO 8601>}
a person                          {"task", "reason"?, "detail"?}
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wildrydes.errors import BadStartEvent
from wildrydes.starts import DRIFT, NEW_RIDES, PERSON, QUALITY, REASONS, as_line
from wildrydes.starts.requests import Request, time_of
from wildrydes.tasks import TASKS

_UNREADABLE = (KeyError, TypeError, AttributeError, ValueError)


@dataclass(frozen=True)
class NewRequest:
    """A request, made now."""

    request: Request

    @property
    def now(self) -> datetime:
        """When it is made."""
        return self.request.at


@dataclass(frozen=True)
class Withdrawal:
    """An alarm has cleared: what it alone asked for, and was not granted yet, is not wanted any more."""

    task: str
    detail: str
    now: datetime


@dataclass(frozen=True)
class TimerEnd:
    """A timer has gone off: look again at what is wanted of the task."""

    task: str
    now: datetime


Signal = NewRequest | Withdrawal | TimerEnd


@dataclass(frozen=True)
class Reading:
    """How events are read: the stack whose alarms count, and the tasks that new rides retrain."""

    stack: str
    tasks_of_new_rides: Sequence[str]

    def read(self, event: Any, now: datetime) -> list[Signal]:
        """What an event asks for; `now` is when a person asks. Raises BadStartEvent."""
        try:
            if event.get("detail-type") == "Object Created":
                return self._requests([_upload(event)])
            if event.get("detail-type") == "CloudWatch Alarm State Change":
                return self._alarm(event)
            if "wake" in event:
                return [TimerEnd(_task(event["wake"]), time_of(event["now"]))]
            return [NewRequest(_request(event, now))]
        except _UNREADABLE as bad:
            raise BadStartEvent(f"the event asks for no retraining: {type(bad).__name__} {bad}") from None

    def read_batch(self, records: Iterable[Mapping[str, Any]]) -> tuple[list[Signal], list[str]]:
        """What the uploads in a queue's records ask for, and the ids of the messages that hold none."""
        uploads, strangers = [], []
        for record in records:
            try:
                uploads.append(_upload(json.loads(record["body"])))
            except _UNREADABLE:
                strangers.append(record["messageId"])
        return self._requests(uploads), strangers

    def _requests(self, listed: Iterable[tuple[datetime, str] | None]) -> list[Signal]:
        """One request a task for all uploads, as of the last of them."""
        uploads = [upload for upload in listed if upload]
        if not uploads:
            return []
        at, key = max(uploads)
        return [NewRequest(Request(task, NEW_RIDES, as_line(key), at)) for task in self.tasks_of_new_rides]

    def _alarm(self, event: Mapping[str, Any]) -> list[Signal]:
        """Of an alarm on a task's model that has gone off or cleared; nothing of another."""
        name, state, at = event["detail"]["alarmName"], event["detail"]["state"]["value"], time_of(event["time"])
        for reason in (DRIFT, QUALITY):
            prefix = f"{self.stack}-{reason}-"
            task = name.removeprefix(prefix).replace("-", "_")
            if name.startswith(prefix) and task in TASKS:
                if state == "ALARM":
                    return [NewRequest(Request(task, reason, as_line(name), at))]
                return [Withdrawal(task, as_line(name), at)] if state == "OK" else []
        return []


def _upload(event: Mapping[str, Any]) -> tuple[datetime, str] | None:
    """When which object was put; None for the empty marker of a folder."""
    key, size = event["detail"]["object"]["key"], event["detail"]["object"].get("size")
    return (time_of(event["time"]), key) if size or not key.endswith("/") else None


def _request(event: Mapping[str, Any], now: datetime) -> Request:
    reason, detail = event.get("reason", PERSON), event.get("detail", "")
    if reason not in REASONS:
        raise ValueError(f"reason is {reason!r}, not one of {', '.join(REASONS)}")
    if not isinstance(detail, str):
        raise TypeError(f"detail is {detail!r}, no text")
    return Request(_task(event["task"]), reason, as_line(detail), now.replace(microsecond=0))


def _task(name: Any) -> str:
    if name not in TASKS:
        raise ValueError(f"the task is {name!r}, not one of {', '.join(TASKS)}")
    return name
