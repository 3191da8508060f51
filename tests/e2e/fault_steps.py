"""The courses of the fault matrix: which executions of a stack meet which cells, and in which order."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from endpoint_models import train
from fault_candidates import (
    CANDIDATES,
    CHAMPION,
    Begun,
    only_candidates,
    only_champion,
    record_candidates,
    record_champion,
)
from fault_cells import Cell
from fault_course import Course, Trial
from fault_endpoints import ENCRYPTED, PromotionToEndpoint, RestoringEndpoint, RestoringLate
from fault_histories import history
from fault_promotions import EndOfRetraining, Promotion, Restoring
from fault_trials import Monitoring, Retraining, RetrainingOfSamples, WithoutWeather
from local import account
from machines import unique
from notices import Heard, listen
from promotions import Model, WriteArtefact, promote, trained
from stacks import Stack

Run = Callable[..., Course]
"""Makes a course of a stack, of what hears of its failures, of a trial and of cells."""

# Whose models are written by `trained`.
TASKS_OF_PROMOTIONS = ("heavy_utilization", "service_requested")
WITHOUT_WEATHER = {"Describe weather", "Read weather"}
# By this the monitor cannot look at a task.
UNCOUNTED: dict[str, Any] = {"state": "Count refused", "moment": "before", "error": "States.TaskFailed", "times": 1}
# What a promotion that fails at its last write puts back, and the fault by which it does.
PUTTING_BACK = {
    "Remove entry",
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
ONCE_MORE = " once more"


def throttled(*states: str) -> tuple[dict[str, Any], ...]:
    """The faults by which SageMaker turns the first call of each of these states away."""
    error = {"moment": "before", "error": "SageMaker.SageMakerException", "cause": "Rate exceeded", "times": 1}
    return tuple({"state": state} | error for state in states)


# What a promotion does with an endpoint: by what there is before it, whether it is put back, and what it meets anyway.
ENDPOINTS: tuple[tuple[str, bool, tuple[dict[str, Any], ...], set[str]], ...] = (
    (
        "endpoint",
        False,
        (),
        {
            "Compare features",
            "Read endpoint",
            "Read training job",
            "Create model",
            "Create endpoint configuration",
            "Record variant",
            "Update endpoint",
            "Read deployment",
            "Delete former configuration",
            "Delete former model",
        },
    ),
    (
        "endpoint",
        True,
        (),
        {
            "Read endpoint again",
            "Put endpoint back",
            "Read endpoint put back",
            "Delete new configuration",
            "Delete new model",
        },
    ),
    ("none", False, (), {"Create endpoint"}),
    ("none", True, (), {"Delete new endpoint"}),
    ("leaving", False, (), {"Delete endpoint"}),
    *(
        (begins, fails, throttled(state), {f"{state}{ONCE_MORE}"})
        for begins, fails, state in (
            ("endpoint", False, "Read endpoint"),
            ("endpoint", False, "Create model"),
            ("endpoint", False, "Create endpoint configuration"),
            ("endpoint", False, "Update endpoint"),
            ("endpoint", True, "Read endpoint again"),
            ("endpoint", True, "Put endpoint back"),
            ("none", False, "Create endpoint"),
            ("none", True, "Delete new endpoint"),
            ("leaving", False, "Delete endpoint"),
        )
    ),
    (
        "endpoint",
        False,
        ({"state": "Update endpoint", "moment": "after", "error": "SageMaker.SdkClientException", "times": 1},),
        {"Read endpoint after update"},
    ),
)
GARBLED_ENDPOINT = {("Read endpoint", "malformed output"), (f"Read endpoint{ONCE_MORE}", "malformed output")}
# The same of what puts a promotion in order; by whether its model was live.
RESTORED_ENDPOINTS: tuple[tuple[str, bool, tuple[dict[str, Any], ...], set[str]], ...] = (
    ("endpoint", False, (), ENDPOINTS[1][-1]),
    ("endpoint", True, (), {"Delete former configuration", "Delete former model"}),
    ("none", False, (), {"Delete new endpoint"}),
    ("leaving", True, (), {"Delete endpoint"}),
    ("endpoint", False, throttled("Read endpoint again"), {f"Read endpoint again{ONCE_MORE}"}),
    ("endpoint", False, throttled("Put endpoint back"), {f"Put endpoint back{ONCE_MORE}"}),
    ("none", False, throttled("Delete new endpoint"), {f"Delete new endpoint{ONCE_MORE}"}),
    ("leaving", True, throttled("Delete endpoint"), {f"Delete endpoint{ONCE_MORE}"}),
)
# By this nothing can be put in order.
UNRECORDED: dict[str, Any] = {"state": "Put parameter back", "moment": "before", "error": "Ssm.Denied", "times": 1}
ENDS = {
    ("Stop promotion", "Restore", "Notify failure"): (UNFOLLOWED,),
    ("Read live alias again", "Read live version again"): (UNFOLLOWED, UNRESTORED),
    ("Read restoring",): (UNFOLLOWED,),
}


CANDIDATE_STATES = {
    "Tune candidate",
    "Describe best job",
    "Define candidate",
    "Predict by candidate",
    "Forget candidate",
}
CHAMPION_STATES = {
    "Read training job of champion",
    "Define champion",
    "Predict by champion",
    "Forget champion",
    "Account costs of a candidate",
}


def reached(stack: Stack, trial: Trial) -> set[str]:
    """The states that an execution comes to which nothing disturbs."""
    arn = trial.start(unique("undisturbed"))
    described = stack.ended(arn, 600)
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


def retrainings(stack: Stack, part: list[Cell], run: Run) -> Iterator[Course]:
    trial = Retraining(stack)
    # After the first each has one chunk of new rides, and finds that the turn was another's.
    reached(stack, trial)
    names = reached(stack, trial)
    heard = listen(stack)
    yield run(stack, heard, trial, among(part, names))
    yield run(stack, heard, WithoutWeather(stack), among(part, WITHOUT_WEATHER))


def among(part: list[Cell], names: set[str]) -> list[Cell]:
    """The cells of these states."""
    return [cell for cell in part if cell.state in names]


def samples(stack: Stack, part: list[Cell], run: Run) -> Iterator[Course]:
    own = [cell for cell in part if cell.state.endswith(" samples")]
    yield run(stack, listen(stack), RetrainingOfSamples(stack), own)


def monitorings(stack: Stack, part: list[Cell], run: Run) -> Iterator[Course]:
    heard, trial = listen(stack), Monitoring(stack)
    yield run(stack, heard, trial, among(part, reached(stack, trial)))
    failing = Monitoring(stack, (UNCOUNTED,), "MonitoringFailed")
    yield run(stack, heard, failing, among(part, {"Notify failure"}))


def models_of(stack: Stack, write_artefact: WriteArtefact, task: str) -> tuple[Model, Model]:
    """Two models of a task."""
    return trained(stack, write_artefact, 0.25, task), trained(stack, write_artefact, 0.5, task)


def promotions(stack: Stack, models: tuple[Model, Model], part: list[Cell], run: Run) -> Iterator[Course]:
    heard = listen_to_promotions(stack, models)
    straight = Promotion(stack, models)
    names = reached(stack, straight) - {"Clear weights"}
    # Without an endpoint its answer is an error, which nothing can garble.
    part = [cell for cell in part if (cell.state, cell.fault.kind) not in GARBLED_ENDPOINT]
    at_once, weighted = {"bake_seconds": 0}, {"bake_seconds": 0, "leaves_weights": True}
    unregistered = {"always": (UNREGISTERED,), "fails_by": UNREGISTERED["error"]}
    phases: list[tuple[set[str], dict[str, Any]]] = [
        (names, {}),
        ({"Clear weights"}, weighted),
        (PUTTING_BACK, at_once | unregistered),
        # What is looked at where the answer to a write of the alias was lost, and the write repeated.
        ({"Read weighted alias"}, {"always": (lost("Move a tenth"),)}),
        ({"Read moved alias"}, at_once | {"always": (lost("Move live"),)}),
        ({"Read weights again"}, weighted | {"always": (lost("Clear weights"),)}),
    ]
    for own, changes in phases:
        yield run(stack, heard, replace(straight, **changes), among(part, own))


def lost(state: str) -> dict[str, Any]:
    """The fault by which the answer to a write of Lambda's is lost once."""
    return {"state": state, "moment": "after", "error": "Lambda.SdkClientException", "times": 1}


