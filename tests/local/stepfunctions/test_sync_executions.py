"""StartSyncExecution, as the API reference has it."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from machines import Client, machine, role, unique


@pytest.fixture(scope="module")
def states(client: Client) -> Any:
    return client("stepfunctions")


@pytest.fixture(scope="module")
def executor(client: Client) -> str:
    return role(client, "states.amazonaws.com")


def express(states: Any, executor: str, state: dict[str, Any]) -> str:
    definition = json.dumps({"StartAt": "A", "States": {"A": state}})
    created = states.create_state_machine(
        name=unique("express"), definition=definition, roleArn=executor, type="EXPRESS"
    )
    return created["stateMachineArn"]


def test_express_workflow_answers_with_its_output(states: Any, executor: str) -> None:
    arn = express(states, executor, {"Type": "Pass", "Parameters": {"rides.$": "$.n"}, "End": True})
    answer = states.start_sync_execution(stateMachineArn=arn, name="one", input='{"n":12}')
    assert (answer["status"], answer["output"], answer["input"]) == ("SUCCEEDED", '{"rides":12}', '{"n":12}')
    assert answer["executionArn"].startswith(arn.replace(":stateMachine:", ":express:") + ":one:")
    assert answer["startDate"] <= answer["stopDate"]
    # It is no execution that other calls know.
    assert states.list_executions(stateMachineArn=arn, maxResults=1)["executions"] == []


def test_express_workflow_that_fails_is_answered_too(states: Any, executor: str) -> None:
    arn = express(states, executor, {"Type": "Fail", "Error": "BadRide", "Cause": "no km"})
    answer = states.start_sync_execution(stateMachineArn=arn)
    assert (answer["status"], answer["error"], answer["cause"]) == ("FAILED", "BadRide", "no km")
    assert "output" not in answer


@pytest.mark.parametrize(
    ("fields", "code"), [({}, "StateMachineTypeNotSupported"), ({"input": "{"}, "InvalidExecutionInput")]
)
def test_what_is_not_run_is_refused(
    client: Client, states: Any, executor: str, fields: dict[str, str], code: str
) -> None:
    standard = machine(client, {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}, executor)
    with pytest.raises(ClientError) as refusal:
        states.start_sync_execution(stateMachineArn=standard, **fields)
    assert refusal.value.response["Error"]["Code"] == code
