"""What a page shows of state machines and executions, asked of Step Functions."""

from dataclasses import asdict
from typing import Any

from botocore.exceptions import ClientError

from cli import executions, failures, map_children, redrive, state_logs, state_objects
from cli.errors import CommandError
from cli.executions import StateProgress
from cli.stack import Stack
from console.answers import explain, number_of, text_of
from console.workflow.definitions import Definitions, drawn
from console.workflow.facts import facts_of
from console.workflow.histories import Histories
from wildrydes.starts.execution_arns import machine_of

MOST_LISTED = 100
"""Executions of a page of the list, and children of one of a Map's."""

_LONGEST_EXCERPT = 2_000
"""Characters of a state's input or output that are sent before somebody asks for all of it."""


class NoFailureError(CommandError):
    """The execution has not failed."""


def machines(stack: Stack, _: Any = None) -> list[dict[str, str]]:
    """The names and ARNs of the stack's state machines."""
    return [{"name": name, "arn": arn} for name, arn in stack.machines().items()]


def graph(definitions: Definitions, stack: Stack, query: dict[str, str]) -> dict[str, Any]:
    """The graph of the state machine `arn` as it is now, or of the one that `execution` runs with, with its digest."""
    if "execution" in query:
        return definitions.of(query["execution"])
    described = stack.client("stepfunctions").describe_state_machine(stateMachineArn=text_of(query, "arn"))
    return drawn(described["definition"])


def listed(stack: Stack, query: dict[str, str]) -> dict[str, Any]:
    """A page of the executions of a state machine, or of a Map Run's children: the newest first, as AWS lists them.

    With `statusFilter`, those of a status alone.
    """
    names = ("stateMachineArn", "mapRunArn", "statusFilter", "nextToken")
    source = {name: query[name] for name in names if query.get(name)}
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


def execution(histories: Histories, definitions: Definitions, stack: Stack, query: dict[str, str]) -> dict[str, Any]:
    """All of an execution but its longest texts: how far it is, each state that it entered, why it failed.

    Where its history may not be read there is no state, and `history_trouble` says why. `definition` is the digest of
    the graph that it is drawn on; where that may not be asked for it is empty, and `definition_trouble` says why.

    With `since`, the number of an event, of the states those alone that later events say something of. The answer has
    the number that it is of as `since`, 0 for all states, and that of the last event as `events`.
    """
    arn = text_of(query, "arn")
    states = stack.client("stepfunctions")
    described = states.describe_execution(executionArn=arn)
    events, history_trouble = histories.readable(arn)
    progress = executions.progress_of(described, events)
    map_runs, children_trouble = _children(states, arn, progress.states)
    definition, definition_trouble = definitions.digest(arn, described["startDate"])
    last = events[-1]["id"] if events else 0
    since = number_of(query, "since", last + 1) if query.get("since") and not history_trouble else 0
    return {
        **summary(described),
        **facts_of(stack, described),
        "machine": described["stateMachineArn"],
        "workflow": _workflow(stack, arn),
        # Seconds in which it waited for a redrive, so far as its history may be read.
        "paused": None if history_trouble else progress.paused,
        "definition": definition,
        "definition_trouble": definition_trouble,
        "input": _excerpt(described.get("input")),
        "output": _excerpt(described.get("output")),
        "error": described.get("error"),
        "cause": _excerpt(described.get("cause")),
        "why_not_redrivable": _why_not_redrivable(stack, described, progress.states),
        "since": since,
        "events": last,
        "states": _states(progress.states, since),
        "map_runs": [_map_run(each) for each in map_runs],
        "children_trouble": children_trouble,
        "history_trouble": history_trouble,
        "parent": map_children.parent_of(stack, arn) if map_children.is_child(arn) else None,
    }


def _workflow(stack: Stack, arn: str) -> str:
    """The name of the workflow that an execution or a Map's child is of; empty of one that is none of the stack's."""
    return next((name for name, machine in stack.machines().items() if machine == machine_of(arn)), "")


def _children(states: Any, arn: str, entered: list[StateProgress]) -> tuple[list[dict[str, Any]], str]:
    """The Map Runs of an execution; or none, and why they may not be looked at: the rest can be shown all the same."""
    try:
        return executions.count_children(states, arn, entered), ""
    except ClientError as refusal:
        return [], explain(refusal)[0]


