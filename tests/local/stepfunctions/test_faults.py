"""Faults that are asked for: a state meets them as if Step Functions had, and its Retry and Catch deal with them."""

import json
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.account import EmbeddedAws, entries
from local.iam.own_paths import BadInputError
from local.stepfunctions.faults import Faults
from machines import Client, allow, ended, machine, role, unique, until
from redrives import entered, history, parameter, read

THROTTLE = "Ssm.ThrottlingException"
# Nobody waits that long in a test: the retry of an injected fault comes at once.
RETRY = [{"ErrorEquals": [THROTTLE], "IntervalSeconds": 900, "MaxAttempts": 2}]
WRITE = {
    "Type": "Task",
    "Resource": "arn:aws:states:::aws-sdk:ssm:putParameter",
    "Parameters": {"Name.$": "$.name", "Value": "written", "Type": "String"},
    "End": True,
}


@pytest.fixture(scope="module")
def role_arn(client: Client) -> str:
    grants = allow("ssm:GetParameter", "ssm:PutParameter", "states:StartExecution", "states:StopExecution")
    follow = allow("states:DescribeExecution", "states:RedriveExecution")
    return role(client, "states.amazonaws.com", grants, follow)


class Runs:
    """Runs machines whose executions meet faults."""

    def __init__(self, server: EmbeddedAws, client: Client, role_arn: str) -> None:
        self.server, self.client, self.role_arn = server, client, role_arn

    def run(self, states: dict[str, Any], *faults: dict[str, Any], **execution_input: Any) -> dict[str, Any]:
        """The end of an execution that meets these faults, with what is said of them as `injected`."""
        name = unique("run")
        arn = machine(self.client, {"StartAt": next(iter(states)), "States": states}, self.role_arn)
        self.server.request("/_local/faults", execution=name, faults=list(faults))
        started = self.client("stepfunctions").start_execution(
            stateMachineArn=arn, name=name, input=json.dumps(execution_input)
        )
        end = ended(self.client, started["executionArn"])
        said = self.server.request("/_local/faults", execution=name)["faults"]
        self.server.request("/_local/faults", execution=name, faults=[])
        return end | {"injected": [each["injected"] for each in said]}


@pytest.fixture(scope="module")
def runs(server: EmbeddedAws, client: Client, role_arn: str) -> Runs:
    return Runs(server, client, role_arn)


def fault(state: str, moment: str, **fields: Any) -> dict[str, Any]:
    return {"state": state, "moment": moment} | fields


@pytest.mark.parametrize(("times", "status", "injected"), [(1, "SUCCEEDED", 1), (2, "SUCCEEDED", 2), (5, "FAILED", 3)])
def test_state_tries_again_at_once_as_often_as_its_retry_says(
    runs: Runs, client: Client, times: int, status: str, injected: int
) -> None:
    states = {"Read": read(parameter(client), Retry=RETRY)}
    end = runs.run(states, fault("Read", "before", error=THROTTLE, cause="slower", times=times))
    assert (end["status"], end["injected"]) == (status, [injected])
    failed = [each for each in history(client, end["executionArn"]) if each["type"] == "TaskFailed"]
    assert len(failed) == injected
    details = {"resourceType": "aws-sdk:ssm", "resource": "getParameter", "error": THROTTLE, "cause": "slower"}
    assert failed[0]["taskFailedEventDetails"] == details
    assert end.get("error") == (THROTTLE if status == "FAILED" else None)


def test_state_that_is_held_goes_on_when_it_is_let_go(
    runs: Runs, server: EmbeddedAws, client: Client, role_arn: str
) -> None:
    # The time that it is held is not the state's.
    states = {"Read": read(parameter(client), TimeoutSeconds=5)}
    name, faults_of = unique("held"), partial(server.request, "/_local/faults")
    faults_of(execution=name, faults=[fault("Read", "hold")])
    arn = machine(client, {"StartAt": "Read", "States": states}, role_arn)
    started = client("stepfunctions").start_execution(stateMachineArn=arn, name=name)["executionArn"]
    until(lambda: faults_of(execution=name)["faults"][0]["injected"], bool)
    assert client("stepfunctions").describe_execution(executionArn=started)["status"] == "RUNNING"
    assert "TaskScheduled" not in {each["type"] for each in history(client, started)}
    faults_of(execution=name, faults=[])
    assert ended(client, started)["status"] == "SUCCEEDED"


