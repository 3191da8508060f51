"""Histories of executions, as GetExecutionHistory gives them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 11, 26, 12, tzinfo=UTC)


class History:
    """Writes events; each belongs to the one before, unless another is named."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.now = START

    def event(self, kind: str, previous: int | None = None, seconds: float = 0, **details: Any) -> int:
        """One more event, so many seconds after the last; gives its number."""
        self.now += timedelta(seconds=seconds)
        number = len(self.events) + 1
        field = f"{kind[0].lower()}{kind[1:]}EventDetails"
        self.events.append(
            {
                "id": number,
                "previousEventId": number - 1 if previous is None else previous,
                "type": kind,
                "timestamp": self.now,
                **({field: details} if details else {}),
            }
        )
        return number

    def enter(self, kind: str = "Task", previous: int | None = None) -> int:
        """Enters a state."""
        return self.event(f"{kind}StateEntered", previous)

    def call(
        self,
        service: str,
        action: str,
        request: Any = None,
        answer: Any = None,
        seconds: float = 1,
        failed: Any = None,
    ) -> None:
        """One attempt at a state: scheduled, started, ended after so many seconds."""
        named: dict[str, Any] = {"resourceType": service, "resource": action}
        self.event("TaskScheduled", **named, parameters=json.dumps(request or {}))
        self.event("TaskStarted", **named)
        if failed is None:
            self.event("TaskSucceeded", None, seconds, **named, output=json.dumps(answer or {}))
        else:
            self.event("TaskFailed", None, seconds, **named, error="Failed", cause=failed)

    def task(self, service: str, action: str, *arguments: Any, **settings: Any) -> None:
        """A state with one attempt."""
        self.enter()
        self.call(service, action, *arguments, **settings)
        self.event("TaskStateExited")
