"""Each fault that the service of a Task or Map can raise, at each of its attempts: docs/faults.md.

`make faults` runs it. All groups that are selected begin together, and each test waits for its own.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest

import fault_transitions
from fault_cells import Cell
from fault_course import GOOD, Course, Result
from fault_endpoints import encrypts_on_request, short_waits
from fault_groups import Groups, Progress, parts
from fault_parts import Part, earlier
from fault_promotions import only_ends
from fault_report import Matrix
from fault_steps import (
    TASKS_OF_PROMOTIONS,
    Run,
    containers,
    endpoints,
    ends,
    models_of,
    monitorings,
    promotions,
    restorings,
    retrainings,
    samples,
)
from promotions import WriteArtefact, nothing_restored
from stacks import ROOT, MakeStack, Stack

pytestmark = pytest.mark.faults

TRANSITIONS = ROOT / "build" / "transitions"
"""Where each run writes the transitions that its executions took."""

Chosen = Callable[[str], list[Cell]]


@pytest.fixture(scope="module")
def part(pytestconfig: pytest.Config) -> Part:
    """The part that is to be run; all parts where cells are named."""
    named = pytestconfig.getoption("--fault-cells")
    return Part() if named else Part.parse(str(pytestconfig.getoption("--fault-part")))


@pytest.fixture(scope="module")
def chosen(pytestconfig: pytest.Config, part: Part) -> Chosen:
    """The cells of a workflow that are to be run: those of the part, or those of them that --fault-cells names."""
    pattern = str(pytestconfig.getoption("--fault-cells"))
    return lambda machine: [cell for cell in part.cells(machine) if re.search(pattern, str(cell))]


@pytest.fixture(scope="module")
def say(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Writes a line to the terminal, whatever pytest captures."""
    terminal: Any = pytestconfig.pluginmanager.getplugin("terminalreporter")
    return lambda text: terminal.write_line(text)


@pytest.fixture(scope="module")
def groups(
    request: pytest.FixtureRequest,
    make_stack: MakeStack,
    write_artefact: WriteArtefact,
    chosen: Chosen,
    say: Callable[[str], None],
) -> Iterator[Groups]:
    """The groups of the tests that are selected. What came of everything is printed and written at the end."""
    seconds: Any = request.config.getoption("--fault-seconds")
    matrix, stacks = Matrix(time.monotonic() + seconds), []
    begun, run = Groups(matrix), partial(Course, hear=Progress(say).hear)
    selected = {item.name for item in request.session.items}

    def stack() -> Stack:
        stacks.append(make_stack())
        return stacks[-1]

    with ExitStack() as changes:
        try:
            begin_retrainings(begun, selected, stack, chosen, run)
            for test in sorted(STEPS.keys() & selected):
                begin_promotions(begun, test, changes.enter_context, stack(), write_artefact, chosen, run)
            yield begun
        finally:
            begun.close()
    for machine, transitions in fault_transitions.gone_in(stacks).items():
        matrix.add(machine, transitions)
    matrix.others = fault_transitions.read(TRANSITIONS)
    matrix.earlier = earlier(ROOT / "build" / "faults.json", list(matrix.transitions))
    fault_transitions.write(TRANSITIONS, matrix.transitions)
    say("\n" + matrix.text())
    matrix.write(ROOT / "build")


def begin_retrainings(groups: Groups, selected: set[str], stack: Callable[[], Stack], chosen: Chosen, run: Run) -> None:
    """Two stacks, each of which retrains of rides, then of samples, and then looks at a day; one for containers."""
    steps = {"test_retraining": retrainings, "test_retraining_of_samples": samples, "test_monitoring": monitorings}
    if (test := "test_containers") in selected:
        own = stack()
        groups.begin(test, own.name, partial(containers, own, chosen("retrain"), run))
    for place in range(2 if steps.keys() & selected else 0):
        own = stack()
        for test, step in steps.items():
            if test in selected:
                machine = "monitor" if step is monitorings else "retrain"
                part = parts(chosen(machine), 2)[place]
                groups.begin(test, own.name, partial(step, own, part, run))


def begin_promotions(
    groups: Groups, test: str, change: Any, stack: Stack, write_artefact: WriteArtefact, chosen: Chosen, run: Run
) -> None:
    """Promotions, what puts them in order, or what waits for them, of two tasks of one stack."""
    step, machine = STEPS[test]
    if step in (endpoints, restorings):
        change(short_waits(stack))
    if step is endpoints:
        change(encrypts_on_request(stack))
    if step is restorings:
        change(nothing_restored(stack))
    if step is ends:
        change(only_ends(stack))
    own = parts(chosen(machine), len(TASKS_OF_PROMOTIONS))
    for task, part in zip(TASKS_OF_PROMOTIONS, own, strict=True):
        models = models_of(stack, write_artefact, task)
        groups.begin(test, f"{stack.name} {task}", partial(step, stack, models, part, run))


RETRAININGS = ("test_retraining", "test_retraining_of_samples", "test_monitoring", "test_containers")
STEPS: dict[str, tuple[Callable[..., Iterator[Course]], str]] = {
    "test_promotion": (promotions, "promote"),
    "test_restoring": (restorings, "restore"),
    "test_promotion_to_endpoint": (endpoints, "promote"),
    "test_end_of_retraining": (ends, "retrain"),
}


@pytest.fixture
def bad(groups: Groups, request: pytest.FixtureRequest) -> list[Result]:
    """What came of a test's group and must not be. It is no success that nothing was injected."""
    results = groups.results(request.node.name)
    if not results and request.config.getoption("--fault-cells"):
        pytest.skip("none of its cells is chosen")
    assert results
    return [each for each in results if each.outcome not in GOOD]


def test_retraining(bad: list[Result]) -> None:
    assert bad == []


def test_retraining_of_samples(bad: list[Result]) -> None:
    assert bad == []


def test_monitoring(bad: list[Result]) -> None:
    assert bad == []


def test_promotion(bad: list[Result]) -> None:
    assert bad == []


def test_promotion_to_endpoint(bad: list[Result]) -> None:
    assert bad == []


def test_containers(bad: list[Result]) -> None:
    """Candidates that are searched for, and models that only their container reads."""
    assert bad == []


def test_restoring(bad: list[Result]) -> None:
    assert bad == []


def test_end_of_retraining(bad: list[Result]) -> None:
    """What a retraining does about a promotion that it cannot follow."""
    assert bad == []


def test_every_cell_of_the_part_is_run(request: pytest.FixtureRequest, groups: Groups, part: Part) -> None:
    """A state that no course comes to has no result, and nothing else would say so."""
    selected = {item.name for item in request.session.items}
    if request.config.getoption("--fault-cells") or not {*STEPS, *RETRAININGS} <= selected:
        pytest.skip("some of the cells are chosen")
    results = {result.cell for test in (*STEPS, *RETRAININGS) for result in groups.results(test)}
    every = [cell for machine in fault_transitions.OUTPUTS for cell in part.cells(machine)]
    assert [str(cell) for cell in every if cell not in results] == []
