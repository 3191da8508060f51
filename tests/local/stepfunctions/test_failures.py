"""Errors and refusals by AWS's names, as the developer guide's "Handling errors" and the API reference list them."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

import machines
from local.stepfunctions.start_requests import MOST_INPUT_BYTES
from machines import Client, allow, ended, machine, role, run
from redrives import history

PASS = {"Type": "Pass", "End": True}
ALL = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Caught"}]
READER = {
    "Resource": "arn:aws:states:::s3:getObject",
    "ReaderConfig": {"InputType": "JSON"},
    "Parameters": {"Bucket.$": "$.bucket", "Key": "rides.json"},
}
READ = {
    "Type": "Map",
    "ItemReader": READER,
    "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Ride",
        "States": {"Ride": PASS},
    },
    "Catch": ALL,
    "End": True,
}


@pytest.fixture(scope="module")
def nobody(client: Client) -> str:
    """A role of Step Functions that may do nothing."""
    return role(client, "states.amazonaws.com")


@pytest.fixture(scope="module")
def sender(client: Client) -> tuple[str, str]:
    """A queue, and a role of Step Functions that may send to it."""
    queue = client("sqs").create_queue(QueueName=machines.unique("tokens"))["QueueUrl"]
    return queue, role(client, "states.amazonaws.com", allow("sqs:SendMessage"))


def choice(rule: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"Which?": {"Type": "Choice", "Choices": [rule | {"Next": "End"}], **fields}, "End": {"Type": "Succeed"}}


def wait_for_token(queue: str, **fields: Any) -> dict[str, Any]:
    message = {"QueueUrl": queue, "MessageBody": {"token.$": "$$.Task.Token", "retries.$": "$$.State.RetryCount"}}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": message,
        "End": True,
    } | fields


def token_of(client: Client, queue: str) -> dict[str, Any]:
    (message,) = client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"]
    client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return json.loads(message["Body"])


@pytest.mark.parametrize(
    ("states", "error", "cause"),
    [
        (
            choice({"Variable": "$.ride.id", "StringEquals": "a"}, Default="End"),
            "States.Runtime",
            "Invalid path '$.ride.id': The choice state's condition path references an invalid value.",
        ),
        (choice({"Variable": "$.n", "NumericEquals": 2}), "States.NoChoiceMatched", "No Choice rule of 'Which?'"),
        (
            {"A": PASS | {"Result": 1, "ResultPath": "$.n.m"}},
            "States.ResultPathMatchFailure",
            "Unable to apply ResultPath '$.n.m'",
        ),
        (
            {"A": PASS | {"Parameters": {"ride.$": "States.ArrayGetItem(States.Array(1), 9)"}}},
            "States.IntrinsicFailure",
            "The function 'States.ArrayGetItem(States.Array(1), 9)' had the following error: list index out of range",
        ),
        (
            {
                "A": {"Type": "Pass", "Result": "x" * 140_000, "ResultPath": "$.half", "Next": "B"},
                "B": PASS | {"Parameters": {"one.$": "$.half", "two.$": "$.half"}},
            },
            "States.DataLimitExceeded",
            "The state/task 'B' returned a result with a size exceeding the maximum number of bytes service limit.",
        ),
    ],
)
def test_error_has_the_name_of_awss_table(
    client: Client, nobody: str, states: dict[str, Any], error: str, cause: str
) -> None:
    described = run(client, states, nobody, {"n": 1})
    assert (described["status"], described["error"]) == ("FAILED", error)
    assert cause in described["cause"]
    assert described["stopDate"] >= described["startDate"]


@pytest.mark.parametrize(
    ("letters", "status"),
    [
        ("ü" * 60_000, "SUCCEEDED"),
        ("ü" * 131_070, "SUCCEEDED"),
        ("ü" * 131_072, "FAILED"),
        ("\U0001f984" * 65_536, "FAILED"),
    ],
)
def test_data_is_limited_by_its_bytes_in_utf_8(client: Client, nobody: str, letters: str, status: str) -> None:
    """Step Functions service quotas: 262,144 bytes as a UTF-8 encoded string, and a text has two quotation marks."""
    join = PASS | {"Parameters": {"text.$": "States.Format('{}{}', $.half, $.half)"}, "OutputPath": "$.text"}
    started = client("stepfunctions").start_execution(
        stateMachineArn=machine(client, {"StartAt": "Join", "States": {"Join": join}}, nobody),
        input=json.dumps({"half": letters[::2]}, ensure_ascii=False),
    )
    described = ended(client, started["executionArn"])
    outcome = json.loads(described["output"]) if status == "SUCCEEDED" else described["error"]
    expected = letters if status == "SUCCEEDED" else "States.DataLimitExceeded"
    assert (described["status"], outcome == expected) == (status, True)


def test_only_is_present_asks_for_what_may_be_missing(client: Client, nobody: str) -> None:
    present, equal = {"Variable": "$.id", "IsPresent": True}, {"Variable": "$.id", "StringEquals": "a"}
    both = choice({"And": [present, equal]}, Default="End")
    either = choice({"Or": [{"Not": present}, equal]})
    assert run(client, both, nobody)["status"] == "SUCCEEDED"
    assert run(client, either, nobody)["status"] == "SUCCEEDED"
    assert run(client, choice({"Variable": "$.id", "IsNull": False}, Default="End"), nobody)["status"] == "FAILED"


def test_denied_function_fails_by_awslambdaexception(client: Client, nobody: str) -> None:
    arn = machines.function(client, "def handler(event, context): pass", role(client, "lambda.amazonaws.com"))
    integrated = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": arn},
        "End": True,
    }
    for task in (integrated, {"Type": "Task", "Resource": arn, "End": True}):
        described = run(client, {"Call": task}, nobody)
        assert described["error"] == "Lambda.AWSLambdaException"
        assert "(Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException; " in described["cause"]


def test_reader_that_fails_can_be_caught_by_its_name(client: Client, nobody: str) -> None:
    states = {"Read": READ, "Caught": PASS}
    caught = json.loads(run(client, states, nobody, {"bucket": machines.unique("rides")})["output"])
    assert caught["error"]["Error"] == "States.ItemReaderFailed"


def test_states_all_catches_neither_states_runtime_nor_data_limit_exceeded(client: Client, nobody: str) -> None:
    branch = {"StartAt": "A", "States": {"A": PASS | {"InputPath": "$.none"}}}
    states = {"Both": {"Type": "Parallel", "Branches": [branch], "Catch": ALL, "End": True}, "Caught": PASS}
    described = run(client, states, nobody)
    assert (described["status"], described["error"]) == ("FAILED", "States.Runtime")


def test_error_and_cause_of_a_failed_task_token_are_the_tasks(client: Client, sender: tuple[str, str]) -> None:
    queue, executor = sender
    states = {"Ask": wait_for_token(queue, Catch=ALL), "Caught": PASS}
    arn = machine(client, {"StartAt": "Ask", "States": states}, executor)
    started = client("stepfunctions").start_execution(stateMachineArn=arn)["executionArn"]
    message = token_of(client, queue)
    assert message["retries"] == 0
    client("stepfunctions").send_task_failure(taskToken=message["token"], error="Refused", cause="too far")
    caught = json.loads(ended(client, started)["output"])
    assert caught["error"] == {"Error": "Refused", "Cause": "too far"}
    with pytest.raises(ClientError) as refusal:
        client("stepfunctions").send_task_success(taskToken=message["token"], output="{}")
    assert refusal.value.response["Error"]["Code"] in ("InvalidToken", "TaskTimedOut")


def test_task_without_heartbeats_is_caught_by_either_name(client: Client, sender: tuple[str, str]) -> None:
    queue, executor = sender
    catch = [{"ErrorEquals": ["States.HeartbeatTimeout"], "ResultPath": "$.error", "Next": "Caught"}]
    task = wait_for_token(queue, HeartbeatSeconds=1, TimeoutSeconds=60, Catch=catch)
    described = run(client, {"Ask": task, "Caught": PASS}, executor)
    assert json.loads(described["output"])["error"]["Error"] == "States.Timeout"
    token_of(client, queue)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "InvalidExecutionInput"),
        ("NaN", "InvalidExecutionInput"),
        ('{"fare": -Infinity}', "InvalidExecutionInput"),
        ("", "InvalidExecutionInput"),
        ("[" * MOST_INPUT_BYTES, "InvalidExecutionInput"),
        (json.dumps("x" * (MOST_INPUT_BYTES - 1)), "ValidationException"),
        (json.dumps("é" * (MOST_INPUT_BYTES // 2), ensure_ascii=False), "ValidationException"),
    ],
)
def test_input_that_aws_refuses_starts_nothing(client: Client, nobody: str, text: str, code: str) -> None:
    arn = machine(client, {"StartAt": "A", "States": {"A": PASS}}, nobody)
    with pytest.raises(ClientError) as refusal:
        client("stepfunctions").start_execution(stateMachineArn=arn, input=text)
    answer = refusal.value.response
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]) == (400, code)
    assert client("stepfunctions").list_executions(stateMachineArn=arn, maxResults=1)["executions"] == []


@pytest.mark.parametrize("operation", ["StartExecution", "ValidateStateMachineDefinition", "DescribeExecution"])
@pytest.mark.parametrize("body", [b"{", b"[]", b'{"input": NaN}'])
def test_body_that_is_no_json_object_is_the_callers_fault(client: Client, operation: str, body: bytes) -> None:
    states = client("stepfunctions")

    def send_body(params: dict[str, Any], **_: Any) -> None:
        params["body"] = body

    calls = {
        "StartExecution": lambda: states.start_execution(stateMachineArn="a"),
        "ValidateStateMachineDefinition": lambda: states.validate_state_machine_definition(definition="{}"),
        "DescribeExecution": lambda: states.describe_execution(executionArn="a"),
    }
    states.meta.events.register(f"before-call.sfn.{operation}", send_body)
    try:
        with pytest.raises(ClientError) as refusal:
            calls[operation]()
    finally:
        # Tests share the client.
        states.meta.events.unregister(f"before-call.sfn.{operation}", send_body)
    answer = refusal.value.response
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]) == (400, "SerializationException")


def test_error_of_a_workflows_own_may_begin_as_those_of_step_functions(client: Client) -> None:
    """Public workflows of AWS's own name errors so, which the States Language forbids."""
    failing = {"StartAt": "Fail", "States": {"Fail": {"Type": "Fail", "Error": "States.QuorumMet"}}}
    catch = [{"ErrorEquals": ["States.QuorumMet"], "Next": "Caught"}]
    retry = [{"ErrorEquals": ["States.NoSuchError"], "MaxAttempts": 1}]
    states: dict[str, Any] = {
        "Wait": {"Type": "Parallel", "Branches": [failing], "Retry": retry, "Catch": catch, "End": True},
        "Caught": {"Type": "Pass", "OutputPath": "$.Error", "End": True},
    }
    assert json.loads(run(client, states, role(client, "states.amazonaws.com"))["output"]) == "States.QuorumMet"


def test_call_that_gets_no_answer_fails_by_sdk_client_exception_and_is_made_again(client: Client, nobody: str) -> None:
    # Nothing has the host name that S3 gives an access point.
    place = {"Bucket": "arn:aws:s3:us-east-1:123456789012:accesspoint/nowhere", "Key": "rides.json"}
    retry = [{"ErrorEquals": ["S3.SdkClientException"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    states = {
        "Get": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
            "Parameters": place,
            "Retry": retry,
            "End": True,
        }
    }
    described = run(client, states, nobody)
    assert (described["status"], described["error"]) == ("FAILED", "S3.SdkClientException")
    assert described["cause"].startswith("Unable to execute HTTP request: Could not connect")
    events = history(client, described["executionArn"])
    assert [event["type"] for event in events].count("TaskFailed") == 2
