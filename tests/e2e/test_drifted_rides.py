"""Drifted rides, from the callers' requests to one retraining, by nothing but what the template deploys.

    requests to the API -> a line in the function's log -> Firehose -> predictions/ -> the workflow monitor
    -> a metric -> the alarm on the task's drift -> start_retraining -> one execution

It has a server of its own: the monitor's day is by the machine's clock, and Firehose's partition by the server's, which
other tests move on by weeks.
"""

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from cli import deploy, embedded
from cli import weather as noaa
from http_caller import Caller
from local import account
from machines import unique, until
from stacks import ROOT, SAMPLE_RIDES, SAMPLE_WEATHER, Stack
from wildrydes.model.storage import execution_of
from wildrydes.tasks import TASKS

pytestmark = pytest.mark.loop

Record = dict[str, float]
Change = Callable[[Record], Record]
ROWS = 600
SECONDS = 240


def heat_wave(record: Record) -> Record:
    """Eight degrees more than usual, in tenths."""
    return record | {"TMAX": record["TMAX"] + 80}


def new_city(record: Record) -> Record:
    """It lies in the tropics: nights and days are warmer by twenty degrees. The ways are three times as long."""
    warmer = {name: record[name] + 200 for name in ("TMIN", "TMAX")}
    return record | warmer | {"distance": 3 * record["distance"]}


def broken_thermometer(record: Record) -> Record:
    """It shows -99.9 °C each night."""
    return record | {"TMIN": -999.0}


def usual(record: Record) -> Record:
    return record


DRIFTS: dict[str, tuple[Change, set[str]]] = {
    "heavy_utilization": (heat_wave, {"TMAX"}),
    "magic_points": (new_city, {"distance", "TMIN", "TMAX"}),
    "service_requested": (broken_thermometer, {"TMIN"}),
}
"""By task what drifts, and the features that the monitor has to name."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with a champion of each of these tasks."""
    log = tmp_path_factory.mktemp("server") / "embedded-aws.log"
    with embedded.temporary_server(log, "--failed-puts", "0.1") as server:
        noaa.fill(server, noaa.collect(SAMPLE_WEATHER))
        name = unique("rydes")
        parameters = deploy.parameters_of_champions(f"/wildrydes/{name}")
        stack = Stack(server, deploy.deploy(ROOT, server, name, parameters))
        stack.upload(SAMPLE_RIDES)
        for task in DRIFTS:
            assert stack.retrain(task=task)["promoted"], task
        yield stack


def training_rows(stack: Stack, task: str) -> list[Record]:
    """Rows of the champion's training split, as callers send them."""
    execution = champion(stack, task)
    names = TASKS[task].features
    keys = stack.keys(f"training-sets/{execution}/split=train/")
    lines = [line for key in keys for line in gzip.decompress(stack.read(key)).decode().splitlines()]
    step = max(1, len(lines) // ROWS)
    values = [[float(value) for value in line.split(",")[1:]] for line in lines[::step][:ROWS]]
    return [dict(zip(names, row, strict=True)) for row in values]


def champion(stack: Stack, task: str) -> str:
    """The execution whose model is the champion."""
    function = {"FunctionName": stack.outputs[f"{TASKS[task].function}Name"], "Qualifier": "live"}
    variables = stack.client("lambda").get_function_configuration(**function)["Environment"]["Variables"]
    return execution_of(variables["MODEL_PATH"])


def ask(stack: Stack, task: str, change: Change) -> None:
    """Ask the API about rides of the training split, changed."""
    records = [change(row) for row in training_rows(stack, task)]
    caller = Caller(stack.url, stack.key)
    for start in range(0, len(records), 100):
        body = json.dumps(records[start : start + 100]).encode()
        answer = caller.ask(f"tasks/{task}/predictions", body, content_type="application/json")
        assert answer.status == 200, answer.body
        assert answer.json().get("rejected", []) == []


def look(stack: Stack) -> dict[str, Any]:
    """Let Firehose write what was captured, and the monitor look at today; its answer of each task."""
    stack.server.request("/_local/clock", advance_seconds=61)
    started = stack.client("stepfunctions").start_execution(
        stateMachineArn=stack.outputs["MonitorStateMachineArn"],
        input=json.dumps({"date": f"{datetime.now(UTC):%Y-%m-%d}"}),
    )
    described = stack.ended(started["executionArn"], SECONDS)
    assert described["status"] == "SUCCEEDED", described
    return {each["task"]: each for each in json.loads(described["output"])["outcomes"]}


def in_alarm(stack: Stack) -> set[str]:
    """The alarms on drift and quality that have gone off, by their names after the stack's."""
    cloudwatch = stack.client("cloudwatch")
    names = [
        alarm["AlarmName"].removeprefix(f"{stack.name}-")
        for alarm in account.entries(cloudwatch, "describe_alarms", "MetricAlarms", StateValue="ALARM")
    ]
    return {name for name in names if name.startswith(("drift-", "quality-"))}


def started_by_drift(stack: Stack) -> dict[str, list[str]]:
    """By task the executions that an alarm on drift has started."""
    states, machine = stack.client("stepfunctions"), stack.outputs["StateMachineArn"]
    executions = account.entries(states, "list_executions", "executions", stateMachineArn=machine)
    by_task: dict[str, list[str]] = {}
    for each in executions:
        sent = json.loads(states.describe_execution(executionArn=each["executionArn"])["input"])
        if sent.get("reason") == "drift":
            by_task.setdefault(sent["task"], []).append(each["executionArn"])
    return by_task


def retrained(stack: Stack, tasks: set[str]) -> None:
    """One retraining of each of these tasks was started by drift, none of another; each trains to its end."""
    started = until(lambda: started_by_drift(stack), lambda by_task: tasks <= by_task.keys(), SECONDS)
    assert {task: len(executions) for task, executions in started.items()} == dict.fromkeys(tasks, 1)
    for task in tasks:
        described = stack.ended(started[task][0], SECONDS)
        assert described["status"] == "SUCCEEDED", described
        output = json.loads(described["output"])
        assert "yielded_to" not in output
        assert output["started_by"] == {"reason": "drift", "detail": f"{stack.name}-drift-{task}"}


def test_each_drift_raises_the_alarm_of_its_task_and_starts_one_retraining(stack: Stack) -> None:
    # A heat wave for one task's callers, and the usual rides for those of the others.
    first, *others = DRIFTS
    ask(stack, first, DRIFTS[first][0])
    for task in others:
        ask(stack, task, usual)
    findings = look(stack)
    assert {task: set(findings[task]["drifted"]) - {"scores"} for task in DRIFTS} == {
        first: DRIFTS[first][1],
        **{task: set() for task in others},
    }
    assert [findings[task]["predictions"] for task in DRIFTS] == [ROWS] * len(DRIFTS)
    until(lambda: in_alarm(stack), lambda names: names == {f"drift-{first}"})
    retrained(stack, {first})
    # Later that day the others' callers have drifted too; the first one's alarm, which stays, starts no second one.
    for task in others:
        ask(stack, task, DRIFTS[task][0])
    findings = look(stack)
    for task in others:
        assert set(findings[task]["drifted"]) - {"scores"} == DRIFTS[task][1]
    until(lambda: in_alarm(stack), lambda names: names >= {f"drift-{task}" for task in DRIFTS})
    retrained(stack, set(DRIFTS))
