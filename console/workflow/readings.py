"""What a page shows of state machines and executions, asked of Step Functions."""

import json
from dataclasses import asdict
from typing import Any

from cli import executions, failures, map_children
from cli.errors import CommandError
from cli.executions import StateProgress
from cli.stack import Stack
from console.answers import number_of, text_of
from console.workflow.graphs import graph
from local.account import entries
from wildrydes.starts import PERSON

MACHINES = ("retrain", "promote", "restore", "monitor")
MOST_LISTED = 200
"""Executions of a page of the list, and children of one of a Map's."""

_LONGEST_EXCERPT = 20_000
"""Characters of a state's input or output that are sent before somebody asks for all of it."""


class NoFailureError(CommandError):
    """The execution has not failed."""


def machines(stack: Stack, _: Any = None) -> list[dict[str, Any]]:
    """The stack's state machines, with their graphs. One that was deployed before there was `monitor` has none."""
    states = stack.client("stepfunctions")
    described = []
    for name in MACHINES:
        if stack.has_machine(name):
            arn = stack.machine(name)
            definition = json.loads(states.describe_state_machine(stateMachineArn=arn)["definition"])
            described.append(
                {"name": name, "arn": arn, "comment": definition.get("Comment", ""), **asdict(graph(definition))}
            )
    return described


def listed(stack: Stack, query: dict[str, str]) -> dict[str, Any]:
    """A page of the executions of a state machine, or of a Map Run's children: the newest first, as AWS lists them."""
    source = {
        name: query[name] for name in ("stateMachineArn", "mapRunArn", "statusFilter", "nextToken") if query.get(name)
    }
    answer = stack.client("stepfunctions").list_executions(**source, maxResults=MOST_LISTED)
    return {
        "executions": [summary(each) for each in answer["executions"]],
        "nextToken": answer.get("nextToken"),
    }


def summary(execution: dict[str, Any]) -> dict[str, Any]:
    """An execution as lists show it."""
    return {
        "arn": execution["executionArn"],
        "name": execution["name"],
        "status": execution["status"],
        "started": execution["startDate"],
        "ended": execution.get("stopDate"),
        "redrives": execution.get("redriveCount", 0),
        "children": execution.get("itemCount"),
    }


def execution(stack: Stack, query: dict[str, str]) -> dict[str, Any]:
    """All of an execution but its longest texts: how far it is, each state that it entered, why it failed."""
    arn = text_of(query, "arn")
    states = stack.client("stepfunctions")
    described = states.describe_execution(executionArn=arn)
    progress = executions.progress_of(described, executions.history(stack, arn))
    executions.count_children(states, arn, progress.states)
    return {
        **summary(described),
        "machine": described["stateMachineArn"],
        "input": _excerpt(described.get("input")),
        "output": _excerpt(described.get("output")),
        "error": described.get("error"),
        "cause": _excerpt(described.get("cause")),
        "redrivable": described.get("redriveStatus") == "REDRIVABLE",
        "why_not_redrivable": described.get("redriveStatusReason", ""),
        "reason": _reason(described.get("input"), is_retraining=executions.is_retraining(stack, arn)),
        "cost": _cost(described.get("output")),
        "states": [_state(place, each) for place, each in enumerate(progress.states)],
        "map_runs": _map_runs(states, arn) if any(each.is_distributed for each in progress.states) else [],
        "parent": map_children.parent_of(stack, arn) if map_children.is_child(arn) else None,
    }


def failure(stack: Stack, query: dict[str, str]) -> dict[str, Any]:
    """Why an execution failed: the state, the error, what to do next, and the end of the log of what ran there."""
    arn = text_of(query, "arn")
    described = stack.client("stepfunctions").describe_execution(executionArn=arn)
    if described["status"] in ("RUNNING", "SUCCEEDED"):
        raise NoFailureError(f"{described['name']} has not failed: its status is {described['status']}.")
    ended = failures.failure(stack, arn, executions.progress_of(described, executions.history(stack, arn)))
    return {**ended.as_json(), "log_group": ended.log_group, "log": ended.log[-200:], "log_lines": len(ended.log)}


def whole(stack: Stack, query: dict[str, str]) -> dict[str, Any]:
    """All of a text of a state, or of the execution: `place` is the state's, `field` input, output or cause."""
    arn, field = text_of(query, "arn"), text_of(query, "field")
    if "place" not in query:
        described = stack.client("stepfunctions").describe_execution(executionArn=arn)
        return {"text": described.get(field) if field in ("input", "output", "cause") else None}
    entered = executions.entered_by(executions.history(stack, arn))
    state = entered[number_of(query, "place", len(entered))]
    return {"text": {"input": state.input, "output": state.output}.get(field)}


def _state(place: int, state: StateProgress) -> dict[str, Any]:
    return {
        "place": place,
        "name": state.name,
        "kind": state.kind,
        "iteration": state.iteration,
        "status": state.status,
        "entered": state.entered,
        "left": state.left,
        "attempts": state.attempts,
        "children": state.children,
        "failures": [{"error": error, "cause": _excerpt(cause)} for error, cause in state.failures],
        "input": _excerpt(state.input),
        "output": _excerpt(state.output),
    }


def _excerpt(text: str | None) -> dict[str, Any] | None:
    """The beginning of a text, and how long all of it is."""
    return None if text is None else {"text": text[:_LONGEST_EXCERPT], "length": len(text)}


def _map_runs(states: Any, arn: str) -> list[dict[str, Any]]:
    runs = entries(states, "list_map_runs", "mapRuns", executionArn=arn)
    described = [states.describe_map_run(mapRunArn=run["mapRunArn"]) for run in runs]
    return [
        {"arn": run["mapRunArn"], "status": run["status"], "counts": run["executionCounts"]}
        for run in sorted(described, key=lambda run: run["startDate"])
    ]


def _reason(text: str | None, *, is_retraining: bool) -> str | None:
    """What started an execution, a promotion's retraining, or None where the input does not say it."""
    value = executions.object_in(text)
    if is_retraining:
        return str(value.get("reason", PERSON))
    started_by = value.get("started_by")
    return str(started_by["reason"]) if isinstance(started_by, dict) and "reason" in started_by else None


def _cost(text: str | None) -> float | None:
    cost = executions.object_in(text).get("cost")
    return cost.get("total_usd") if isinstance(cost, dict) else None
