"""Which transitions of the rendered ASL executions have gone: each Next, Default, Choice and Catch, by its two states.

Two rules of one state that lead to the same state are one transition.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from fault_cells import definition
from local import account
from stacks import Stack

Transition = tuple[str, str]


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
        if name or before:
            state_of[event["id"]] = name or str(before)
    return transitions


def gone(stack: Stack, machine_arn: str) -> set[Transition]:
    """The transitions that the executions of a deployed workflow have gone."""
    states = stack.client("stepfunctions")
    executions = account.entries(states, "list_executions", "executions", stateMachineArn=machine_arn)
    histories = (
        account.entries(states, "get_execution_history", "events", executionArn=each["executionArn"])
        for each in executions
    )
    return {transition for events in histories for transition in taken(events)}
