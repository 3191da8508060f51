"""The dashboard's body: everything that is to be seen is on it, in its place."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.template_document import read_template
from statemachines import dashboard
from wildrydes.tasks import BINARY, TASKS

ROOT = Path(__file__).parents[2]
FILE = read_template(ROOT / "statemachines" / "dashboard.yaml")
WIDGETS: list[dict[str, Any]] = json.loads(FILE["Fn::Sub"])["widgets"]
METRICS = [row for widget in WIDGETS for row in widget["properties"].get("metrics", [])]
DEFINITIONS = {
    name: json.loads((ROOT / "statemachines" / f"{name}.asl.json").read_text(encoding="utf-8"))
    for name in dashboard.LONG_STATES
}


def test_no_two_widgets_are_in_one_place_and_none_is_outside_the_grid() -> None:
    cells = [
        (x, y)
        for widget in WIDGETS
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) == dashboard.COLUMNS - 1


@pytest.mark.parametrize(
    ("namespace", "names"),
    [
        ("AWS/States", "ExecutionsStarted ExecutionsSucceeded ExecutionsFailed ExecutionsTimedOut ExecutionsAborted"),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible ApproximateAgeOfOldestMessage"),
        ("AWS/SQS", "NumberOfMessagesSent NumberOfEmptyReceives"),
        ("AWS/ApiGateway", "Count 4XXError 5XXError Latency"),
        ("AWS/Lambda", "Invocations Errors Duration"),
        ("WildRydes", "StateSeconds RidesIn RidesRejected RidesWithoutWeather DaysSinceRetraining"),
        ("WildRydes", "PredictionScore PredictionValue Drift DriftedFeatures ServedLogLoss ServedRmse QualityLoss"),
        ("WildRydes", "ChampionAgeDays ExecutionCost MonthSpend"),
    ],
)
def test_metric_is_on_it(namespace: str, names: str) -> None:
    assert set(names.split()) <= {row[1] for row in METRICS if row[0] == namespace}


def test_every_function_workflow_and_task_is_on_it() -> None:
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    functions = [f"${{{name}}}" for name in dashboard._FUNCTION.findall(template)]
    assert len(functions) == template.count("Type: AWS::Serverless::Function")
    assert [row[3] for row in METRICS if row[1] == "Invocations"] == functions
    machines = {row[3] for row in METRICS if row[0] == "AWS/States"}
    assert len(machines) == template.count("Type: AWS::Serverless::StateMachine")
    assert {row[5] for row in METRICS if row[1] == "DriftedFeatures"} == set(TASKS)


def test_percentiles_of_latency_are_those_of_the_api() -> None:
    assert {row[4]["stat"] for row in METRICS if row[1] == "Latency"} == {"p50", "p99"}


def test_scores_of_each_classifier_are_by_label() -> None:
    dimensions = {tuple(row[4:-1]) for row in METRICS if row[1] == "PredictionScore"}
    of_others = {("task", task.name) for task in TASKS.values() if task.kind == BINARY and not task.is_default}
    assert dimensions == {(*task, "label", label) for task in [(), *of_others] for label in "01"}


def test_own_metrics_have_the_dimension_by_which_stacks_differ() -> None:
    assert {tuple(row[2:4]) for row in METRICS if row[0] == "WildRydes"} == {("service", "${AWS::StackName}")}


def test_state_that_is_not_there_is_refused() -> None:
    states = DEFINITIONS["retrain"]["States"]
    fewer = {name: state for name, state in states.items() if name != "Evaluate model"}
    with pytest.raises(KeyError, match="Evaluate model"):
        dashboard.build(DEFINITIONS | {"retrain": {"States": fewer}}, [])
