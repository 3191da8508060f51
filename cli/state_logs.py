"""The end of the log of what a state called: a function, or jobs of SageMaker."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cli import logs
from cli.entered_states import StateProgress
from cli.stack import Stack

MOST_LINES = 200
"""Lines of a tail."""

_MOST_READ = 5_000
_MOST_CHARACTERS = 20_000_000
_LONGEST_LINE = 10_000
_TRANSFORM = "/aws/sagemaker/TransformJobs"
# By the parameter that names a job: the log group, and what follows the name in the names of its streams.
_JOBS = {
    "TrainingJobName": (logs.TRAINING, "/"),
    "HyperParameterTuningJobName": (logs.TRAINING, "-"),
    "TransformJobName": (_TRANSFORM, "/"),
}


@dataclass(frozen=True)
class Tail:
    """The last lines of a log, of `read` that were read; `is_whole` says whether there were no others."""

    group: str
    lines: list[str]
    read: int
    is_whole: bool


def has_log(state: StateProgress) -> bool:
    """Whether a state called anything that writes a log."""
    return any(each.get("resourceType") == "lambda" or _job_in(each) for each in state.calls)


def tail(stack: Stack, state: StateProgress) -> Tail:
    """What was logged for a state: of a function all that it wrote meanwhile, of jobs what they wrote.

    A function that runs many times at once writes for all of them into one log.
    """
    groups, events, reading = list[str](), list[dict[str, Any]](), BoundedReading()
    for group, narrower in _sources(stack, state):
        groups.append(group)
        events += reading.events(stack, group, **narrower)
        if not reading.is_whole:
            break
    lines = [line for event in events for line in event["message"].splitlines()]
    return Tail(", ".join(dict.fromkeys(groups)), end_of(lines), len(lines), reading.is_whole)


class BoundedReading:
    """Reads the first events of logs, as `logs.events` does; `is_whole` says whether there were no others.

    A state may log for hours, and a line may have a megabyte.
    """

    def __init__(self, events: int = _MOST_READ, characters: int = _MOST_CHARACTERS) -> None:
        self._events, self._characters = events, characters
        self.is_whole = True

    def events(self, stack: Stack, group: str, start: int, **narrower: Any) -> list[dict[str, Any]]:
        """The events of a log group from `start` on, so far as there is room for them."""
        read: list[dict[str, Any]] = []
        for event in logs.each_event(stack, group, start, **narrower):
            if self._events <= 0 or self._characters <= 0:
                self.is_whole = False
                break
            self._events -= 1
            self._characters -= len(event["message"])
            read.append(event)
        return read


def end_of(lines: list[str]) -> list[str]:
    """The last lines, each as far as a page has room for it."""
    return [
        line
        if len(line) <= _LONGEST_LINE
        else f"{line[:_LONGEST_LINE]} … {len(line) - _LONGEST_LINE:,} more characters"
        for line in lines[-MOST_LINES:]
    ]


def _sources(stack: Stack, state: StateProgress) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each log group that a state's calls wrote to, with the parameters of FilterLogEvents for it."""
    functions = dict.fromkeys(name for call in state.calls if (name := _parameters(call).get("FunctionName")))
    for function in functions:
        yield logs.group_of(stack, function), logs.while_in(state.entered, state.left)
    for group, prefix in dict.fromkeys(filter(None, map(_job_in, state.calls))):
        yield group, {"start": 0, "logStreamNamePrefix": prefix}


def _job_in(call: dict[str, Any]) -> tuple[str, str] | None:
    """The log group of the job that a call started, and what its streams' names begin with."""
    if call.get("resourceType") != "sagemaker":
        return None
    parameters = _parameters(call)
    jobs = ((group, f"{parameters[name]}{end}") for name, (group, end) in _JOBS.items() if name in parameters)
    return next(jobs, None)


def _parameters(call: dict[str, Any]) -> dict[str, Any]:
    value = json.loads(call.get("parameters") or "{}")
    return value if isinstance(value, dict) else {}
