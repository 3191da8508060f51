"""AWS: "Redrive behavior of individual states", of Parallel and inline Map."""

import json
from typing import Any

import pytest

from machines import Client, ended, unique
from redrives import entered, history, parameter, parted, read, reader, redrive, start


@pytest.fixture(scope="module")
def role_arn(client: Client) -> str:
    return reader(client)


def branch(name: str, parameter_name: str) -> dict[str, Any]:
    """A branch of two states, of which the second reads a parameter."""
    states = {name: {"Type": "Pass", "Next": f"Read {name}"}, f"Read {name}": read(parameter_name)}
    return {"StartAt": name, "States": states}


def inline_map(**fields: Any) -> dict[str, Any]:
    """A Map whose iterations read the parameters that are its items, one after another, in two states."""
    processor = {"StartAt": "Each", "States": {"Each": {"Type": "Pass", "Next": "Read"}, "Read": read("$")}}
    return {"Type": "Map", "MaxConcurrency": 1, "ItemsPath": "$.names", "ItemProcessor": processor} | fields


def test_branches_that_succeeded_are_not_run_again(client: Client, role_arn: str) -> None:
    there, missing = parameter(client, value="good"), unique("missing")
    # The branch that fails begins last and ends last: it waits for its retry.
    bad = branch("Bad", missing)
    bad["States"]["Read Bad"]["Retry"] = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    states = {
        "Both": {"Type": "Parallel", "Branches": [branch("Good", there), bad], "ResultPath": "$.read", "Next": "After"},
        "After": {"Type": "Pass", "End": True},
    }
    execution = start(client, states, role_arn, {"own": 1})
    assert ended(client, execution)["status"] == "FAILED"
    parameter(client, missing, "bad")
    described = redrive(client, execution)
    assert json.loads(described["output"]) == {"own": 1, "read": [{"value": "good"}, {"value": "bad"}]}
    assert entered(parted(history(client, execution))[1]) == ["Both", "Read Bad", "After"]


def test_iterations_that_succeeded_are_not_run_again(client: Client, role_arn: str) -> None:
    there, missing, later = parameter(client, value="1"), unique("missing"), parameter(client, value="3")
    execution = start(client, {"Map": inline_map(End=True)}, role_arn, {"names": [there, missing, later]})
    ended(client, execution)
    parameter(client, missing, "2")
    described = redrive(client, execution)
    assert json.loads(described["output"]) == [{"value": "1"}, {"value": "2"}, {"value": "3"}]
    before, after = parted(history(client, execution))
    assert entered(before) == ["Map", "Each", "Read", "Each", "Read"]
    # The second goes on where it failed, the third begins.
    assert entered(after) == ["Map", "Read", "Each", "Read"]
    started = [each["mapIterationStartedEventDetails"]["index"] for each in after if "IterationStarted" in each["type"]]
    assert started == [1, 2]


def test_what_is_retried_after_a_redrive_begins_all_its_parts(client: Client, role_arn: str) -> None:
    there, missing = parameter(client, value="1"), unique("missing")
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1, "JitterStrategy": "FULL"}]
    execution = start(client, {"Map": inline_map(End=True, Retry=retry)}, role_arn, {"names": [there, missing]})
    ended(client, execution)
    assert redrive(client, execution)["status"] == "FAILED"
    before, after = parted(history(client, execution))
    attempt = ["Each", "Read", "Each", "Read"]
    assert (entered(before), entered(after)) == (["Map", *attempt, *attempt], ["Map", "Read", *attempt])


def test_parts_within_parts_go_on_where_they_failed(client: Client, role_arn: str) -> None:
    there, missing = parameter(client, value="1"), unique("missing")
    inner = inline_map(Next="After each")
    processor = {"StartAt": "Map", "States": {"Map": inner, "After each": {"Type": "Pass", "End": True}}}
    outer = {"Type": "Map", "MaxConcurrency": 1, "ItemsPath": "$.groups", "ItemProcessor": processor, "End": True}
    groups = [{"names": [there]}, {"names": [there, missing]}]
    execution = start(client, {"Groups": outer}, role_arn, {"groups": groups})
    ended(client, execution)
    parameter(client, missing, "2")
    described = redrive(client, execution)
    assert json.loads(described["output"]) == [[{"value": "1"}], [{"value": "1"}, {"value": "2"}]]
    assert entered(parted(history(client, execution))[1]) == ["Groups", "Map", "Read", "After each"]


def test_map_that_is_entered_again_after_a_redrive_runs_all_iterations(client: Client, role_arn: str) -> None:
    there, missing = parameter(client, value="1"), unique("missing")
    states = {
        "Map": inline_map(ResultPath="$.read", Next="Again?"),
        "Again?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.done", "IsPresent": True, "Next": "Done"}],
            "Default": "Once more",
        },
        "Once more": {"Type": "Pass", "Result": True, "ResultPath": "$.done", "Next": "Map"},
        "Done": {"Type": "Succeed"},
    }
    execution = start(client, states, role_arn, {"names": [there, missing]})
    ended(client, execution)
    parameter(client, missing, "2")
    assert redrive(client, execution)["status"] == "SUCCEEDED"
    assert entered(parted(history(client, execution))[1]).count("Read") == 1 + 2
