"""The children of a distributed Map: executions of their own, of whose failures the execution itself says nothing."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from cli.stack import Stack
from local import account
from wildrydes.errors import BadJson
from wildrydes.strict_json import decode

_LONGEST_ITEM = 300
# A child's name has no Map Run in it: those of the newest executions are looked through.
_EXECUTIONS_SEARCHED = 10
_NO_EXECUTION = ("ExecutionDoesNotExist", "InvalidArn", "StateMachineDoesNotExist", "ValidationException")


@dataclass(frozen=True)
class FailedChild:
    """The first child of a Map Run that failed: its ARN, what it was given, and how many failed of how many."""

    execution: str
    item: str
    failed: int
    total: int

    def to_json(self) -> dict[str, Any]:
        """The child as `--json` prints it."""
        return {"execution": self.execution, "item": self.item, "failed": self.failed, "total": self.total}


def is_child(arn: str) -> bool:
    """Whether an execution's ARN is that of a Map Run's child, which names the Map Run after the state machine.

    >>> is_child("arn:aws:states:us-east-1:1:execution:retrain/Ingest:0b6e")
    True
    """
    return "/" in arn.rpartition(":")[0]


def parent_of(stack: Stack, child: str) -> str:
    """The ARN of the execution whose Map started a child."""
    states = stack.client("stepfunctions")
    map_run = states.describe_execution(executionArn=child)["mapRunArn"]
    return states.describe_map_run(mapRunArn=map_run)["executionArn"]


def first_failed(stack: Stack, execution: str) -> FailedChild | None:
    """Of the last Map Run of an execution the child that failed first; None where none has failed."""
    states = stack.client("stepfunctions")
    runs = account.entries(states, "list_map_runs", "mapRuns", executionArn=execution)
    if not runs:
        return None
    # The newest first.
    map_run = max(runs, key=lambda run: run["startDate"])["mapRunArn"]
    failed = [child for status in ("FAILED", "TIMED_OUT") for child in _children(stack, map_run, status)]
    if not failed:
        return None
    first = min(failed, key=lambda child: child["stopDate"])["executionArn"]
    counts = states.describe_map_run(mapRunArn=map_run)["executionCounts"]
    described = states.describe_execution(executionArn=first)
    return FailedChild(
        first, item_of(described.get("input", "")), counts["failed"] + counts["timedOut"], counts["total"]
    )


def any_child(stack: Stack, execution: str) -> str | None:
    """The ARN of the first child that failed, or of any where none did; None of an execution without children."""
    if failed := first_failed(stack, execution):
        return failed.execution
    states = stack.client("stepfunctions")
    for run in account.entries(states, "list_map_runs", "mapRuns", executionArn=execution):
        for child in states.list_executions(mapRunArn=run["mapRunArn"], maxResults=1)["executions"]:
            return child["executionArn"]
    return None


def named(stack: Stack, name: str, machines: list[str]) -> str | None:
    """The ARN of the child of that name, of the newest executions of these state machines; None where there is none."""
    states = stack.client("stepfunctions")
    arns = (_described(states, f"{label}:{name}") for machine in machines for label in _labels(states, machine))
    return next((arn for arn in arns if arn), None)


def _described(states: Any, arn: str) -> str | None:
    try:
        return states.describe_execution(executionArn=arn)["executionArn"]
    except ClientError as fault:
        if fault.response["Error"]["Code"] not in _NO_EXECUTION:
            raise
        return None


def _labels(states: Any, machine: str) -> list[str]:
    """What the ARNs of the children of a state machine's newest executions begin with, each once."""
    try:
        newest = states.list_executions(stateMachineArn=machine, maxResults=_EXECUTIONS_SEARCHED)["executions"]
    except ClientError as fault:
        if fault.response["Error"]["Code"] not in _NO_EXECUTION:
            raise
        return []
    runs = [
        run["mapRunArn"]
        for execution in newest
        for run in account.entries(states, "list_map_runs", "mapRuns", executionArn=execution["executionArn"])
    ]
    return list(dict.fromkeys(run.rpartition(":")[0].replace(":mapRun:", ":execution:") for run in runs))


def _children(stack: Stack, map_run: str, status: str) -> list[dict[str, Any]]:
    states = stack.client("stepfunctions")
    return account.entries(states, "list_executions", "executions", mapRunArn=map_run, statusFilter=status)


def item_of(text: str) -> str:
    """What a child was given, in a line: the part of a ride file that it ingests, or the JSON of anything else.

    >>> item_of('{"chunk": {"item": 3, "key": "raw/a.json", "start": 0, "end": 90, "chunk": 0, "of": 2}}')
    'raw/a.json, part 1 of 2, bytes 0 to 90'
    >>> item_of('{"chunk": {"item": 3, "digest": "7c", "files": 40, "start": 0, "end": 9, "first_key": "raw/a.json"}}')
    '40 small files, the first of them raw/a.json'
    """
    try:
        chunk = decode(text)["chunk"]
        if "first_key" in chunk:
            return f"{chunk['files']} small files, the first of them {chunk['first_key']}"
        place = f"part {chunk['chunk'] + 1} of {chunk['of']}, bytes {chunk['start']:,} to {chunk['end']:,}"
        return f"{chunk['key']}, {place}"
    except (BadJson, KeyError, TypeError):
        return text if len(text) <= _LONGEST_ITEM else f"{text[:_LONGEST_ITEM]}…"
