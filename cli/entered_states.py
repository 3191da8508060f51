"""The states that an execution has entered, by the events of its history."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from wildrydes.errors import BadJson
from wildrydes.strict_json import decode

# What the end of an execution makes of the states that have not ended.
_ENDS = {"ExecutionFailed": "FAILED", "ExecutionTimedOut": "FAILED", "ExecutionAborted": "ABORTED"}
_REDRIVEN = "ExecutionRedriven"


@dataclass
class StateProgress:
    """A state that the execution has entered: its status, and when it was entered and left."""

    name: str
    # `Task`, `Choice`, `Map`, …
    kind: str
    entered: datetime
    status: str = "RUNNING"
    left: datetime | None = None
    # Of a Map: iterations that have ended, and all of them.
    children: tuple[int, int] | None = None
    # Whether the iterations of a Map are executions of their own.
    is_distributed: bool = False
    # Of a state in an iteration of a Map, whose it is: an algorithm's, a task's, or that of the number from 1.
    iteration: str = ""
    # As JSON; the output once the state has been left. A history may have them in part only.
    input: str = ""
    output: str | None = None
    # How often its task was begun, and why an attempt failed: error and cause of each.
    attempts: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    # What its task called, an entry an attempt: resourceType, resource, and parameters as JSON.
    calls: list[dict[str, Any]] = field(default_factory=list)
    # The number of the last event of the history that says something of it.
    last_event: int = 0
    # Seconds since it was entered in which the execution had ended, and waited for a redrive.
    paused: float = 0.0

    @property
    def is_shown(self) -> bool:
        """Whether it is worth a line: iterations run side by side, and of theirs only what takes time or fails is."""
        return not self.iteration or self.kind not in ("Choice", "Pass") or self.status == "FAILED"

    @property
    def title(self) -> str:
        """Its name, with the iteration it is of."""
        return f"{self.name} ({self.iteration})" if self.iteration else self.name

    @property
    def seconds(self) -> float:
        """Seconds in the state so far, without the pause before a redrive."""
        return ((self.left or datetime.now(self.entered.tzinfo)) - self.entered).total_seconds() - self.paused


def entered_by(events: list[dict[str, Any]]) -> list[StateProgress]:
    """The states of a history, in the order they were entered.

    A state that failed has a failure event before the next state is entered.

    The iterations of a Map run side by side: an event belongs to the state of the event that it names as its previous.
    """
    entered: list[StateProgress] = []
    of_event: dict[int, StateProgress] = {}
    iterations: dict[int, str] = {}
    for event in events:
        kind = event["type"]
        state = of_event.get(event["previousEventId"])
        if kind.endswith("StateEntered"):
            iteration = iterations.get(event["previousEventId"], state.iteration if state else "")
            entered.append(state := _state(event, iteration))
        elif kind.endswith("StateExited"):
            state = _named(event["stateExitedEventDetails"]["name"], state, entered)
            state.left, state.output = event["timestamp"], event["stateExitedEventDetails"].get("output")
            state.status = "CAUGHT" if state.status == "FAILED" else "SUCCEEDED"
        elif kind in _ENDS:
            for each in entered:
                if each.status == "RUNNING":
                    each.status, each.left, each.last_event = _ENDS[kind], event["timestamp"], event["id"]
        elif kind.startswith("MapIteration"):
            _count_iteration(event, entered)
            iterations |= _begun(event)
        elif state is not None:
            _take(event, state)
        if state is not None:
            of_event[event["id"]] = state
            state.last_event = event["id"]
    _count_pauses(events, entered)
    return entered


def seconds_paused(events: list[dict[str, Any]]) -> float:
    """Seconds in which an execution had ended and waited for a redrive that came, by the events of its history."""
    return sum((redriven - end).total_seconds() for end, redriven in _pauses(events))


def _pauses(events: list[dict[str, Any]]) -> list[tuple[datetime, datetime]]:
    """From each end of an execution to the redrive after it."""
    moments = [(event["type"], event["timestamp"]) for event in events if event["type"] in (*_ENDS, _REDRIVEN)]
    return [(end, moment) for (_, end), (kind, moment) in pairwise(moments) if kind == _REDRIVEN]


def _count_pauses(events: list[dict[str, Any]], entered: list[StateProgress]) -> None:
    """Write down how long each state waited for redrives."""
    pauses = _pauses(events)
    for each in entered:
        each.paused = sum(_seconds_within(pause, each.entered, each.left) for pause in pauses)


def _seconds_within(pause: tuple[datetime, datetime], entered: datetime, left: datetime | None) -> float:
    """The seconds of a pause that a state was entered in and not left."""
    begin, end = max(pause[0], entered), pause[1] if left is None else min(pause[1], left)
    return max(0.0, (end - begin).total_seconds())


def _begun(event: dict[str, Any]) -> dict[int, str]:
    """By the event's number, that of the iteration that it begins, from 1; nothing of an event that begins none."""
    details = event.get("mapIterationStartedEventDetails")
    return {event["id"]: str(details["index"] + 1)} if details else {}


def _state(event: dict[str, Any], iteration: str) -> StateProgress:
    """The state that an event enters, in an iteration or in none."""
    details = event["stateEnteredEventDetails"]
    name = (iteration and _item_in(details.get("input", ""))) or iteration
    return StateProgress(
        details["name"],
        event["type"].removesuffix("StateEntered"),
        event["timestamp"],
        iteration=name,
        input=details.get("input", ""),
    )


def _item_in(text: str) -> str:
    """What the item of a Map in a state's input is called: a candidate's algorithm, or a task; empty for no item."""
    try:
        value = decode(text)
    except BadJson:
        return ""
    for item, name in (("candidate", "algorithm"), ("task", "task")):
        described = value.get(item) if isinstance(value, dict) else None
        if isinstance(described, dict):
            return str(described.get(name, ""))
    return ""


def _named(name: str, state: StateProgress | None, entered: list[StateProgress]) -> StateProgress:
    """The state of a name: a Map's exit comes after an event of one of its iterations."""
    if state is not None and state.name == name:
        return state
    return next(each for each in reversed(entered) if each.name == name)


def _count_iteration(event: dict[str, Any], entered: list[StateProgress]) -> None:
    """One more iteration of a Map has ended, unless it has only begun."""
    end = event["type"].removeprefix("MapIteration")
    details = event.get(f"mapIteration{end}EventDetails", {})
    if end != "Started" and "name" in details:
        state = _named(details["name"], None, entered)
        ended, total = state.children or (0, 0)
        state.children, state.last_event = (ended + 1, total), event["id"]


def _take(event: dict[str, Any], state: StateProgress) -> None:
    """What an event within a state says of it."""
    kind = event["type"]
    if kind == "MapStateStarted":
        state.children = (0, event["mapStateStartedEventDetails"]["length"])
    elif kind in ("MapRunStarted", "MapRunRedriven"):
        state.is_distributed = True
    elif kind.endswith(("Failed", "TimedOut")):
        state.status, state.left = "FAILED", event["timestamp"]
        details = event.get(f"{kind[0].lower()}{kind[1:]}EventDetails", {})
        state.failures.append((details.get("error", ""), details.get("cause", "")))
    elif kind == "TaskScheduled":
        # Another attempt.
        state.status, state.left, state.attempts = "RUNNING", None, state.attempts + 1
        state.calls.append(event.get("taskScheduledEventDetails", {}))
