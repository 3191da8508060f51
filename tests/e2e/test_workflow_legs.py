"""Where each Choice and each Catch of the workflows leads, state by state: also where only an accident leads there.

What services say in an error is quoted from their API references; nothing is called here. Whole executions are in the
other modules.
"""

import doctest
from collections.abc import Iterator
from pathlib import Path

import pytest

import fault_transitions
import workflow_legs
from fault_cells import definition, levels
from local.account import EmbeddedAws
from workflow_legs import Leg, Walker, catches, legs

MACHINES = ("retrain", "promote", "restore", "monitor")
LEGS = [leg for machine in MACHINES for leg in legs(machine)]


@pytest.fixture(scope="module")
def walker(server: EmbeddedAws, pytestconfig: pytest.Config) -> Iterator[Walker]:
    """Runs the legs. What they take is counted with what whole executions do."""
    walker = Walker(server)
    yield walker
    if folder := pytestconfig.getoption("--transitions"):
        fault_transitions.write(Path(folder), walker.transitions)


@pytest.mark.parametrize("leg", LEGS, ids=lambda leg: f"{leg.machine}: {leg}")
def test_leg_goes_by_these_states(walker: Walker, leg: Leg) -> None:
    assert walker.walk(leg) == leg.states


@pytest.mark.proof
@pytest.mark.parametrize("machine", MACHINES)
def test_each_error_goes_where_its_catch_says(walker: Walker, machine: str) -> None:
    steps = list(catches(machine))
    assert [walker.walk(step) for step in steps] == [step.states for step in steps]


@pytest.mark.parametrize("machine", MACHINES)
def test_every_way_out_of_a_choice_is_in_a_leg(machine: str) -> None:
    ways = {
        (name, rule[field])
        for level in levels(definition(machine))
        for name, state in level.items()
        if state["Type"] == "Choice"
        for rule in (state, *state["Choices"])
        for field in ("Next", "Default")
        if field in rule
    }
    own = {pair for leg in LEGS if leg.machine == machine for pair in zip(leg.states, leg.states[1:], strict=False)}
    assert ways - own == set()


def test_doctests() -> None:
    assert doctest.testmod(workflow_legs).failed == 0
