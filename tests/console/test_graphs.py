"""The graph of a definition has each state once, and each way from one to the next."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from console.workflow.graphs import CATCH, CHOICE, NEXT, Edge, graph

STATEMACHINES = Path(__file__).resolve().parents[2] / "statemachines"


def all_states(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in definition["States"].items():
        yield name, state
        for inner in [state.get("ItemProcessor"), *state.get("Branches", [])]:
            if inner:
                yield from all_states(inner)


@pytest.mark.parametrize("name", ["retrain", "promote", "restore", "monitor"])
def test_every_state_and_every_way_of_a_workflow_is_there(name: str) -> None:
    definition = json.loads((STATEMACHINES / f"{name}.asl.json").read_text(encoding="utf-8"))
    states = dict(all_states(definition))
    drawn = graph(definition)
    assert sorted(node.name for node in drawn.nodes) == sorted(states)
    ways = {(edge.source, edge.target, edge.kind) for edge in drawn.edges}
    assert ways == {
        *((each, state["Next"], NEXT) for each, state in states.items() if "Next" in state),
        *((each, choice["Next"], CHOICE) for each, state in states.items() for choice in state.get("Choices", [])),
        *((each, state["Default"], CHOICE) for each, state in states.items() if "Default" in state),
        *((each, catch["Next"], CATCH) for each, state in states.items() for catch in state.get("Catch", [])),
    }
    assert all(target in states for _, target, _ in ways)


def test_nodes_say_what_they_are_in_and_what_they_call() -> None:
    inner = {"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"}}}
    call = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
        "Catch": [{"ErrorEquals": ["States.Timeout", "S3.NoSuchKeyException"], "Next": "Map"}],
        "End": True,
    }
    definition = {
        "StartAt": "Map",
        "States": {"Map": {"Type": "Map", "ItemProcessor": inner, "Next": "Get"}, "Get": call},
    }
    drawn = graph(definition)
    assert [(node.name, node.parent, node.service, node.is_start) for node in drawn.nodes] == [
        ("Map", "", "", True),
        ("Get", "", "s3 getObject", False),
        ("Call", "Map", "lambda invoke", True),
    ]
    assert Edge("Get", "Map", CATCH, "States.Timeout, S3.NoSuchKeyException") in drawn.edges


def test_ways_of_a_choice_have_its_answers_in_few_words() -> None:
    present = {"Variable": "$.request.input.task", "IsPresent": True}
    is_samples = {"Variable": "$.request.input.task", "StringEquals": "samples"}
    is_ours = {"Variable": "$.alias.version", "StringEqualsPath": "$.published.version"}
    changing = [{"Variable": "$.deployed.Status", "StringEquals": each} for each in ("Creating", "Updating")]
    rules = [
        {"And": [present, is_samples], "Next": "B"},
        {"Not": is_samples, "Next": "C"},
        {"And": [is_ours, {"Or": changing}], "Next": "D"},
        {"Variable": "$.seconds", "NumericGreaterThan": 0, "Next": "E"},
        {"Variable": "$.promote", "BooleanEquals": True, "Next": "E"},
        {"Variable": "$.found", "IsPresent": False, "Next": "F"},
        {"Condition": "{% $states.input.n > 3 %}", "Next": "G"},
    ]
    choice = {"Type": "Choice", "Choices": rules, "Default": "F"}
    ends: dict[str, Any] = {name: {"Type": "Succeed"} for name in "BCDEFG"}
    drawn = graph({"StartAt": "A", "States": {"A": choice, **ends}})
    assert {edge.target: edge.label for edge in drawn.edges} == {
        "B": "task = samples",
        "C": "task ≠ samples",
        "D": "alias.version = published.version and (Status = Creating or Updating)",
        "E": "seconds > 0 or promote is true",
        "F": "found is not there, or otherwise",
        "G": "$states.input.n > 3",
    }
