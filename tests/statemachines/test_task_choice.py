"""That no workflow touches another task than its own: read from the ASL that is deployed."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.template_document import read_template
from wildrydes.tasks import DEFAULT_TASK, TASKS

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = ("retrain", "promote", "restore")
NAMES = [
    name for task in TASKS.values() for name in (f"{task.function}Name", f"{task.alarm}Name", task.model_path_name)
]


def states_of(workflow: str) -> tuple[str, dict[str, dict[str, Any]]]:
    definition = json.loads((ROOT / "statemachines" / f"{workflow}.asl.json").read_text(encoding="utf-8"))
    return definition["StartAt"], definition["States"]


def followers(state: dict[str, Any]) -> Iterator[str]:
    """Where an execution can go from a state, by an error too."""
    yield from (state[key] for key in ("Next", "Default") if key in state)
    yield from (each["Next"] for each in [*state.get("Choices", []), *state.get("Catch", [])])


def reachable(states: dict[str, dict[str, Any]], start: str, without: set[str]) -> set[str]:
    """The states that an execution can come to from `start`, through none of `without`."""
    names: set[str] = set()
    waiting = [start]
    while waiting:
        if (current := waiting.pop()) not in names | without:
            names.add(current)
            waiting += followers(states[current])
    return names


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_names_of_what_serves_a_task_are_in_the_state_of_that_task_alone(workflow: str) -> None:
    _, states = states_of(workflow)
    for task in TASKS.values():
        state = states[f"Serve {task.name}"]
        assert state["Parameters"] == {
            "task": task.name,
            "function": f"${{{task.function}Name}}",
            "parameter": f"${{{task.model_path_name}}}",
            "alarm": f"${{{task.alarm}Name}}",
            "models_prefix": task.models_prefix,
            "unavailable": f"${{Predict{task.words}UnavailableName}}",
            "endpoint": f"${{Predict{task.words}Endpoint}}",
        }
        assert state["ResultPath"] == "$.serving"
        others = json.dumps([each for name, each in states.items() if name != f"Serve {task.name}"])
        for name in (f"{task.function}Name", f"{task.alarm}Name", task.model_path_name, f"Predict{task.words}Endpoint"):
            assert f"${{{name}}}" not in others


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_whatever_is_read_or_written_of_a_champion_is_named_by_its_task(workflow: str) -> None:
    _, states = states_of(workflow)
    of_champions = ("lambda:getAlias", "lambda:updateAlias", "lambda:getFunctionConfiguration", "lambda:publishVersion",
                    "lambda:updateFunctionConfiguration")  # fmt: skip
    for name, state in states.items():
        action = state.get("Resource", "").removeprefix("arn:aws:states:::aws-sdk:")
        parameters = state.get("Parameters", {})
        if action in of_champions or name in ("Smoke-test version", "Compare features"):
            assert parameters["FunctionName.$"] == "$.serving.function", name
        if action.startswith("ssm:"):
            assert parameters["Name.$"] == "$.serving.parameter", name
        if action.endswith("Endpoint"):
            assert parameters["EndpointName.$"] == "$.serving.endpoint", name
        if action == "cloudwatch:describeAlarms":
            assert parameters["AlarmNames.$"] == "States.Array($.serving.alarm)", name
        if action == "s3:putObject":
            key = "variants/{}" if name == "Record variant" else "registry/{}-{}"
            assert parameters["Key.$"].startswith(f"States.Format('{{}}{key}.json', $.serving.models_prefix, "), name


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_nothing_takes_a_name_before_the_task_is_chosen_and_nothing_changes_it_after(workflow: str) -> None:
    start, states = states_of(workflow)
    serving = {f"Serve {name}" for name in TASKS}
    # The input of a promotion has a field of that name, which is looked at before there is anything else.
    own = serving | {"Is the request complete?"}
    taking = {name for name, state in states.items() if re.search(r"\$\.serving\b", json.dumps(state))} - own
    assert taking
    assert not taking & reachable(states, start, serving)
    assert {name for name, state in states.items() if "$.serving" in str(state.get("ResultPath"))} == serving
    # What takes a name does not come by the choice again, and none makes its result the whole state.
    chosen = {states[name]["Next"] for name in serving}
    assert len(chosen) == 1
    after = reachable(states, chosen.pop(), set())
    assert not after & {*serving, "Which task?"}
    assert not [name for name in after if states[name]["Type"] == "Pass" and "Next" in states[name]
                and states[name].get("ResultPath", "$") == "$"]  # fmt: skip


def test_each_workflow_chooses_by_the_name_that_it_was_given() -> None:
    for workflow, path in (
        ("retrain", "$.parameters.task"), ("promote", "$.request.task"), ("restore", "$.request.input.task"),
    ):  # fmt: skip
        _, states = states_of(workflow)
        choices = states["Which task?"]["Choices"]
        assert [(each["Next"], each["And"][:2]) for each in choices] == [
            (f"Serve {name}", [{"Variable": path, "IsPresent": True}, {"Variable": path, "StringEquals": name}])
            for name in TASKS
        ]
    assert states_of("retrain")[1]["Which task?"]["Default"] == "Unknown task"
    assert states_of("promote")[1]["Which task?"]["Default"] == "Wrong request"
    assert states_of("restore")[1]["Which task?"]["Default"] == f"Serve {DEFAULT_TASK}"


def test_promotion_takes_a_model_from_below_its_tasks_prefix_alone() -> None:
    choices = states_of("promote")[1]["Which task?"]["Choices"]
    default, *named = [each["And"][2:] for each in choices]
    path = "$.request.model_path"
    prefixes = [task.models_prefix for task in TASKS.values() if not task.is_default]
    assert default == [{"Not": {"Or": [{"Variable": path, "StringMatches": f"{prefix}*"} for prefix in prefixes]}}]
    assert named == [[{"Variable": path, "StringMatches": f"{prefix}*/model.tar.gz"}] for prefix in prefixes]


def test_retraining_promotes_and_restores_the_task_that_it_trained_for() -> None:
    _, states = states_of("retrain")
    assert states["Promote"]["Parameters"]["Input"]["task.$"] == "$.serving.task"
    # What is restored says its own task, in the input of the promotion.
    assert states_of("restore")[1]["Read task"]["Parameters"] == {"input.$": "States.StringToJson($.ended.input)"}


def test_template_gives_each_workflow_every_name() -> None:
    resources = read_template(ROOT / "template.yaml")["Resources"]
    for name in WORKFLOWS:
        substitutions = resources[name.title()]["Properties"]["DefinitionSubstitutions"]
        assert [each for each in NAMES if "Ref" not in substitutions.get(each, {})] == []
