"""Follows an execution by its history, and finds out why one failed."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from local import account
from local.account import EmbeddedAws

_POLL_SECONDS = 0.2
_LOG_LINES = 20


@dataclass
class StateProgress:
    """A state that the execution has entered: its status, and when it was entered and left."""

    name: str
    # `Task`, `Choice`, `Map`, …
    kind: str
    entered: datetime
    status: str = "RUNNING"
    left: datetime | None = None
    # Of a Distributed Map: children that have ended, and all of them.
    children: tuple[int, int] | None = None

    @property
    def seconds(self) -> float:
        """Seconds in the state so far."""
        return ((self.left or datetime.now(self.entered.tzinfo)) - self.entered).total_seconds()


@dataclass
class Progress:
    """How far an execution is: its status, its states in the order they were entered, and its outcome."""

    status: str
    states: list[StateProgress] = field(default_factory=list)
    output: str | None = None
    error: str | None = None
    cause: str | None = None


def follow(server: EmbeddedAws, execution_arn: str) -> Iterator[Progress]:
    """Give the execution's progress again and again, for the last time when it has ended."""
    states = server.client("stepfunctions")
    while True:
        described = states.describe_execution(executionArn=execution_arn)
        progress = Progress(
            described["status"],
            _entered(_history(states, execution_arn)),
            described.get("output"),
            described.get("error"),
            described.get("cause"),
        )
        _count_children(states, execution_arn, progress.states)
        yield progress
        if progress.status != "RUNNING":
            return
        time.sleep(_POLL_SECONDS)


def _history(states: Any, execution_arn: str) -> list[dict[str, Any]]:
    return account.entries(states, "get_execution_history", "events", executionArn=execution_arn)


def _entered(events: list[dict[str, Any]]) -> list[StateProgress]:
    """The states of a history. A state that failed has a failure event before the next state is entered."""
    seen: list[StateProgress] = []
    for event in events:
        kind, when = event["type"], event["timestamp"]
        if kind.endswith("StateEntered"):
            seen.append(
                StateProgress(event["stateEnteredEventDetails"]["name"], kind.removesuffix("StateEntered"), when)
            )
        elif kind.endswith("StateExited") and seen:
            seen[-1].left = when
            seen[-1].status = "CAUGHT" if seen[-1].status == "FAILED" else "SUCCEEDED"
        elif seen and (kind.endswith(("Failed", "TimedOut")) or kind == "ExecutionAborted"):
            seen[-1].status, seen[-1].left = ("ABORTED" if kind == "ExecutionAborted" else "FAILED"), when
        elif kind == "TaskScheduled" and seen:
            # Another attempt.
            seen[-1].status, seen[-1].left = "RUNNING", None
    return seen


def _count_children(states: Any, execution_arn: str, seen: list[StateProgress]) -> None:
    if not any(state.kind == "Map" for state in seen):
        return
    runs = account.entries(states, "list_map_runs", "mapRuns", executionArn=execution_arn)
    if not runs:
        return
    counts = states.describe_map_run(mapRunArn=runs[-1]["mapRunArn"])["itemCounts"]
    ended = counts["succeeded"] + counts["failed"] + counts["timedOut"] + counts["aborted"]
    for state in seen:
        if state.kind == "Map":
            state.children = (ended, counts["total"])


@dataclass(frozen=True)
class Failure:
    """Why an execution failed: the state, its error and cause, and the tail of the log of what ran in it."""

    state: str
    error: str
    cause: str
    log_group: str
    log: list[str]


def failure(server: EmbeddedAws, execution_arn: str, progress: Progress) -> Failure:
    """Find the state that failed first for good, and the log of the function or job that it ran."""
    failed = next((state for state in progress.states if state.status in ("CAUGHT", "FAILED")), None)
    name = failed.name if failed else (progress.states[-1].name if progress.states else "no state")
    states = server.client("stepfunctions")
    definition = json.loads(states.describe_state_machine_for_execution(executionArn=execution_arn)["definition"])
    group = _log_group(_state(definition, name), server)
    log = _tail(server, group) if group else []
    return Failure(name, progress.error or progress.status, _message(progress.cause or ""), group, log)


def _message(cause: str) -> str:
    """Of a function's error the message; what else it holds is in the log. Other causes as they are."""
    try:
        error = json.loads(cause)
    except ValueError:
        return cause
    return error.get("errorMessage", cause) if isinstance(error, dict) else cause


def _log_group(task: dict[str, Any], server: EmbeddedAws) -> str:
    """The log group of the function or training job that `task` runs; empty for other services."""
    if "sagemaker:" in task.get("Resource", ""):
        return "/aws/sagemaker/TrainingJobs"
    if "lambda:invoke" not in task.get("Resource", ""):
        return ""
    function = task["Parameters"]["FunctionName"]
    configuration = server.client("lambda").get_function_configuration(FunctionName=function)
    return configuration["LoggingConfig"]["LogGroup"]


def _state(definition: dict[str, Any], name: str) -> dict[str, Any]:
    """The state of that name; of a Distributed Map the state that its children start with."""
    state = definition["States"].get(name, {})
    children = state.get("ItemProcessor")
    return children["States"][children["StartAt"]] if children else state


def _tail(server: EmbeddedAws, group: str) -> list[str]:
    try:
        events = account.entries(server.client("logs"), "filter_log_events", "events", logGroupName=group)
    except ClientError as fault:
        # A training job that could not be started has no log, and the first of all has no log group.
        if fault.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return []
    return [event["message"].rstrip("\n") for event in events][-_LOG_LINES:]
