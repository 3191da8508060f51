"""AWS Step Functions: what it calls in other services, as the state machine's role, and the names of their errors."""

import json
from typing import Any

import pytest

from caller import Caller, allow

GUIDE = "AWS Step Functions Developer Guide: "
PASS = {"Type": "Pass", "End": True}


def task(resource: str, parameters: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True} | fields


@pytest.mark.document(GUIDE + "Invoke an AWS Lambda function with Step Functions")
def test_function_is_invoked_and_its_exception_is_caught_by_name(caller: Caller) -> None:
    code = (
        "class Lame(Exception): pass\n"
        "def handler(event, context):\n"
        "    if event.get('lame'): raise Lame('Angel')\n"
        "    return event\n"
    )
    arn = caller.function(code)
    catch = [{"ErrorEquals": ["Lame"], "ResultPath": "$.error", "Next": "Caught"}]
    call = task("lambda:invoke", {"FunctionName": arn, "Payload.$": "$"}, OutputPath="$.Payload", Catch=catch)
    machine = caller.machine(
        {"StartAt": "Call", "States": {"Call": call, "Caught": PASS}}, allow("lambda:InvokeFunction")
    )
    assert json.loads(caller.execute(machine, {"ride": 1})["output"]) == {"ride": 1}
    caught = json.loads(caller.execute(machine, {"lame": 1})["output"])
    assert (caught["error"]["Error"], json.loads(caught["error"]["Cause"])["errorMessage"]) == ("Lame", "Angel")


@pytest.mark.document(GUIDE + "Handling errors in Step Functions workflows (Retry)")
def test_task_is_tried_again(caller: Caller) -> None:
    arn = caller.function("def handler(event, context):\n    raise ValueError('no')\n")
    retry = [{"ErrorEquals": ["ValueError"], "IntervalSeconds": 1, "BackoffRate": 1, "MaxAttempts": 2}]
    call = {"Type": "Task", "Resource": arn, "Retry": retry, "End": True}
    described = caller.run({"Call": call}, None, allow("lambda:InvokeFunction"))
    assert described["error"] == "ValueError"
    history = caller.client("stepfunctions").get_execution_history(executionArn=described["executionArn"])["events"]
    assert [each["type"] for each in history].count("LambdaFunctionFailed") == 3


@pytest.mark.document(GUIDE + "Handling errors in Step Functions workflows (States.Timeout)")
def test_task_runs_out_of_time(caller: Caller) -> None:
    arn = caller.function("import time\ndef handler(event, context):\n    time.sleep(20)\n", Timeout=30)
    call = {"Type": "Task", "Resource": arn, "TimeoutSeconds": 2, "End": True}
    assert caller.run({"Call": call}, None, allow("lambda:InvokeFunction"))["error"] == "States.Timeout"


@pytest.mark.document(GUIDE + "Perform DynamoDB CRUD operations with Step Functions")
def test_item_is_put_and_read(caller: Caller) -> None:
    name = caller.table("id")
    put = task("dynamodb:putItem", {"TableName": name, "Item": {"id": {"S": "1"}, "fare": {"N": "3"}}})
    read = task("dynamodb:getItem", {"TableName": name, "Key": {"id": {"S": "1"}}})
    put = {key: value for key, value in put.items() if key != "End"} | {"Next": "Read"}
    described = caller.run({"Put": put, "Read": read}, None, allow("dynamodb:*"))
    assert json.loads(described["output"])["Item"] == {"id": {"S": "1"}, "fare": {"N": "3"}}


@pytest.mark.document(GUIDE + "Perform DynamoDB CRUD operations with Step Functions (errors)")
def test_condition_that_fails_is_caught_by_name(caller: Caller) -> None:
    name = caller.table("id")
    caller.client("dynamodb").put_item(TableName=name, Item={"id": {"S": "1"}})
    parameters = {"TableName": name, "Item": {"id": {"S": "1"}}, "ConditionExpression": "attribute_not_exists(id)"}
    described = caller.run({"Put": task("dynamodb:putItem", parameters)}, None, allow("dynamodb:*"))
    assert described["error"] == "DynamoDB.ConditionalCheckFailedException"
    described = caller.run({"Put": task("aws-sdk:dynamodb:putItem", parameters)}, None, allow("dynamodb:*"))
    assert described["error"] == "DynamoDb.ConditionalCheckFailedException"


