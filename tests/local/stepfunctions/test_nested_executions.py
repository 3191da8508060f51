"""What the workflows rely on of a workflow that starts another, and of the names in AWS SDK integrations."""

import json
from typing import Any

import pytest
from boto3.session import Session
from botocore.config import Config

from local import account
from local.account import EmbeddedAws
from machines import Client, allow, ended, execute, machine, role, run, unique, until

pytestmark = pytest.mark.races

START = "arn:aws:states:::states:startExecution"


@pytest.fixture(scope="module")
def states_role(client: Client) -> str:
    return role(client, "states.amazonaws.com", allow("states:StartExecution", "states:DescribeExecution"))


def pass_on(client: Client, role_arn: str) -> str:
    """A machine that gives its input back, in an object."""
    states = {"Give": {"Type": "Pass", "Parameters": {"given.$": "$"}, "End": True}}
    return machine(client, {"StartAt": "Give", "States": states}, role_arn)


def waiting_for(inner: str, pattern: str = "", **parameters: Any) -> dict[str, Any]:
    parameters = {"StateMachineArn": inner, "Input": {"rides": 12, "own.$": "$$.Execution.Id"}} | parameters
    return {"Start": {"Type": "Task", "Resource": f"{START}{pattern}", "Parameters": parameters, "End": True}}


def test_newer_pattern_gives_the_output_as_json(client: Client, states_role: str) -> None:
    name = unique("inner")
    described = run(client, waiting_for(pass_on(client, states_role), ".sync:2", Name=name), states_role)
    assert described["status"] == "SUCCEEDED", described.get("cause")
    output = json.loads(described["output"])
    assert output["Output"] == {"given": {"rides": 12, "own": described["executionArn"]}}
    assert output["Input"]["rides"] == 12
    assert (output["Name"], output["Status"]) == (name, "SUCCEEDED")
    assert output["ExecutionArn"].endswith(f":{name}")
    assert {"StateMachineArn", "StartDate", "StopDate"} <= set(output)


def test_older_pattern_gives_the_text_of_it(client: Client, states_role: str) -> None:
    described = run(client, waiting_for(pass_on(client, states_role), ".sync"), states_role)
    output = json.loads(described["output"])
    assert json.loads(output["Output"])["given"]["rides"] == 12


def test_without_a_pattern_the_start_is_all(client: Client, states_role: str) -> None:
    described = run(client, waiting_for(pass_on(client, states_role)), states_role)
    output = json.loads(described["output"])
    assert set(output) == {"ExecutionArn", "StartDate"}
    assert ended(client, output["ExecutionArn"])["status"] == "SUCCEEDED"


def test_failure_of_the_inner_execution_is_the_tasks_with_error_and_cause(client: Client, states_role: str) -> None:
    states = {"Stop": {"Type": "Fail", "Error": "PromotionConflict", "Cause": "another is under way"}}
    inner = machine(client, {"StartAt": "Stop", "States": states}, states_role)
    described = run(client, waiting_for(inner, ".sync:2"), states_role)
    assert (described["status"], described["error"]) == ("FAILED", "States.TaskFailed")
    cause = json.loads(described["cause"])
    assert (cause["Status"], cause["Error"], cause["Cause"]) == ("FAILED", "PromotionConflict", "another is under way")


def test_role_needs_the_grant(client: Client, states_role: str) -> None:
    nobody = role(client, "states.amazonaws.com")
    described = run(client, waiting_for(pass_on(client, states_role), ".sync:2"), nobody)
    assert described["status"] == "FAILED"
    assert "states:StartExecution" in described["cause"]


def test_inner_execution_is_stopped_when_the_task_times_out(client: Client) -> None:
    actions = ("states:StartExecution", "states:DescribeExecution", "states:StopExecution")
    role_arn = role(client, "states.amazonaws.com", allow(*actions))
    wait = {"Wait": {"Type": "Wait", "Seconds": 300, "End": True}}
    inner = machine(client, {"StartAt": "Wait", "States": wait}, role_arn)
    outer = waiting_for(inner, ".sync:2")
    # Time enough to start the inner one, on a slow machine too.
    outer["Start"]["TimeoutSeconds"] = 5
    described = run(client, outer, role_arn)
    assert (described["status"], described["error"]) == ("FAILED", "States.Timeout")
    (stopped,) = until(
        lambda: account.entries(client("stepfunctions"), "list_executions", "executions", stateMachineArn=inner),
        lambda executions: executions[0]["status"] != "RUNNING",
    )
    assert stopped["status"] == "ABORTED"


