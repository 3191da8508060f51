"""Each fault that the service of a Task or Map can raise, at each of its attempts: docs/faults.md.

`make faults` runs it. Two stacks are retrained side by side, and each has models of two tasks to promote.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from fault_cells import Cell, cells
from fault_course import Course, Trial, history
from fault_report import Matrix
from fault_transitions import gone
from fault_trials import Monitoring, Promotion, Retraining
from local import account
from machines import unique
from notices import Heard, listen
from promotions import Model, WriteArtefact, promote, trained
from stacks import ROOT, MakeStack, Stack

pytestmark = pytest.mark.faults

Chosen = Callable[[str], list[Cell]]

SECONDS = 840
OUTPUTS = {
    "retrain": "StateMachineArn",
    "promote": "PromoteStateMachineArn",
    "restore": "RestoreStateMachineArn",
    "monitor": "MonitorStateMachineArn",
}
# What a promotion that fails at its last write puts back, and the fault by which it does.
PUTTING_BACK = ("Put parameter back", "Read live again", "Put live back", "Read inference again", "Put MODEL_PATH back")
UNREGISTERED: dict[str, Any] = {"state": "Write registry", "moment": "before", "error": "S3.Denied", "times": 1}


@pytest.fixture(scope="module")
def stacks(make_stack: MakeStack) -> list[Stack]:
    return [make_stack(), make_stack()]


@pytest.fixture(scope="module")
def matrix(stacks: list[Stack], pytestconfig: pytest.Config) -> Iterator[Matrix]:
    """What came of everything; printed and written at the end."""
    matrix = Matrix()
    yield matrix
    for stack in stacks:
        for machine, output in OUTPUTS.items():
            matrix.add(machine, gone(stack, stack.outputs[output]))
    terminal: Any = pytestconfig.pluginmanager.getplugin("terminalreporter")
    terminal.write_line("\n" + matrix.text())
    matrix.write(ROOT / "build")


def run_side_by_side(
    matrix: Matrix, trials: Sequence[Trial], heard: Sequence[Heard], parts: Sequence[list[Cell]]
) -> None:
    """Run each trial with its part of the cells; none may have ended badly."""
    end = time.monotonic() + SECONDS
    courses = [Course(each.stack, each, trial, part) for each, trial, part in zip(heard, trials, parts, strict=True)]
    with ThreadPoolExecutor(len(courses)) as pool:
        for results in pool.map(lambda course: course.run(end), courses):
            matrix.results += results


@pytest.fixture
def chosen(pytestconfig: pytest.Config) -> Chosen:
    """The cells of a workflow that are to be run: all, or those that --fault-cells names."""
    pattern = str(pytestconfig.getoption("--fault-cells"))
    return lambda machine: [cell for cell in cells(machine) if re.search(pattern, str(cell))]


def by_kind(all_cells: list[Cell], count: int) -> list[list[Cell]]:
    """So many parts of the cells, each with all cells of some kinds of faults."""
    kinds = sorted({cell.fault.kind for cell in all_cells})
    return [[cell for cell in all_cells if kinds.index(cell.fault.kind) % count == part] for part in range(count)]


def reached(stack: Stack, trial: Trial) -> set[str]:
    """The states that an execution comes to which nothing disturbs."""
    arn = trial.start(unique("undisturbed"))
    described = stack.ended(arn, 240)
    assert described["status"] == "SUCCEEDED", described
    assert trial.wrong(json.loads(described["output"])) == ""
    states = stack.client("stepfunctions")
    runs = account.entries(states, "list_map_runs", "mapRuns", executionArn=arn)
    children = [
        each["executionArn"]
        for run in runs
        for each in account.entries(states, "list_executions", "executions", mapRunArn=run["mapRunArn"])
    ]
    events = [event for each in (arn, *children) for event in history(stack, each)]
    return {each["stateEnteredEventDetails"]["name"] for each in events if "stateEnteredEventDetails" in each}


def test_retraining(stacks: list[Stack], matrix: Matrix, chosen: Chosen) -> None:
    trials = [Retraining(stack) for stack in stacks]
    names = [reached(stack, trial) for stack, trial in zip(stacks, trials, strict=True)]
    assert names[0] == names[1]
    own = [cell for cell in chosen("retrain") if cell.state in names[0]]
    run_side_by_side(matrix, trials, [listen(stack) for stack in stacks], by_kind(own, len(stacks)))
    assert matrix.bad == []


def models_of(stack: Stack, write_artefact: WriteArtefact, task: str) -> tuple[Model, Model]:
    """Two models of a task, the first of which is live."""
    models = trained(stack, write_artefact, 0.25, task), trained(stack, write_artefact, 0.5, task)
    for model in models[::-1]:
        promote(stack, model)
    return models


def test_promotion(stacks: list[Stack], matrix: Matrix, chosen: Chosen, write_artefact: WriteArtefact) -> None:
    places = [(stack, task) for stack in stacks for task in ("heavy_utilization", "service_requested")]
    models = [models_of(stack, write_artefact, task) for stack, task in places]
    heard = [listen(stack, f"promotions-of-{task.replace('_', '-')}") for stack, task in places]
    own = [cell for cell in chosen("promote") if cell.state not in PUTTING_BACK]
    names = reached(places[0][0], Promotion(places[0][0], models[0]))
    straight = [Promotion(stack, pair) for (stack, _), pair in zip(places, models, strict=True)]
    run_side_by_side(matrix, straight, heard, by_kind([cell for cell in own if cell.state in names], len(places)))
    weights = [cell for cell in own if cell.state == "Clear weights"]
    with_weights = [replace(trial, leaves_weights=True, bake_seconds=0) for trial in straight]
    run_side_by_side(matrix, with_weights, heard, by_kind(weights, len(places)))
    back = [cell for cell in chosen("promote") if cell.state in PUTTING_BACK]
    failing = [replace(trial, always=(UNREGISTERED,), fails_by=UNREGISTERED["error"]) for trial in straight]
    run_side_by_side(matrix, failing, heard, by_kind(back, len(places)))
    assert matrix.bad == []


def test_monitoring(stacks: list[Stack], matrix: Matrix, chosen: Chosen) -> None:
    names = reached(stacks[0], Monitoring(stacks[0]))
    own = [cell for cell in chosen("monitor") if cell.state in names]
    trials = [Monitoring(stack) for stack in stacks]
    run_side_by_side(matrix, trials, [listen(stack) for stack in stacks], by_kind(own, len(stacks)))
    assert matrix.bad == []
