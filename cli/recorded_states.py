"""A state as an execution ran it: its definition, its input, its role, and its Context object."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cli import executions, map_children
from cli.context_values import with_values
from cli.errors import CommandError
from cli.stack import Stack
from wildrydes.starts.execution_arns import machine_of


class NoStateError(CommandError):
    """The execution did not enter such a state; the message says which it entered."""


@dataclass(frozen=True)
class RecordedState:
    """A state that an execution entered: by its definition of now, on the input of then (JSON).

    `unrecorded` are the paths of the Context object whose values are TestState's own.
    """

    name: str
    definition: Mapping[str, Any]
    role: str
    input: str
    execution: str
    unrecorded: Sequence[str] = ()


def find(stack: Stack, name: str, execution: str | None) -> RecordedState:
    """The state `name` as the execution entered it last, by its ARN or name, that of a Map's child too.

    The newest retraining, where `execution` is None. Raises NoExecutionError and NoStateError.
    """
    arn = executions.find(stack, execution)
    states = stack.client("stepfunctions")
    machine = states.describe_state_machine(stateMachineArn=machine_of(arn))
    definitions = dict(_states(json.loads(machine["definition"])))
    events = executions.history(stack, arn)
    entered = [each for each in events if each["type"].endswith("StateEntered")]
    event = next((each for each in reversed(entered) if _name_of(each) == name), None)
    if event is None:
        names = [_name_of(each) for each in entered]
        raise NoStateError(_not_entered(stack, arn, name, names, definitions, is_newest=execution is None))
    if name not in definitions:
        raise NoStateError(
            f"{_short(arn)} entered the state {name!r}, but the workflow has none of that name any more."
        )
    details = event["stateEnteredEventDetails"]
    if details.get("inputDetails", {}).get("truncated"):
        raise NoStateError(f"The history of {arn} has the input of {name!r} in part only: nothing can be run on that.")
    context = _context(arn, machine, events, event)
    definition, unrecorded = with_values(definitions[name], context)
    return RecordedState(name, definition, machine["roleArn"], details["input"], arn, unrecorded)


def _states(level: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All states of a definition, at all levels: a name occurs once."""
    for name, state in level.get("States", {}).items():
        yield name, state
        for inner in (*state.get("Branches", ()), state.get("ItemProcessor"), state.get("Iterator")):
            if inner:
                yield from _states(inner)


def _name_of(event: Mapping[str, Any]) -> str:
    return event["stateEnteredEventDetails"]["name"]


def _not_entered(
    stack: Stack, arn: str, name: str, entered: list[str], definitions: Mapping[str, Any], *, is_newest: bool
) -> str:
    """What the execution did enter, in that order, and where the state is run if not there."""
    which = f"{_short(arn)}, the newest retraining," if is_newest else _short(arn)
    names = list(dict.fromkeys(entered))
    listed = f"It entered, in this order: {', '.join(names)}." if names else "It entered none."
    if name not in definitions:
        return f"The workflow has no state {name!r}. {which} did not enter one. {listed}"
    reason = f"{which} did not enter the state {name!r}. {listed}"
    child = map_children.any_child(stack, arn) if _is_of_children(name, definitions) else None
    if child is None:
        return f"{reason} --from names another execution."
    command = stack.command(f'try "{name}" --from {child}')
    return f"{reason} Children of its distributed Map have histories of their own: {command}."


def _is_of_children(name: str, definitions: Mapping[str, Any]) -> bool:
    """Whether a state is one of the children of a distributed Map."""
    maps = (state.get("ItemProcessor") or {} for state in definitions.values())
    return any(
        processor.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED" and name in dict(_states(processor))
        for processor in maps
    )


def _short(arn: str) -> str:
    return arn.rpartition(":")[2]


def _context(arn: str, machine: Mapping[str, Any], events: Sequence[Any], event: Any) -> dict[str, Any]:
    """The Context object of the state, as far as the history has it."""
    start, started = events[0], events[0].get("executionStartedEventDetails", {})
    execution: dict[str, Any] = {"Id": arn, "Name": arn.rpartition(":")[2], "RoleArn": machine["roleArn"]}
    if "input" in started:
        execution |= {"Input": json.loads(started["input"]), "StartTime": _text_of(start["timestamp"])}
    redriven = [each for each in events if each["type"] == "ExecutionRedriven" and each["id"] < event["id"]]
    execution["RedriveCount"] = len(redriven)
    if redriven:
        execution["RedriveTime"] = _text_of(redriven[-1]["timestamp"])
    state = {"Name": _name_of(event), "EnteredTime": _text_of(event["timestamp"]), "RetryCount": 0}
    return {
        "Execution": execution,
        "State": state,
        "StateMachine": {"Id": machine["stateMachineArn"], "Name": machine["name"]},
    }


def _text_of(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
