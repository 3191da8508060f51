"""Runs a leg of a workflow: from one of its states to the next that does work, on the rendered ASL and without a stack.

Pass and Choice states are as they are deployed. A leg ends at a Task, a Map or a Wait, which does nothing here. A leg
may begin at a Task whose call fails: its Catch, and what follows, get the error as Step Functions writes it. It may
begin at a Wait as well, which takes a second.
"""

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fault_cells import definition, levels
from fault_transitions import Transition, taken
from local import account
from local.account import EmbeddedAws
from machines import role, unique, until
from redefinitions import reached

_FOLDER = Path(__file__).parent / "legs"
_BETWEEN = " > "
_OF_WORK = ("Task", "Map", "Wait")
_OFTEN = 1_000
"""More attempts than any Retry allows."""


@dataclass(frozen=True)
class Leg:
    """From the first of these states of a workflow to the last, with this input; `error` is by what its call fails.

    Where `is_step`, whatever follows the first state is the last.
    """

    machine: str
    states: tuple[str, ...]
    state_input: dict[str, Any] = field(default_factory=dict, hash=False)
    error: str = ""
    cause: str = ""
    is_step: bool = False

    def __str__(self) -> str:
        return f"{_BETWEEN.join(self.states)}{f' by {self.error} {self.cause}' if self.error else ''}"

    @property
    def definition(self) -> dict[str, Any]:
        """The part of the workflow, or of its Map, that an execution of the leg may come to."""
        first = self.states[0]
        level = next(level for level in levels(definition(self.machine)) if first in level)
        # The call is not made, and what it would be made of is not in the input.
        start = {name: value for name, value in level[first].items() if name not in ("Parameters", "ItemReader")}
        states = {name: {"Type": "Succeed"} if self._ends_in(state) else state for name, state in level.items()}
        if level[first]["Type"] == "Wait":
            start = {"Type": "Wait", "Seconds": 1, "Next": start["Next"]}
        if level[first]["Type"] in _OF_WORK or self.is_step:
            states[first] = start
        whole = reached({"StartAt": first, "States": states})
        # How the stack's resources are called plays no part.
        return json.loads(re.sub(r"\$\{\w+\}", "60", json.dumps(whole)))

    def _ends_in(self, state: dict[str, Any]) -> bool:
        return self.is_step or state["Type"] in (*_OF_WORK, "Fail")


def legs(machine: str) -> Iterator[Leg]:
    """The legs of a workflow that are written down: each has an input, or changes the common one by its paths."""
    content = json.loads((_FOLDER / f"{machine}.json").read_text(encoding="utf-8"))
    for each in content["legs"]:
        state_input = each.get("input") or change(content["input"], each.get("changes", {}))
        states = tuple(each["states"].split(_BETWEEN))
        yield Leg(machine, states, state_input, each.get("error", ""), each.get("cause", ""))


def change(whole: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A copy with other values at these paths; null takes a field away.

    >>> change({"a": {"b": 1, "c": 2}}, {"a.b": 3, "a.c": None, "d.e": 4})
    {'a': {'b': 3}, 'd': {'e': 4}}
    """
    copied = copy.deepcopy(whole)
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = copied
        for name in parents:
            place = place.setdefault(name, {})
        if value is None:
            place.pop(last, None)
        else:
            place[last] = copy.deepcopy(value)
    return copied


def catches(machine: str) -> Iterator[Leg]:
    """A step for each error that a Catch of the workflow names; States.ALL takes one that no other rule does."""
    for level in levels(definition(machine)):
        for name, state in level.items():
            for rule in state.get("Catch", []):
                for error in rule["ErrorEquals"]:
                    thrown = "States.Timeout" if error == "States.ALL" else error
                    yield Leg(machine, (name, rule["Next"]), {}, thrown, is_step=True)


class Walker:
    """Runs legs on one server, and notes the transitions that they take, by workflow."""

    def __init__(self, server: EmbeddedAws) -> None:
        self.server = server
        self.role_arn = role(server.client, "states.amazonaws.com")
        self.transitions: dict[str, set[Transition]] = {}

    def walk(self, leg: Leg) -> tuple[str, ...]:
        """The states that an execution comes to, in their order. AssertionError if it fails."""
        states, name = self.server.client("stepfunctions"), unique("leg")
        machine = {"name": name, "definition": json.dumps(leg.definition), "roleArn": self.role_arn}
        arn = states.create_state_machine(**machine)["stateMachineArn"]
        if leg.error:
            fault = {"state": leg.states[0], "moment": "before", "error": leg.error, "cause": leg.cause}
            self.server.request("/_local/faults", execution=name, faults=[fault | {"times": _OFTEN}])
        started = states.start_execution(stateMachineArn=arn, name=name, input=json.dumps(leg.state_input))
        execution = started["executionArn"]
        ended = until(
            lambda: states.describe_execution(executionArn=execution),
            lambda described: described["status"] != "RUNNING",
        )
        assert ended["status"] == "SUCCEEDED", f"{leg}: {ended.get('error')}: {ended.get('cause')}"
        events = account.entries(states, "get_execution_history", "events", executionArn=execution)
        self.transitions.setdefault(leg.machine, set()).update(taken(events))
        entries = (each.get("stateEnteredEventDetails", {}) for each in events)
        return tuple(each["name"] for each in entries if each)
