"""Outputs and errors of integrations: "Integrating optimized services", "AWS SDK service integrations"."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from local.stepfunctions.api_invocations import output_of, url_of
from local.stepfunctions.calls import class_name, error_prefix
from local.stepfunctions.tables import typed
from local.stepfunctions.yaml_definitions import as_json
from machines import Client, allow, function, role, run, unique


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("DynamoDB", "DynamoDb"),
        ("SFN", "Sfn"),
        ("S3", "S3"),
        ("EC2", "Ec2"),
        ("CloudWatch Logs", "CloudWatchLogs"),
        ("EventBridge", "EventBridge"),
        ("SageMaker Runtime", "SageMakerRuntime"),
        ("ECR", "Ecr"),
    ],
)
def test_services_are_called_as_in_the_sdk_for_java(service: str, name: str) -> None:
    assert class_name(service) == name


def test_prefix_of_errors_is_that_of_the_service_that_a_resource_names() -> None:
    prefixes = [error_prefix(name) for name in ("dynamodb", "sfn", "s3", "nothing")]
    assert prefixes == ["DynamoDb", "Sfn", "S3", "nothing"]


def table(client: Client) -> str:
    name = unique("rides")
    client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def test_condition_that_fails_is_caught_by_the_name_of_each_integration(client: Client) -> None:
    name, writer = table(client), role(client, "states.amazonaws.com", allow("dynamodb:*"))
    parameters = {"TableName": name, "Item": {"id": {"S": "7"}}, "ConditionExpression": "attribute_not_exists(id)"}
    for resource, error in (
        ("arn:aws:states:::aws-sdk:dynamodb:putItem", "DynamoDb.ConditionalCheckFailedException"),
        ("arn:aws:states:::dynamodb:putItem", "DynamoDB.ConditionalCheckFailedException"),
    ):
        put = {"Type": "Task", "Resource": resource, "Parameters": parameters}
        catch = [{"ErrorEquals": [error], "Next": "Caught"}]
        states: dict[str, Any] = {
            "First": put | {"Next": "Second", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Second"}]},
            "Second": put | {"End": True, "Catch": catch},
            "Caught": {"Type": "Pass", "Result": "caught", "End": True},
        }
        assert json.loads(run(client, states, writer)["output"]) == "caught"


def test_texts_are_string_attributes_of_dynamodbs_optimised_integration(client: Client) -> None:
    name, writer = table(client), role(client, "states.amazonaws.com", allow("dynamodb:*"))
    item = {"id.$": "$.id", "tags": {"L": ["new", {"N": "1"}]}, "done": {"BOOL": "false"}}
    states: dict[str, Any] = {
        "Put": {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:putItem",
            "Parameters": {"TableName": name, "Item": item},
            "ResultPath": "$.put",
            "Next": "Get",
        },
        "Get": {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:getItem",
            "Parameters": {"TableName": name, "Key": {"id.$": "$.id"}},
            "End": True,
        },
    }
    output = json.loads(run(client, states, writer, {"id": "7"})["output"])
    assert output["Item"] == {"id": {"S": "7"}, "tags": {"L": [{"S": "new"}, {"N": "1"}]}, "done": {"BOOL": False}}
    assert output["SdkHttpMetadata"]["HttpStatusCode"] == 200
    assert output["SdkResponseMetadata"]["RequestId"]
    assert typed({"Key": {"M": {"M": {"a": "b"}}}}) == {"Key": {"M": {"M": {"a": {"S": "b"}}}}}


def test_optimised_integrations_alone_hand_on_the_metadata_of_http(client: Client) -> None:
    arn = function(client, "def handler(e, c):\n    return 7\n", role(client, "lambda.amazonaws.com"))
    invoker = role(client, "states.amazonaws.com", allow("lambda:*"))
    call = {"Type": "Task", "Parameters": {"FunctionName": arn, "Payload": {}}, "End": True}
    optimised = run(client, {"Call": call | {"Resource": "arn:aws:states:::lambda:invoke"}}, invoker)
    output = json.loads(optimised["output"])
    assert (output["Payload"], output["StatusCode"], output["SdkHttpMetadata"]["HttpStatusCode"]) == (7, 200, 200)
    assert {name: [value] for name, value in output["SdkHttpMetadata"]["HttpHeaders"].items()} == output[
        "SdkHttpMetadata"
    ]["AllHttpHeaders"]
    by_sdk = run(client, {"Call": call | {"Resource": "arn:aws:states:::aws-sdk:lambda:invoke"}}, invoker)
    assert set(json.loads(by_sdk["output"])) == {"ExecutedVersion", "Payload", "StatusCode"}


@pytest.mark.parametrize("host", ["elsewhere.example", "a1.execute-api.us-east-1.amazonaws.com.example", "127.0.0.1:1"])
def test_only_apis_of_api_gateway_are_called(host: str) -> None:
    with pytest.raises(ValueError, match=r"is no API of API Gateway's"):
        url_of("http://127.0.0.1:4566", {"ApiEndpoint": host, "Method": "GET"})


@pytest.mark.parametrize(("status", "text"), [(201, "Created"), (299, "")])
def test_status_of_an_api_that_http_gives_no_name_has_no_text(status: int, text: str) -> None:
    response = SimpleNamespace(status_code=status, text="{}", headers={})
    assert output_of(response) == {"Headers": {}, "ResponseBody": {}, "StatusCode": status, "StatusText": text}


def test_definition_in_yaml_has_texts_where_json_has_them() -> None:
    text = "StartAt: Wait\nStates:\n  Wait:\n    Type: Wait\n    Timestamp: 2026-01-02T03:04:05Z\n    End: true\n"
    wait = {"Type": "Wait", "Timestamp": "2026-01-02T03:04:05Z", "End": True}
    assert json.loads(as_json(text)) == {"StartAt": "Wait", "States": {"Wait": wait}}
    assert as_json('{"StartAt": ') == '{"StartAt": '
    assert as_json("a: [") == "a: ["
