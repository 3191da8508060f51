"""The calls that an execution made of other services, from its history: each attempt with its times and its result."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

Event = Mapping[str, Any]

_ENDS = ("TaskSucceeded", "TaskFailed", "TaskTimedOut", "TaskStartFailed", "TaskSubmitFailed")


class Attempt(NamedTuple):
    """A call of `service` (`lambda`, `athena`, `aws-sdk:s3`), such as `startQueryExecution.sync`.

    `answer` is what it came to: its output, or the description in the cause of its failure; empty where neither is a
    JSON object. `ended` is None where the history has no end of it yet.
    """

    service: str
    action: str
    request: Mapping[str, Any]
    started: datetime
    ended: datetime | None
    answer: Mapping[str, Any]

    def milliseconds(self, now: datetime) -> Decimal:
        """How long it took, or takes until `now`."""
        return Decimal(str(((self.ended or now) - self.started).total_seconds())) * 1000


def read_attempts(events: Iterable[Event]) -> list[Attempt]:
    """Every attempt, in the order in which they were scheduled. An event belongs to that of its previous one.

    What was under way when an execution ended that has been redriven since ended with it.
    """
    attempts: dict[int, Attempt] = {}
    attempt_of: dict[int, int] = {}
    end = None
    for event in events:
        kind, number = event["type"], event["id"]
        if kind == "ExecutionRedriven":
            attempts = {first: each._replace(ended=each.ended or end) for first, each in attempts.items()}
        end = event["timestamp"]
        if kind == "TaskScheduled":
            attempt_of[number] = number
            attempts[number] = _scheduled(event)
            continue
        first = attempt_of.get(event.get("previousEventId", 0))
        if first is None or not kind.startswith("Task") or kind.startswith("TaskState"):
            continue
        attempt_of[number] = first
        attempts[first] = _went_on(attempts[first], event)
    return list(attempts.values())


def map_runs(events: Iterable[Event]) -> list[str]:
    """The ARNs of the Map Runs that a history has begun."""
    return [event["mapRunStartedEventDetails"]["mapRunArn"] for event in events if event["type"] == "MapRunStarted"]


def _scheduled(event: Event) -> Attempt:
    details = event["taskScheduledEventDetails"]
    request = _object(details.get("parameters", ""))
    return Attempt(details["resourceType"], details["resource"], request, event["timestamp"], None, {})


def _went_on(attempt: Attempt, event: Event) -> Attempt:
    kind = event["type"]
    if kind == "TaskStarted":
        return attempt._replace(started=event["timestamp"])
    details = event.get(f"{kind[0].lower()}{kind[1:]}EventDetails", {})
    answer = _object(details.get("output") or details.get("cause") or "")
    ended = event["timestamp"] if kind in _ENDS else None
    return attempt._replace(ended=ended, answer=answer or attempt.answer)


def _object(text: str) -> dict[str, Any]:
    """The JSON object in a text; causes may be prose."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