def _why_not_redrivable(stack: Stack, described: dict[str, Any], entered: list[StateProgress]) -> str:
    """What `wildrydes redrive` says to an execution that has failed; empty where it goes on, or nothing has failed."""
    if described["status"] in ("RUNNING", "SUCCEEDED"):
        return ""
    try:
        redrive.check_described(stack, described, entered)
    except redrive.NotRedrivableError as refusal:
        return str(refusal)
    return ""


def failure(histories: Histories, stack: Stack, query: dict[str, str]) -> dict[str, Any]:
    """Why an execution failed: the state, the error, what to do next, and the end of the log of what ran there."""
    arn = text_of(query, "arn")
    described = stack.client("stepfunctions").describe_execution(executionArn=arn)
    if described["status"] in ("RUNNING", "SUCCEEDED"):
        raise NoFailureError(f"{described['name']} has not failed: its status is {described['status']}.")
    reading, trouble = state_logs.BoundedReading(), list[str]()

    def read(*arguments: Any, **narrower: Any) -> list[dict[str, Any]]:
        try:
            return reading.events(*arguments, **narrower)
        except ClientError as refusal:
            # Why it failed can be said without its log.
            trouble.append(explain(refusal)[0])
            return []

    events, _ = histories.readable(arn)
    ended = failures.failure(stack, arn, executions.progress_of(described, events), read)
    return {
        **ended.as_json(),
        "began_in": ended.began_in,
        "states": ended.states,
        "log_group": ended.log_group,
        "log": state_logs.end_of(ended.log),
        "log_lines": len(ended.log),
        "log_is_whole": reading.is_whole,
        "log_trouble": "".join(trouble[:1]),
    }


def whole(histories: Histories, stack: Stack, query: dict[str, str]) -> dict[str, Any]:
    """All of a text of a state, or of the execution: `place` is the state's, `field` input, output or cause.

    Of a state, the cause is that of its attempt `attempt`.
    """
    arn, field = text_of(query, "arn"), text_of(query, "field")
    if "place" not in query:
        described = stack.client("stepfunctions").describe_execution(executionArn=arn)
        return {"text": described.get(field) if field in ("input", "output", "cause") else None}
    state = state_at(histories, query)
    if field == "cause":
        return {"text": state.failures[number_of(query, "attempt", len(state.failures))][1]}
    return {"text": {"input": state.input, "output": state.output}.get(field)}


def state_at(histories: Histories, query: dict[str, str]) -> StateProgress:
    """The state of an execution that a request names by its `place` in the order in which they were entered."""
    entered = executions.entered_by(histories.events(text_of(query, "arn")))
    return entered[number_of(query, "place", len(entered))]


def log(histories: Histories, stack: Stack, query: dict[str, str]) -> dict[str, Any]:
    """The end of the log of what a state called."""
    return asdict(state_logs.tail(stack, state_at(histories, query)))


def objects(histories: Histories, stack: Stack, query: dict[str, str]) -> dict[str, Any]:
    """What a state read and wrote in S3. A Map's child writes below the prefixes of the execution that started it."""
    arn = text_of(query, "arn")
    owner = map_children.parent_of(stack, arn) if map_children.is_child(arn) else arn
    return asdict(state_objects.objects_of(stack, owner.rpartition(":")[2], state_at(histories, query)))


def _map_run(run: dict[str, Any]) -> dict[str, Any]:
    return {"arn": run["mapRunArn"], "status": run["status"], "counts": run["executionCounts"]}


def _states(entered: list[StateProgress], since: int) -> list[dict[str, Any]]:
    """The states that an event after number `since` says something of; of a distributed Map's children none does."""
    return [_state(place, each) for place, each in enumerate(entered) if each.last_event > since or each.is_distributed]


def _state(place: int, state: StateProgress) -> dict[str, Any]:
    return {
        "place": place,
        "name": state.name,
        "kind": state.kind,
        "iteration": state.iteration,
        "status": state.status,
        "entered": state.entered,
        "left": state.left,
        "paused": state.paused,
        "attempts": state.attempts,
        "children": state.children,
        "is_distributed": state.is_distributed,
        "has_log": state_logs.has_log(state),
        "failures": [{"error": error, "cause": _excerpt(cause)} for error, cause in state.failures],
        "input": _excerpt(state.input),
        "output": _excerpt(state.output),
    }


def _excerpt(text: str | None) -> dict[str, Any] | None:
    """The beginning of a text, and how long all of it is."""
    if text is None:
        return None
    return {"text": text[:_LONGEST_EXCERPT], "length": len(text), "is_cut": len(text) > _LONGEST_EXCERPT}
