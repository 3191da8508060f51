"""TestState, as the API reference and "Using TestState API to test a state" have it."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from machines import Client, allow, role, unique

READ = {
    "Type": "Task",
    "Resource": "arn:aws:states:::aws-sdk:ssm:getParameter",
    "Parameters": {"Name.$": "$.name"},
    "ResultSelector": {"value.$": "$.Parameter.Value"},
    "ResultPath": "$.read",
    "Next": "Ride",
}
PASS = {"Type": "Pass", "End": True}
MISSING = "Ssm.ParameterNotFoundException"
MACHINE = {"StartAt": "Each", "States": {"Each": {"Type": "Map", "End": True}}}


@pytest.fixture(scope="module")
def nobody(client: Client) -> str:
    return role(client, "states.amazonaws.com")


@pytest.fixture(scope="module")
def reader(client: Client) -> str:
    return role(client, "states.amazonaws.com", allow("ssm:GetParameter"))


@pytest.fixture(scope="module")
def parameter(client: Client) -> str:
    name = unique("unicorn")
    client("ssm").put_parameter(Name=name, Value="Shadowfax", Type="String")
    return name


def run_state(client: Client, state: Any, role_arn: str, state_input: Any = None, **fields: Any) -> dict[str, Any]:
    answer = client("stepfunctions").test_state(
        definition=json.dumps(state), roleArn=role_arn, input=json.dumps(state_input or {}), **fields
    )
    del answer["ResponseMetadata"]
    return answer


@pytest.mark.parametrize(
    ("state", "state_input", "expected"),
    [
        (
            PASS | {"InputPath": "$.ride", "Parameters": {"id.$": "$.id"}},
            {"ride": {"id": 7}},
            {"status": "SUCCEEDED", "output": '{"id":7}'},
        ),
        (
            {
                "Type": "Choice",
                "Choices": [{"Variable": "$.km", "NumericGreaterThan": 5, "Next": "Long"}],
                "Default": "Short",
            },
            {"km": 8},
            {"status": "SUCCEEDED", "output": '{"km":8}', "nextState": "Long"},
        ),
        (
            {"Type": "Wait", "Seconds": 0, "Next": "Ride"},
            [1],
            {"status": "SUCCEEDED", "output": "[1]"} | {"nextState": "Ride"},
        ),
        ({"Type": "Succeed"}, {}, {"status": "SUCCEEDED", "output": "{}"}),
        (
            {"Type": "Fail", "Error": "BadRide", "Cause": "no km"},
            {},
            {"status": "FAILED", "error": "BadRide", "cause": "no km"},
        ),
    ],
)
def test_state_gives_its_output_and_the_next(
    client: Client, nobody: str, state: Any, state_input: Any, expected: dict[str, str]
) -> None:
    assert run_state(client, state, nobody, state_input) == expected


@pytest.mark.parametrize("level", ["DEBUG", "TRACE"])
def test_inspection_shows_each_stage_of_the_data(client: Client, reader: str, parameter: str, level: str) -> None:
    answer = run_state(client, READ, reader, {"name": parameter}, inspectionLevel=level)
    data = {name: json.loads(text) for name, text in answer["inspectionData"].items()}
    read = {"name": parameter, "read": {"value": "Shadowfax"}}
    assert (answer["status"], answer["nextState"], json.loads(answer["output"])) == ("SUCCEEDED", "Ride", read)
    assert data.pop("result")["Parameter"]["Value"] == "Shadowfax"
    assert data == {
        "input": {"name": parameter},
        "afterInputPath": {"name": parameter},
        "afterParameters": {"Name": parameter},
        "afterResultSelector": {"value": "Shadowfax"},
        "afterResultPath": read,
    }


def test_state_runs_as_its_role(client: Client, nobody: str, parameter: str) -> None:
    answer = run_state(client, READ, nobody, {"name": parameter})
    assert answer["status"] == "FAILED"
    assert "is not authorized to perform: ssm:GetParameter" in answer["cause"]


def test_error_that_would_be_retried_is_retriable_at_once(client: Client, reader: str) -> None:
    rules = [{"ErrorEquals": ["Other"]}, {"ErrorEquals": [MISSING], "IntervalSeconds": 3600}]
    answer = run_state(client, READ | {"Retry": rules}, reader, {"name": unique("no")}, inspectionLevel="DEBUG")
    assert (answer["status"], answer["error"]) == ("RETRIABLE", MISSING)
    assert answer["inspectionData"]["errorDetails"] == {"retryIndex": 1, "retryBackoffIntervalSeconds": 3600}
    assert not answer.keys() & {"output", "nextState"}


def test_error_that_is_caught_leads_to_the_state_of_its_rule(client: Client, reader: str) -> None:
    rules = [
        {"ErrorEquals": ["Other"], "Next": "Nowhere"},
        {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Repair"},
    ]
    answer = run_state(client, READ | {"Catch": rules}, reader, {"name": unique("no")}, inspectionLevel="DEBUG")
    assert (answer["status"], answer["error"], answer["nextState"]) == ("CAUGHT_ERROR", MISSING, "Repair")
    assert json.loads(answer["output"])["error"]["Error"] == MISSING
    assert answer["inspectionData"]["errorDetails"] == {"catchIndex": 1}


def test_state_is_named_in_a_definition_at_any_level(client: Client, nobody: str) -> None:
    processor = {"StartAt": "Ride", "States": {"Ride": PASS | {"Parameters": {"name.$": "$$.State.Name"}}}}
    machine = {"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": processor, "End": True}}}
    assert run_state(client, machine, nobody, stateName="Ride")["output"] == '{"name":"Ride"}'


@pytest.mark.parametrize(
    ("state", "fields", "code"),
    [
        (READ | {"Resource": "arn:aws:states:::states:startExecution.sync:2"}, {}, "ValidationException"),
        (READ | {"Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"}, {}, "ValidationException"),
        (READ | {"Resource": "arn:aws:states:us-east-1:123456789012:activity:ride"}, {}, "ValidationException"),
        ({"Type": "Parallel", "Branches": [], "End": True}, {}, "ValidationException"),
        (MACHINE, {"stateName": "Each"}, "ValidationException"),
        (MACHINE, {"stateName": "None"}, "ValidationException"),
        (PASS, {"mock": {"result": "{}"}}, "ValidationException"),
        (PASS, {"inspectionLevel": "ALL"}, "ValidationException"),
        (PASS | {"Resource": 1}, {}, "InvalidDefinition"),
        (PASS, {"input": "NaN"}, "InvalidExecutionInput"),
        ([], {}, "InvalidDefinition"),
        (1, {"stateName": "A"}, "ValidationException"),
        ({"States": [1]}, {"stateName": "A"}, "ValidationException"),
        ({"States": {"A": 1}}, {"stateName": "A"}, "InvalidDefinition"),
        ({"States": {"B": 1, "C": {"Branches": 1}}}, {"stateName": "A"}, "ValidationException"),
        ({"Type": []}, {}, "InvalidDefinition"),
        (PASS, {"definition": "[" * 100_000}, "InvalidDefinition"),
    ],
)
def test_what_is_not_run_is_refused(client: Client, nobody: str, state: Any, fields: Any, code: str) -> None:
    call = {"definition": json.dumps(state), "roleArn": nobody} | fields
    with pytest.raises(ClientError) as refusal:
        client("stepfunctions").test_state(**call)
    answer = refusal.value.response
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]) == (400, code)