def listen_to_promotions(stack: Stack, models: tuple[Model, Model]) -> Heard:
    """Make the first of the models live, after the second; what hears of its task's promotions."""
    for model in models[::-1]:
        promote(stack, model)
    return listen(stack, f"promotions-of-{models[0].task.replace('_', '-')}")


def restorings(stack: Stack, models: tuple[Model, Model], part: list[Cell], run: Run) -> Iterator[Course]:
    heard, done = listen_to_promotions(stack, models), set[str]()
    for completes in (False, True):
        trial = Restoring(stack, models, completes=completes)
        names = reached(stack, trial) - done
        done |= names
        yield run(stack, heard, trial, among(part, names))
    yield run(stack, heard, Restoring(stack, models, runs=True), among(part, {"Stop promotion"}))
    yield run(stack, heard, RestoringLate(stack, models), among(part, {"Put parameter right"}))
    failing = Restoring(stack, models, (UNRECORDED,), UNRECORDED["error"])
    yield run(stack, heard, failing, among(part, {"Notify failure"}))
    served = endpoint_models(stack, models[0].task)
    for begins, completes, always, names in RESTORED_ENDPOINTS:
        trial = RestoringEndpoint(stack, served, always, begins=begins, own_model=models[0], completes=completes)
        yield run(stack, heard, trial, among(part, names))