def test_state_that_is_held_lets_go_where_its_execution_is_stopped(
    server: EmbeddedAws, client: Client, role_arn: str
) -> None:
    name, faults_of = unique("held"), partial(server.request, "/_local/faults")
    faults_of(execution=name, faults=[fault("Read", "hold")])
    arn = machine(client, {"StartAt": "Read", "States": {"Read": read(parameter(client))}}, role_arn)
    started = client("stepfunctions").start_execution(stateMachineArn=arn, name=name)["executionArn"]
    until(lambda: faults_of(execution=name)["faults"][0]["injected"], bool)
    client("stepfunctions").stop_execution(executionArn=started)
    assert ended(client, started)["status"] == "ABORTED"
    faults_of(execution=name, faults=[])


def test_answer_is_lost_after_the_call_was_made(runs: Runs, client: Client) -> None:
    name = unique("written")
    lost = fault("Write", "after", error="Ssm.SdkClientException")
    assert runs.run({"Write": WRITE}, lost, name=name)["error"] == "Ssm.SdkClientException"
    assert client("ssm").get_parameter(Name=name)["Parameter"]["Value"] == "written"


def test_call_that_a_fault_comes_before_is_not_made(runs: Runs, client: Client) -> None:
    name = unique("unwritten")
    runs.run({"Write": WRITE}, fault("Write", "before", error="Ssm.SsmException"), name=name)
    with pytest.raises(ClientError, match="ParameterNotFound"):
        client("ssm").get_parameter(Name=name)


def test_state_out_of_time_is_caught_and_the_execution_that_it_waits_for_is_stopped(runs: Runs, client: Client) -> None:
    waiting = {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}
    child = machine(client, {"StartAt": "Wait", "States": waiting}, runs.role_arn)
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": child, "Input": {}},
        "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Late"}],
        "End": True,
    }
    end = runs.run({"Start": start, "Late": {"Type": "Pass", "End": True}}, fault("Start", "timeout"))
    assert (end["status"], json.loads(end["output"])["Error"]) == ("SUCCEEDED", "States.Timeout")
    assert entered(history(client, end["executionArn"])) == ["Start", "Late"]
    (started,) = entries(client("stepfunctions"), "list_executions", "executions", stateMachineArn=child)
    assert ended(client, started["executionArn"])["status"] == "ABORTED"


def test_garbled_answer_takes_the_place_of_the_service_s(runs: Runs, client: Client) -> None:
    states = {"Read": read(parameter(client))}
    garbled = fault("Read", "answer", answer={"Parameter": {"Value": ["garbled"]}})
    assert json.loads(runs.run(states, garbled)["output"]) == {"value": ["garbled"]}
    assert runs.run(states, fault("Read", "answer", answer={}))["error"] == "States.Runtime"


def test_faults_are_one_execution_s(runs: Runs, client: Client) -> None:
    states = {"Read": read(parameter(client))}
    runs.server.request("/_local/faults", execution="another", faults=[fault("Read", "timeout")])
    assert runs.run(states)["status"] == "SUCCEEDED"
    assert runs.server.request("/_local/faults", execution="another")["faults"][0]["injected"] == 0


@pytest.mark.parametrize(
    ("moment", "error"), [("timeout", "States.Timeout"), ("before", "DynamoDB.ProvisionedThroughputExceededException")]
)
def test_fault_of_a_table_has_its_own_name(runs: Runs, client: Client, moment: str, error: str) -> None:
    read_item = {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:getItem",
        "Parameters": {"TableName": unique("none"), "Key": {"id": {"S": "1"}}},
        "End": True,
    }
    named = {"error": error} if moment == "before" else {}
    assert runs.run({"Read": read_item}, fault("Read", moment, **named))["error"] == error


GOOD = {"state": "Read", "moment": "before", "error": "E"}


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"execution": 7},
        {"execution": ""},
        {"execution": "run", "state": "Read"},
        {"execution": "run", "faults": GOOD},
        {"execution": "run", "faults": [GOOD | {"moment": "whenever"}]},
        {"execution": "run", "faults": [GOOD | {"state": ""}]},
        {"execution": "run", "faults": [GOOD | {"error": ""}]},
        {"execution": "run", "faults": [GOOD | {"times": 0}]},
        {"execution": "run", "faults": [GOOD | {"times": True}]},
        {"execution": "run", "faults": [GOOD | {"seconds": 0.5}]},
        {"execution": "run", "faults": [GOOD | {"service": "ssm"}]},
        {"execution": "run", "faults": [GOOD, GOOD]},
    ],
)
def test_request_that_is_none_is_refused_and_changes_nothing(request_: dict[str, Any]) -> None:
    faults = Faults()
    faults.respond({"execution": "run", "faults": [GOOD]})
    with pytest.raises(BadInputError):
        faults.respond(request_)
    assert faults.description("run")["faults"] == [
        GOOD | {"cause": "", "answer": None, "times": 1, "seconds": 1, "injected": 0}
    ]