def sdk_call(action: str, parameters: dict[str, Any], **fields: Any) -> dict[str, Any]:
    resource = f"arn:aws:states:::aws-sdk:{action}"
    return {"Call": {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True} | fields}


def test_names_of_sdk_integrations_begin_with_a_capital_both_ways(client: Client, states_role: str) -> None:
    inner = execute(client, pass_on(client, states_role), {"rides": 1})
    described = run(client, sdk_call("sfn:describeExecution", {"ExecutionArn": inner["executionArn"]}), states_role)
    output = json.loads(described["output"])
    assert (output["ExecutionArn"], output["Status"]) == (inner["executionArn"], "SUCCEEDED")


def test_execution_that_is_not_there_has_an_error_of_its_own(client: Client, states_role: str) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:execution:no-machine:no-execution"
    described = run(client, sdk_call("sfn:describeExecution", {"ExecutionArn": arn}), states_role)
    assert described["error"] == "Sfn.ExecutionDoesNotExistException"


def test_body_of_an_object_is_the_json_of_what_is_given(client: Client) -> None:
    bucket = unique("registry")
    client("s3").create_bucket(Bucket=bucket)
    writer = role(client, "states.amazonaws.com", allow("s3:PutObject", resource=f"arn:aws:s3:::{bucket}/*"))
    parameters = {"Bucket": bucket, "Key": "models/registry/a:b+c.json", "Body": {"version": "3", "weights": [0.1, 1]}}
    assert run(client, sdk_call("s3:putObject", parameters), writer)["status"] == "SUCCEEDED"
    written = client("s3").get_object(Bucket=bucket, Key=parameters["Key"])["Body"].read()
    assert json.loads(written) == parameters["Body"]


def test_execution_that_was_just_started_can_be_asked_for_and_stopped(
    client: Client, states_role: str, server: EmbeddedAws
) -> None:
    """One so long that it takes a while to parse."""
    parameters = {f"text{number}.$": "States.Format('{} {}', $.a, $.b)" for number in range(1000)}
    states = {
        "Format": {"Type": "Pass", "Parameters": parameters, "ResultPath": "$.texts", "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 300, "End": True},
    }
    long = machine(client, {"StartAt": "Format", "States": states}, states_role)
    # A second attempt would come late enough.
    once = Config(retries={"total_max_attempts": 1})
    keys: Any = {"aws_access_key_id": server.access_key_id, "aws_secret_access_key": server.secret_access_key}
    stepfunctions = Session().client("stepfunctions", "us-east-1", endpoint_url=server.endpoint, config=once, **keys)
    execution = {
        "executionArn": stepfunctions.start_execution(stateMachineArn=long, input='{"a": 1, "b": 2}')["executionArn"]
    }
    assert account.entries(stepfunctions, "list_map_runs", "mapRuns", **execution) == []
    stepfunctions.stop_execution(**execution)
    assert ended(client, execution["executionArn"])["status"] == "ABORTED"


def test_execution_stopped_in_the_middle_of_a_state_is_aborted(client: Client, states_role: str) -> None:
    parameters = {f"list{number}.$": "States.ArrayUnique(States.ArrayRange(1, 1000, 1))" for number in range(20)}
    states = {
        "Work": {"Type": "Pass", "Parameters": parameters, "ResultPath": None, "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 300, "End": True},
    }
    busy = machine(client, {"StartAt": "Work", "States": states}, states_role)
    execution = {"executionArn": client("stepfunctions").start_execution(stateMachineArn=busy)["executionArn"]}
    client("stepfunctions").stop_execution(**execution, error="Enough", cause="of it")
    stopped = ended(client, execution["executionArn"])
    assert (stopped["status"], stopped.get("error"), stopped.get("cause")) == ("ABORTED", "Enough", "of it")
    last = account.entries(client("stepfunctions"), "get_execution_history", "events", **execution)[-1]
    assert (last["type"], last["executionAbortedEventDetails"]["cause"]) == ("ExecutionAborted", "of it")
