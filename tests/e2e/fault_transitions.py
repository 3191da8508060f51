"""Which transitions of the rendered ASL executions have gone: each Next, Default, Choice and Catch, by its two states.

Two rules of one state that lead to the same state are one transition.
"""

import json
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from fault_cells import definition
from local import account
from stacks import Stack

Transition = tuple[str, str]

WITHOUT_DATA = {"includeExecutionData": False, "maxResults": 1000}
"""What makes a long history short to read."""

OUTPUTS = {
    "retrain": "StateMachineArn",
    "promote": "PromoteStateMachineArn",
    "restore": "RestoreStateMachineArn",
    "monitor": "MonitorStateMachineArn",
}
"""The output of a stack that has each workflow's ARN."""


def all_transitions(machine: str) -> set[Transition]:
    """The transitions of a workflow, of its Maps too."""
    return set(_transitions(definition(machine)))


def _transitions(level: dict[str, Any]) -> Iterator[Transition]:
    for name, state in level["States"].items():
        rules = [state, *state.get("Choices", []), *state.get("Catch", [])]
        yield from ((name, rule[field]) for rule in rules for field in ("Next", "Default") if field in rule)
        if "ItemProcessor" in state:
            yield from _transitions(state["ItemProcessor"])


def taken(events: Iterable[dict[str, Any]]) -> set[Transition]:
    """The transitions in a history: each event names the one before it in its own iteration.

    What comes before the exit from a Map is the last event of an iteration. So an exit names the state itself.

    >>> entered = {"type": "PassStateEntered", "stateEnteredEventDetails": {"name": "A"}, "id": 1}
    >>> after = {"type": "PassStateEntered", "stateEnteredEventDetails": {"name": "B"}, "id": 3, "previousEventId": 2}
    >>> taken([entered, {"type": "PassStateExited", "id": 2, "previousEventId": 1}, after])
    {('A', 'B')}
    """
    state_of: dict[int, str] = {}
    transitions: set[Transition] = set()
    for event in events:
        before = state_of.get(event.get("previousEventId", 0))
        name = event.get("stateEnteredEventDetails", {}).get("name")
        if name and before:
            transitions.add((before, name))
        own = name or event.get("stateExitedEventDetails", {}).get("name") or before
        if own:
            state_of[event["id"]] = own
    return transitions


def gone(stack: Stack, machine_arn: str) -> set[Transition]:
    """The transitions that the executions of a deployed workflow have gone."""
    states = stack.client("stepfunctions")
    executions = account.entries(states, "list_executions", "executions", stateMachineArn=machine_arn)
    histories = (
        account.entries(states, "get_execution_history", "events", executionArn=each["executionArn"], **WITHOUT_DATA)
        for each in executions
    )
    return {transition for events in histories for transition in taken(events)}


def gone_in(stacks: Iterable[Stack]) -> dict[str, set[Transition]]:
    """By workflow the transitions that all executions of these stacks have gone."""
    return {
        machine: {each for stack in stacks for each in gone(stack, stack.outputs[output])}
        for machine, output in OUTPUTS.items()
    }


def write(folder: Path, transitions: dict[str, set[Transition]]) -> None:
    """Write the transitions of one run, by workflow, into a file of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {machine: sorted(own) for machine, own in transitions.items()}
    (folder / f"{uuid.uuid4().hex}.json").write_text(json.dumps(content), encoding="utf-8")


def read(folder: Path) -> dict[str, set[Transition]]:
    """What was written into the folder, by workflow; nothing where there is none."""
    all_of_them: dict[str, set[Transition]] = {machine: set() for machine in OUTPUTS}
    for file in folder.glob("*.json"):
        for machine, transitions in json.loads(file.read_text(encoding="utf-8")).items():
            all_of_them[machine] |= {(before, after) for before, after in transitions}
    return all_of_them
