"""Histories of executions as Step Functions gives them, written down state by state."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass
class History:
    """Adds events, each of which names the one before it unless it is said to follow another."""

    events: list[dict[str, Any]] = field(default_factory=list)
    now: datetime = START

    def add(self, kind: str, after: int | None = None, **details: Any) -> int:
        """One more event; its id."""
        previous = len(self.events) if after is None else after
        number = len(self.events) + 1
        self.events.append({"id": number, "previousEventId": previous, "type": kind, "timestamp": self.now, **details})
        return number

    def enter(self, state: str, kind: str = "Task", after: int | None = None) -> int:
        return self.add(f"{kind}StateEntered", after, stateEnteredEventDetails={"name": state, "input": "{}"})

    def leave(self, state: str, kind: str = "Task", after: int | None = None) -> int:
        return self.add(f"{kind}StateExited", after, stateExitedEventDetails={"name": state, "output": "{}"})

    def schedule(self, service: str, **parameters: Any) -> int:
        details = {"resourceType": service, "resource": "invoke", "parameters": json.dumps(parameters)}
        return self.add("TaskScheduled", taskScheduledEventDetails=details)

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def run(self, state: str, seconds: float, service: str = "lambda", end: str = "TaskSucceeded") -> None:
        """A Task from its entry to its exit, whose call took so long and ended so."""
        self.enter(state)
        self.schedule(service)
        self.wait(seconds)
        self.add(end)
        self.leave(state)

    def end(self, kind: str) -> list[dict[str, Any]]:
        self.add(f"Execution{kind}")
        return self.events
