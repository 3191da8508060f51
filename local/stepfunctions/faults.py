"""Faults that somebody has asked for: at a state of one execution, for its next so many attempts.

`local.stepfunctions.injection` lets them happen. They are registered by `POST /_local/faults`:

    in   {"execution": "run-7", "faults": [{"state": "Plan ingestion", "moment": "after",
          "error": "Runtime.ExitError", "cause": "killed", "times": 2}]}
    out  {"faults": the same, each with "injected": how often it has happened}

`faults` takes the place of those that the execution had; without it the answer alone is given. An execution goes by its
name, so that it may be named before it is started, and that others are left alone. A state that is held goes on when
its fault is taken away.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.iam.own_paths import BadInputError

BEFORE, AFTER, TIMEOUT, ANSWER, HOLD = "before", "after", "timeout", "answer", "hold"
"""The moments: the call is not made; it is made, and its answer lost; the time is over; the answer is another one; the
call waits."""

_MOMENTS = (BEFORE, AFTER, TIMEOUT, ANSWER, HOLD)
_MOST_FAULTS = 1_000
_MOST_TIMES = 100_000
_MOST_SECONDS = 3600


@dataclass(frozen=True)
class Fault:
    """What happens at a state, for its next `times` attempts.

    `answer` is what the service seems to have said, `seconds` the time that a state has that runs out of it.
    """

    state: str
    moment: str
    error: str = ""
    cause: str = ""
    answer: Any = None
    times: int = 1
    seconds: int = 1


class Faults:
    """The faults of all executions, by their names; threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: dict[str, tuple[Fault, ...]] = {}
        self._injected: dict[tuple[str, str, str], int] = {}

    def put(self, execution: str, faults: tuple[Fault, ...]) -> None:
        """Let these happen at an execution, and none that it had before."""
        with self._lock:
            for fault in self._faults.pop(execution, ()):
                self._injected.pop((execution, fault.state, fault.moment), None)
            if faults:
                self._faults[execution] = faults

    def take(self, execution: str, state: str, *moments: str) -> Fault | None:
        """The fault that happens now at one of these moments of a state, if one is left; it counts as injected."""
        if not self._faults:
            return None
        with self._lock:
            for fault in self._faults.get(execution, ()):
                key = (execution, fault.state, fault.moment)
                injected = self._injected.get(key, 0)
                if fault.state == state and fault.moment in moments and injected < fault.times:
                    self._injected[key] = injected + 1
                    return fault
        return None

    def hold(self, execution: str, state: str) -> bool:
        """Whether calls of this state are to wait."""
        return any((fault.state, fault.moment) == (state, HOLD) for fault in self._faults.get(execution, ()))

    def concern(self, execution: str, state: str) -> bool:
        """Whether faults of this state were asked for, happened or not."""
        return any(fault.state == state for fault in self._faults.get(execution, ()))

    def description(self, execution: str) -> dict[str, Any]:
        """The faults of an execution, and how often each has happened."""
        with self._lock:
            faults = self._faults.get(execution, ())
            counts = [self._injected.get((execution, fault.state, fault.moment), 0) for fault in faults]
            return {"faults": [vars(fault) | {"injected": count} for fault, count in zip(faults, counts, strict=True)]}

    def respond(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a request of the path. Raises BadInputError."""
        if unknown := set(request) - {"execution", "faults"}:
            raise BadInputError(f"There is no field {min(unknown)!r}: a request has an execution and faults.")
        execution = request.get("execution")
        if not isinstance(execution, str) or not execution:
            raise BadInputError("execution is no name.")
        if "faults" in request:
            self.put(execution, read_faults(request["faults"]))
        return self.description(execution)


def read_faults(value: Any) -> tuple[Fault, ...]:
    """The faults of a request. Raises BadInputError.

    >>> read_faults([{"state": "Plan ingestion", "moment": "timeout"}])[0].times
    1
    """
    if not isinstance(value, list) or len(value) > _MOST_FAULTS:
        raise BadInputError(f"faults is no list of up to {_MOST_FAULTS}.")
    faults = tuple(_read_fault(each) for each in value)
    if len({(fault.state, fault.moment) for fault in faults}) < len(faults):
        raise BadInputError("Two faults are of one state and one moment.")
    return faults


def _read_fault(value: Any) -> Fault:
    if not isinstance(value, dict) or not set(value) <= set(Fault.__dataclass_fields__):
        raise BadInputError(f"A fault is an object of {', '.join(Fault.__dataclass_fields__)}.")
    for name in ("state", "moment", "error", "cause"):
        if not isinstance(value.get(name, ""), str):
            raise BadInputError(f"{name} is no text.")
    if not value.get("state") or value.get("moment") not in _MOMENTS:
        raise BadInputError(f"A fault has a state, and a moment that is one of {', '.join(_MOMENTS)}.")
    if value["moment"] in (BEFORE, AFTER) and not value.get("error"):
        raise BadInputError(f"A fault {value['moment']} the call has an error.")
    for name, most in (("times", _MOST_TIMES), ("seconds", _MOST_SECONDS)):
        number = value.get(name, 1)
        if type(number) is not int or not 1 <= number <= most:
            raise BadInputError(f"{name} is no integer from 1 to {most}.")
    return Fault(**value)
