"""Finds an execution, starts one, and follows it by its history."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from cli import map_children
from cli.entered_states import StateProgress, entered_by, seconds_paused
from cli.errors import CommandError
from cli.stack import Stack
from local import account
from wildrydes.errors import BadJson
from wildrydes.starts.execution_arns import arn_of, is_execution_of
from wildrydes.strict_json import decode
from wildrydes.tasks import DEFAULT_TASK

_POLL_SECONDS = 0.2
_UNSUCCESSFUL = ("FAILED", "TIMED_OUT", "ABORTED")


class NoExecutionError(CommandError):
    """There is no such execution; the message says where it was looked for."""


@dataclass
class Progress:
    """How far an execution is: its status, its states in the order they were entered, and its outcome."""

    status: str
    states: list[StateProgress] = field(default_factory=list)
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    started: datetime | None = None
    ended: datetime | None = None
    # Seconds in which it had ended, and waited for a redrive.
    paused: float = 0.0

    @property
    def seconds(self) -> float:
        """Seconds from its start to its end without the pauses before its redrives, 0 while it has not ended."""
        return (self.ended - self.started).total_seconds() - self.paused if self.started and self.ended else 0.0


def start(stack: Stack, machine: str, execution_input: dict[str, Any], name: str) -> str:
    """Start the workflow `machine` as the execution `name`; returns its ARN."""
    started = stack.client("stepfunctions").start_execution(
        stateMachineArn=stack.machine(machine), name=name, input=json.dumps(execution_input)
    )
    return started["executionArn"]


def find(stack: Stack, execution: str | None) -> str:
    """The ARN of an execution, by its ARN or its name, of a Map's child too; by default of the newest retraining.

    Raises NoExecutionError.
    """
    states = stack.client("stepfunctions")
    if execution is None:
        newest = states.list_executions(stateMachineArn=stack.machine("retrain"), maxResults=1)["executions"]
        if not newest:
            raise NoExecutionError(f"No retraining has been started yet: {stack.command('retrain')} starts one.")
        return newest[0]["executionArn"]
    machines, is_arn = stack.machines(), execution.startswith("arn:")
    candidates = [execution] if is_arn else [arn_of(machine, execution) for machine in machines.values()]
    for arn in candidates:
        try:
            return states.describe_execution(executionArn=arn)["executionArn"]
        except ClientError as fault:
            if fault.response["Error"]["Code"] not in ("ExecutionDoesNotExist", "InvalidArn", "ValidationException"):
                raise
    if not is_arn:
        child = map_children.named(stack, execution, list(machines.values()))
        if child is not None:
            return child
    *others, last = machines
    workflows = f"{', '.join(others)} or {last}" if others else last
    raise NoExecutionError(f"The stack {stack.name} has no execution {execution!r} of {workflows}.")


def described_if_there(stack: Stack, execution_arn: str) -> dict[str, Any] | None:
    """An execution as DescribeExecution has it; None of one that is gone, as 90 days after its end."""
    try:
        return stack.client("stepfunctions").describe_execution(executionArn=execution_arn)
    except ClientError as fault:
        if fault.response["Error"]["Code"] != "ExecutionDoesNotExist":
            raise
        return None


def last_failed(stack: Stack, task: str | None) -> str:
    """The ARN of the retraining, of a task or of any, that ended last without success. Raises NoExecutionError."""
    states, machine = stack.client("stepfunctions"), stack.machine("retrain")
    ended = [
        each
        for status in _UNSUCCESSFUL
        for each in account.entries(
            states, "list_executions", "executions", stateMachineArn=machine, statusFilter=status
        )
    ]
    for each in sorted(ended, key=lambda execution: execution["stopDate"], reverse=True):
        arn = each["executionArn"]
        if task is None or task_of(states.describe_execution(executionArn=arn)) == task:
            return arn
    of_task = f" of {task}" if task else ""
    raise NoExecutionError(f"No retraining{of_task} has failed, timed out or been stopped.")


def task_of(described: dict[str, Any]) -> str:
    """The task that an execution of the retraining was started for; `target` is its older name.

    What its input names is there as a text, also where it is no task, or no name.
    """
    fields = object_in(described.get("input"))
    return str(fields.get("task") or fields.get("target") or DEFAULT_TASK)


def object_in(text: str | None) -> dict[str, Any]:
    """The JSON object that an execution's input or output is; an empty one for anything else."""
    try:
        value = decode(text or "{}")
    except BadJson:
        return {}
    return value if isinstance(value, dict) else {}


def is_retraining(stack: Stack, execution_arn: str) -> bool:
    """Whether an execution is one of `retrain`, by its ARN: a name may be that of one of each workflow."""
    return is_execution_of(stack.machine("retrain"), execution_arn)


def running(stack: Stack) -> list[str]:
    """The ARNs of the executions of the stack's workflows that run now."""
    states = stack.client("stepfunctions")
    return [
        each["executionArn"]
        for machine in stack.machines().values()
        for each in account.entries(
            states, "list_executions", "executions", stateMachineArn=machine, statusFilter="RUNNING"
        )
    ]


def follow(stack: Stack, execution_arn: str) -> Iterator[Progress]:
    """Give the execution's progress again and again, for the last time when it has ended."""
    states = stack.client("stepfunctions")
    while True:
        described = states.describe_execution(executionArn=execution_arn)
        progress = progress_of(described, history(stack, execution_arn))
        count_children(states, execution_arn, progress.states)
        yield progress
        if progress.status != "RUNNING":
            return
        time.sleep(_POLL_SECONDS)


def progress_of(described: dict[str, Any], events: list[dict[str, Any]]) -> Progress:
    """How far an execution is, as DescribeExecution and its history say."""
    return Progress(
        described["status"],
        entered_by(events),
        described.get("output"),
        described.get("error"),
        described.get("cause"),
        described["startDate"],
        described.get("stopDate"),
        seconds_paused(events),
    )


def history(stack: Stack, execution_arn: str) -> list[dict[str, Any]]:
    """All events of an execution, the oldest first."""
    states = stack.client("stepfunctions")
    return account.entries(states, "get_execution_history", "events", executionArn=execution_arn)


def count_children(states: Any, execution_arn: str, entered: list[StateProgress]) -> list[dict[str, Any]]:
    """Write down how many children have ended: of a Distributed Map they are executions, which a Map Run counts.

    Returns the execution's Map Runs as DescribeMapRun has them, the newest last; none where no such Map was entered.
    """
    distributed = [state for state in entered if state.is_distributed]
    if not distributed:
        return []
    listed = account.entries(states, "list_map_runs", "mapRuns", executionArn=execution_arn)
    runs = [states.describe_map_run(mapRunArn=each["mapRunArn"]) for each in listed]
    runs.sort(key=lambda run: run["startDate"])
    if runs:
        counts = runs[-1]["itemCounts"]
        ended = counts["succeeded"] + counts["failed"] + counts["timedOut"] + counts["aborted"]
        for state in distributed:
            state.children = (ended, counts["total"])
    return runs
