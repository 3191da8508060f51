"""The end of the log of what a state called: a function, or jobs of SageMaker."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cli import logs
from cli.entered_states import StateProgress
from cli.stack import Stack

MOST_LINES = 200
"""Lines of a tail."""

_MOST_READ = 5_000
_TRANSFORM = "/aws/sagemaker/TransformJobs"
# The last lines of a function come just after its answer.
_LATE_MILLISECONDS = 1000
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
    groups, events = list[str](), list[dict[str, Any]]()
    for group, narrower in _sources(stack, state):
        groups.append(group)
        # One more than there is room for says that there are more.
        events += logs.events(stack, group, **narrower, PaginationConfig={"MaxItems": _MOST_READ + 1 - len(events)})
        if len(events) > _MOST_READ:
            break
    lines = [line for event in events[:_MOST_READ] for line in event["message"].splitlines()]
    return Tail(", ".join(dict.fromkeys(groups)), lines[-MOST_LINES:], len(lines), len(events) <= _MOST_READ)


def _sources(stack: Stack, state: StateProgress) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each log group that a state's calls wrote to, with the parameters of FilterLogEvents for it."""
    functions = dict.fromkeys(name for call in state.calls if (name := _parameters(call).get("FunctionName")))
    start = _milliseconds(state.entered)
    until = {"endTime": _milliseconds(state.left) + _LATE_MILLISECONDS} if state.left else {}
    for function in functions:
        yield logs.group_of(stack, function), {"start": start, **until}
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


def _milliseconds(when: datetime) -> int:
    return int(when.timestamp() * 1000)