@pytest.mark.document(GUIDE + "Send messages to an Amazon SQS queue with Step Functions")
def test_message_is_sent(caller: Caller) -> None:
    url = caller.queue()
    send = task("sqs:sendMessage", {"QueueUrl": url, "MessageBody": {"ride.$": "$.ride"}})
    sent = json.loads(caller.run({"Send": send}, {"ride": 1}, allow("sqs:SendMessage"))["output"])
    (message,) = caller.receive(url)
    assert (json.loads(message["Body"]), message["MessageId"]) == ({"ride": 1}, sent["MessageId"])


@pytest.mark.document(GUIDE + "Add EventBridge events with Step Functions")
def test_event_that_fails_fails_the_state(caller: Caller) -> None:
    entries = {
        "Entries": [{"Detail": {"ride": 1}, "DetailType": "ride", "EventBusName": "default", "Source": "conformance"}]
    }
    described = caller.run({"Put": task("events:putEvents", entries)}, None, allow("events:PutEvents"))
    answer = json.loads(described["output"])
    assert answer["FailedEntryCount"] == 0
    assert answer["SdkHttpMetadata"]["HttpStatusCode"] == 200


@pytest.mark.document(GUIDE + "Learning to use AWS service SDK integrations in Step Functions")
def test_sdk_integration_has_names_with_capitals(caller: Caller) -> None:
    bucket = caller.bucket()
    put = task("aws-sdk:s3:putObject", {"Bucket": bucket, "Key": "a", "Body": {"ride": 1}}, ResultPath=None)
    put = {key: value for key, value in put.items() if key != "End"} | {"Next": "List"}
    listed = task("aws-sdk:s3:listObjectsV2", {"Bucket": bucket}, OutputPath="$.Contents[0].Key")
    described = caller.run({"Put": put, "List": listed}, {}, allow("s3:*"))
    assert json.loads(described["output"]) == "a"
    assert json.loads(caller.client("s3").get_object(Bucket=bucket, Key="a")["Body"].read()) == {"ride": 1}


@pytest.mark.document(GUIDE + "Learning to use AWS service SDK integrations in Step Functions (errors)")
def test_sdk_integration_fails_by_the_services_name(caller: Caller) -> None:
    parameters = {"Bucket": caller.bucket(), "Key": "none"}
    described = caller.run({"Get": task("aws-sdk:s3:getObject", parameters)}, None, allow("s3:*"))
    assert described["error"] == "S3.NoSuchKeyException"


@pytest.mark.document(GUIDE + "How Step Functions generates IAM policies for integrated services")
def test_machine_may_do_what_its_role_may(caller: Caller) -> None:
    url = caller.queue()
    send = task("sqs:sendMessage", {"QueueUrl": url, "MessageBody": "ride"})
    caller.place.enforce(True)
    try:
        described = caller.run({"Send": send}, None, allow("sqs:ReceiveMessage"))
    finally:
        caller.place.enforce(False)
    assert described["status"] == "FAILED"


@pytest.mark.document(GUIDE + "Start an AWS Glue job with Step Functions")
def test_definition_may_run_jobs_of_glue(caller: Caller) -> None:
    machine = caller.machine(
        {"StartAt": "A", "States": {"A": task("glue:startJobRun.sync", {"JobName": "none"})}}, allow("glue:*")
    )
    described = caller.client("stepfunctions").describe_state_machine(stateMachineArn=machine)
    assert described["status"] == "ACTIVE"
    assert caller.execute(machine)["error"] == "Glue.EntityNotFoundException"


@pytest.mark.document(GUIDE + "Call HTTPS APIs in Step Functions workflows")
@pytest.mark.differs("HTTP tasks are not carried")
def test_definition_may_call_an_api(caller: Caller) -> None:
    connection = {
        "ConnectionArn": "arn:aws:events:us-east-1:123456789012:connection/none/11111111-1111-1111-1111-111111111111"
    }
    parameters = {"ApiEndpoint": "https://example.com", "Method": "GET", "InvocationConfig": connection}
    machine = {"StartAt": "A", "States": {"A": task("http:invoke", parameters)}}
    assert caller.client("stepfunctions").describe_state_machine(stateMachineArn=caller.machine(machine))["name"]
