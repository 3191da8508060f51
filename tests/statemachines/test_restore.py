"""What must hold of `restore` whatever is changed in it: read from the ASL that is deployed."""

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEFINITION = json.loads((ROOT / "statemachines" / "restore.asl.json").read_text(encoding="utf-8"))
PROMOTION = json.loads((ROOT / "statemachines" / "promote.asl.json").read_text(encoding="utf-8"))
STATES: dict[str, dict[str, Any]] = DEFINITION["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
LAMBDA_WRITES = ["Put live back", "Put MODEL_PATH back"]


def way(name: str) -> list[str]:
    """The states from `name` on, as long as nothing fails and nothing is chosen."""
    names = [name]
    while "Next" in STATES[names[-1]]:
        names.append(STATES[names[-1]]["Next"])
    return names


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_a_timeout_retries_with_jitter_and_a_catch_for_all(name: str) -> None:
    task = TASKS[name]
    assert task["TimeoutSeconds"] == 60
    assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"]
    assert all((each["JitterStrategy"], each["MaxDelaySeconds"]) == ("FULL", 30) for each in task["Retry"])
    assert {each["MaxAttempts"] for each in task["Retry"]} == {12}


def test_nothing_is_written_before_the_promotion_has_ended_and_is_found_to_have_left_something() -> None:
    assert STATES["Has it ended?"]["Choices"][0] == {
        "Variable": "$.ended.status",
        "StringEquals": "RUNNING",
        "Next": "Stop promotion",
    }
    assert STATES["Stop promotion"]["Next"] == "Read promotion"
    assert way("Read live alias")[-1] == "What is left?"
    assert STATES["What is left?"]["Default"] == "Nothing left"
    assert way("Nothing left") == ["Nothing left"]


def test_a_deployment_that_was_left_can_end_and_be_put_back_before_the_time_is_up() -> None:
    policy = PROMOTION["States"]["Update endpoint"]["Parameters"]["DeploymentConfig"]["BlueGreenUpdatePolicy"]
    retrain = json.loads((ROOT / "statemachines" / "retrain.asl.json").read_text(encoding="utf-8"))
    assert policy["MaximumExecutionTimeoutInSeconds"] + 600 <= DEFINITION["TimeoutSeconds"]
    assert DEFINITION["TimeoutSeconds"] < retrain["States"]["Restore"]["TimeoutSeconds"]


def test_alias_decides_between_completing_and_undoing() -> None:
    gone, succeeded, complete, busy, undo, _ = STATES["What is left?"]["Choices"]
    assert gone == {"Variable": "$.ended.status", "IsPresent": False, "Next": "Nothing left"}
    assert succeeded == {"Variable": "$.ended.status", "StringEquals": "SUCCEEDED", "Next": "It succeeded"}
    for choice, variable in ((complete, "$.live.variables.PROMOTION"), (undo, "$.inference.variables.PROMOTION")):
        present, same = choice["And"]
        assert present == {"Variable": variable, "IsPresent": True}
        assert same == {"Variable": variable, "StringEqualsPath": "$.own.variables.PROMOTION"}
    assert busy["Next"] == "Wait for others"
    assert way(complete["Next"]) == [
        "Read request", "Read previous version", "Record MODEL_PATH", "Write registry", "Is an endpoint left?",
    ]  # fmt: skip
    assert way(STATES["Is an endpoint left?"]["Default"]) == ["Tell: completed", "Completed"]
    assert way(undo["Next"]) == [
        "Put live back", "Put parameter back", "Look up MODEL_PATH", "Name its endpoint", "Was an endpoint written?",
    ]  # fmt: skip
    # The hold on the function is given up last: until then another run finds that something is left.
    assert way(STATES["Was an endpoint written?"]["Default"]) == ["Put MODEL_PATH back", "Tell: undone", "Undone"]
    assert STATES["Delete new model"]["Next"] == "Put MODEL_PATH back"


def test_parameter_is_written_again_until_it_is_what_is_live_after_the_write() -> None:
    written, different = STATES["What is left?"]["Choices"][-1]["And"]
    path = "$.before.variables.MODEL_PATH"
    assert written == {"Variable": path, "IsPresent": True}
    assert different == {"Not": {"Variable": path, "StringEqualsPath": "$.live.variables.MODEL_PATH"}}
    assert STATES["What is left?"]["Choices"][-1]["Next"] == "Put parameter right"
    assert STATES["Put parameter right"]["Parameters"]["Value.$"] == "$.live.variables.MODEL_PATH"
    assert way("Put parameter right")[1:5] == [
        "Note parameter", "Wait for others", "Read live alias", "Read live version",
    ]  # fmt: skip
    assert STATES["Note parameter"]["ResultPath"] == "$.before.variables"
    # Nothing says so before the parameter was written.
    assert [name for name, state in STATES.items() if str(state.get("ResultPath")).startswith("$.before")] == [
        "Look up MODEL_PATH", "Note parameter",
    ]  # fmt: skip
    assert STATES["Put parameter back"]["Next"] == "Look up MODEL_PATH"


def test_every_outcome_says_whether_the_promotions_model_is_live_and_which_is() -> None:
    outcomes = {
        name: state["Parameters"] for name, state in STATES.items() if state["Type"] == "Pass" and state.get("End")
    }
    assert {name: outcome["promoted"] for name, outcome in outcomes.items()} == {
        "Nothing left": False, "It succeeded": True, "Completed": True, "Undone": False,
    }  # fmt: skip
    assert {outcome["model_path.$"] for outcome in outcomes.values()} == {"$.live.variables.MODEL_PATH"}
    (gone,) = [catch for catch in STATES["Read promotion"]["Catch"] if catch["ErrorEquals"] != ["States.ALL"]]
    assert (gone["Next"], gone["ResultPath"]) == ("Which task?", "$.ended")


def test_every_write_of_the_function_is_conditional_and_a_conflict_is_looked_at_again() -> None:
    for name in LAMBDA_WRITES:
        assert "RevisionId.$" in TASKS[name]["Parameters"]
        conflict, _ = TASKS[name]["Catch"]
        assert conflict["ErrorEquals"] == ["Lambda.PreconditionFailedException", "Lambda.ResourceConflictException"]
        assert STATES[conflict["Next"]]["Next"] == "Read live alias"


def test_entry_in_the_registry_is_that_of_a_promotion() -> None:
    here, there = (states["Write registry"]["Parameters"] for states in (STATES, PROMOTION["States"]))
    assert set(here["Body"]) == set(there["Body"])
    assert set(here["Body"]["previous"]) == set(there["Body"]["previous"])
    variables = PROMOTION["States"]["Make variables"]["Parameters"]["variables"]
    assert variables["PREVIOUS_VERSION.$"] == "$.previous.version"
    # Two workflows, one object: the key follows from the promotion.
    assert variables["PROMOTION_STARTED.$"] == "$$.Execution.StartTime"
    assert here["Key.$"] == (
        "States.Format('{}registry/{}-{}.json', "
        "$.serving.models_prefix, $.live.variables.PROMOTION_STARTED, $.promoted.request.execution)"
    )
    assert there["Key.$"] == (
        "States.Format('{}registry/{}-{}.json', "
        "$.serving.models_prefix, $.own.variables.PROMOTION_STARTED, $.request.execution)"
    )
    previous = STATES["Read previous version"]["Parameters"]
    assert previous["Qualifier.$"] == "$.live.variables.PREVIOUS_VERSION"


def test_endpoint_that_cannot_be_put_back_fails_and_keeps_the_hold() -> None:
    for name in ("Read endpoint again", "Put endpoint back", "Delete new endpoint"):
        for each in (name, f"{name} once more"):
            assert STATES[each]["Catch"][-1] == {
                "ErrorEquals": ["States.ALL"],
                "ResultPath": "$.error",
                "Next": "Notify failure",
            }
    assert STATES["Read endpoint put back"]["Catch"][-1]["Next"] == "Notify failure"
    stuck = STATES["Endpoint not put back"]
    assert (stuck["Parameters"]["Error"], stuck["Next"]) == ("EndpointNotPutBack", "Notify failure")


def test_endpoint_that_cannot_be_deleted_keeps_what_it_serves() -> None:
    for name in ("Delete endpoint", "Delete endpoint once more"):
        assert STATES[name]["Catch"][-1]["Next"] == "Is all deleted?"
        assert STATES[name]["Next"] == "Delete former configuration"
    for question in ("Is the former endpoint gone?", "Is the former endpoint gone by now?"):
        assert [each["Next"] for each in STATES[question]["Choices"]] == ["Delete former configuration"]
