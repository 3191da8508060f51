"""Each fault that the service of a Task or Map can raise, at each of its attempts: docs/faults.md.

`make faults` runs it. Two stacks are retrained side by side, and each has models of two tasks to promote.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest

from fault_cells import Cell, cells
from fault_course import Course, Trial, history
from fault_promotions import EndOfRetraining, Promotion, Restoring, only_ends
from fault_report import Matrix
from fault_transitions import gone
from fault_trials import Monitoring, Retraining, RetrainingOfSamples
from local import account
from machines import unique
from notices import Heard, listen
from promotions import Model, WriteArtefact, nothing_restored, promote, trained
from stacks import ROOT, MakeStack, Stack

pytestmark = pytest.mark.faults

Chosen = Callable[[str], list[Cell]]

OUTPUTS = {
    "retrain": "StateMachineArn",
    "promote": "PromoteStateMachineArn",
    "restore": "RestoreStateMachineArn",
    "monitor": "MonitorStateMachineArn",
}
# What a promotion that fails at its last write puts back, and the fault by which it does.
PUTTING_BACK = {
    "Put parameter back",
    "Read live again",
    "Put live back",
    "Read inference again",
    "Put MODEL_PATH back",
    "Notify failure",
}
UNREGISTERED: dict[str, Any] = {"state": "Write registry", "moment": "before", "error": "S3.Denied", "times": 1}
# By these a retraining does not see its promotion's end, and cannot have it restored.
UNFOLLOWED: dict[str, Any] = {"state": "Promote", "moment": "after", "error": "StepFunctions.Unfollowed", "times": 1}
UNRESTORED: dict[str, Any] = {"state": "Restore", "moment": "before", "error": "States.TaskFailed", "times": 1}


@pytest.fixture(scope="module")
def stacks(make_stack: MakeStack) -> list[Stack]:
    return [make_stack(), make_stack()]


@pytest.fixture(scope="module")
def matrix(stacks: list[Stack], pytestconfig: pytest.Config) -> Iterator[Matrix]:
    """What came of everything; printed and written at the end."""
    seconds: Any = pytestconfig.getoption("--fault-seconds")
    matrix = Matrix(time.monotonic() + seconds)
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
    """Run each trial with its part of the cells, and take in what came of them, whatever happens."""
    courses = [Course(each.stack, each, trial, part) for each, trial, part in zip(heard, trials, parts, strict=True)]
    with ThreadPoolExecutor(len(courses)) as pool:
        runs = [pool.submit(course.run, matrix.end) for course in courses]
    for course in courses:
        matrix.results += course.results
    for run in runs:
        run.result()


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
    # After the first of a stack each has one chunk of new rides, and finds that the turn was another's.
    for stack, trial in zip(stacks, trials, strict=True):
        reached(stack, trial)
    names = reached(stacks[0], trials[0])
    own = [cell for cell in chosen("retrain") if cell.state in names]
    run_side_by_side(matrix, trials, [listen(stack) for stack in stacks], by_kind(own, len(stacks)))
    assert matrix.bad == []


def test_retraining_of_samples(stacks: list[Stack], matrix: Matrix, chosen: Chosen) -> None:
    own = [cell for cell in chosen("retrain") if cell.state.endswith(" samples")]
    trials = [RetrainingOfSamples(stack) for stack in stacks]
    run_side_by_side(matrix, trials, [listen(stack) for stack in stacks], by_kind(own, len(stacks)))
    assert matrix.bad == []


def test_end_of_retraining(stacks: list[Stack], matrix: Matrix, chosen: Chosen, write_artefact: WriteArtefact) -> None:
    """What a retraining does about a promotion that it cannot follow."""
    heard = [listen(stack) for stack in stacks]
    models = [models_of(stack, write_artefact, "heavy_utilization") for stack in stacks]
    phases = {
        ("Stop promotion", "Restore", "Notify failure"): (UNFOLLOWED,),
        ("Read live alias again", "Read live version again"): (UNFOLLOWED, UNRESTORED),
    }
    with ExitStack() as ends:
        for stack in stacks:
            ends.enter_context(only_ends(stack))
        for names, always in phases.items():
            own = [cell for cell in chosen("retrain") if cell.state in names]
            trials = [
                EndOfRetraining(stack, pair, always, UNFOLLOWED["error"])
                for stack, pair in zip(stacks, models, strict=True)
            ]
            run_side_by_side(matrix, trials, heard, by_kind(own, len(stacks)))
    assert matrix.bad == []


def models_of(stack: Stack, write_artefact: WriteArtefact, task: str) -> tuple[Model, Model]:
    """Two models of a task, the first of which is live."""
    models = trained(stack, write_artefact, 0.25, task), trained(stack, write_artefact, 0.5, task)
    for model in models[::-1]:
        promote(stack, model)
    return models


@pytest.fixture(scope="module")
def promotions(stacks: list[Stack], write_artefact: WriteArtefact) -> list[tuple[Promotion, Heard]]:
    """Promotions of two tasks in each stack, with what hears of them."""
    return [
        (
            Promotion(stack, models_of(stack, write_artefact, task)),
            listen(stack, f"promotions-of-{task.replace('_', '-')}"),
        )
        for stack in stacks
        for task in ("heavy_utilization", "service_requested")
    ]


def test_promotion(promotions: list[tuple[Promotion, Heard]], matrix: Matrix, chosen: Chosen) -> None:
    straight, heard = [trial for trial, _ in promotions], [queue for _, queue in promotions]
    names = reached(straight[0].stack, straight[0]) - {"Clear weights"}
    unregistered = {"always": (UNREGISTERED,), "fails_by": UNREGISTERED["error"]}
    phases: list[tuple[set[str], dict[str, Any]]] = [
        (names, {}),
        ({"Clear weights"}, {"leaves_weights": True, "bake_seconds": 0}),
        (PUTTING_BACK, {"bake_seconds": 0, **unregistered}),
    ]
    for own, changes in phases:
        parts = by_kind([cell for cell in chosen("promote") if cell.state in own], len(straight))
        run_side_by_side(matrix, [replace(trial, **changes) for trial in straight], heard, parts)
    assert matrix.bad == []


def test_restoring(promotions: list[tuple[Promotion, Heard]], matrix: Matrix, chosen: Chosen) -> None:
    stacks = {trial.stack.name: trial.stack for trial, _ in promotions}
    with ExitStack() as ends:
        for stack in stacks.values():
            ends.enter_context(nothing_restored(stack))
        done: set[str] = set()
        for completes in (False, True):
            trials = [Restoring(trial.stack, trial.models, completes=completes) for trial, _ in promotions]
            names = reached(trials[0].stack, trials[0]) - done
            done |= names
            own = [cell for cell in chosen("restore") if cell.state in names]
            run_side_by_side(matrix, trials, [queue for _, queue in promotions], by_kind(own, len(trials)))
    assert matrix.bad == []


def test_monitoring(stacks: list[Stack], matrix: Matrix, chosen: Chosen) -> None:
    names = reached(stacks[0], Monitoring(stacks[0]))
    own = [cell for cell in chosen("monitor") if cell.state in names]
    trials = [Monitoring(stack) for stack in stacks]
    run_side_by_side(matrix, trials, [listen(stack) for stack in stacks], by_kind(own, len(stacks)))
    assert matrix.bad == []