def endpoint_models(stack: Stack, task: str) -> tuple[Model, Model]:
    """Two models of a task that an endpoint may serve."""
    return train(stack, 20, task=task), train(stack, 30, task=task)


def ends(stack: Stack, models: tuple[Model, Model], part: list[Cell], run: Run) -> Iterator[Course]:
    """What a retraining does about a promotion that it cannot follow."""
    heard = listen_to_promotions(stack, models)
    for names, always in ENDS.items():
        trial = EndOfRetraining(stack, models, always, UNFOLLOWED["error"], has_restoring=names == ("Read restoring",))
        yield run(stack, heard, trial, among(part, names))


def endpoints(stack: Stack, models: tuple[Model, Model], part: list[Cell], run: Run) -> Iterator[Course]:
    """Promotions of models that an endpoint serves; the function's own model is that of the other promotions."""
    heard, task = listen_to_promotions(stack, models), models[0].task
    served = endpoint_models(stack, task)
    for begins, fails, always, names in ENDPOINTS:
        failing, error = ((UNREGISTERED,), UNREGISTERED["error"]) if fails else ((), "")
        trial = PromotionToEndpoint(stack, served, (*always, *failing), error, begins=begins, own_model=models[0])
        yield run(stack, heard, trial, among(part, names))
    encrypted = "Create encrypted configuration"
    for always, name in (((), encrypted), (throttled(encrypted), f"{encrypted}{ONCE_MORE}")):
        trial = PromotionToEndpoint(stack, served, always, own_model=models[0], reason=ENCRYPTED)
        yield run(stack, heard, trial, among(part, {name}))


def containers(stack: Stack, part: list[Cell], run: Run) -> Iterator[Course]:
    """Candidates that are searched for, and what only its container reads, as a candidate and as the champion."""
    heard = listen(stack)
    failing, others = ([cell for cell in part if cell.recovers is recovers] for recovers in (False, True))
    recorded = record_candidates(stack)
    with only_candidates(stack):
        for may_lose, own in ((True, failing), (False, others)):
            yield run(stack, heard, Begun(stack, recorded, CANDIDATES, may_lose), among(own, CANDIDATE_STATES))
            late = Begun(stack, recorded, CANDIDATES, may_lose, throttled("Define candidate"))
            yield run(stack, heard, late, among(own, {f"Define candidate{ONCE_MORE}"}))
    recorded = record_champion(stack)
    with only_champion(stack, recorded):
        for may_lose, own in ((True, failing), (False, others)):
            yield run(stack, heard, Begun(stack, recorded, CHAMPION, may_lose), among(own, CHAMPION_STATES))
            late = Begun(stack, recorded, CHAMPION, may_lose, throttled("Define champion"))
            yield run(stack, heard, late, among(own, {f"Define champion{ONCE_MORE}"}))
