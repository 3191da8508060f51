"""APIs that call Step Functions: "Creating a Step Functions API using API Gateway", "Mapping template reference"."""

import asyncio
import json
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ministack.services import apigateway, apigateway_v1

from http_caller import send
from local.account import ACCOUNT_ID, EmbeddedAws, entries
from local.apigateway import http_integrations, service_integrations
from local.apigateway.service_answers import answer_of, as_json
from local.apigateway.service_integrations import Call, call_of, escape_java_script, passes
from machines import Client, allow, ended, machine, role, unique

ECHO = {"StartAt": "Echo", "States": {"Echo": {"Type": "Pass", "End": True}}}


@pytest.mark.parametrize(
    ("uri", "call"),
    [
        (
            "arn:aws:apigateway:eu-west-1:states:action/StartExecution",
            Call("stepfunctions", "start_execution", "eu-west-1"),
        ),
        ("arn:aws:apigateway:us-east-1:dynamodb:action/PutItem", Call("dynamodb", "put_item", "us-east-1")),
        ("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:f/invocations", None),
        ("arn:aws:apigateway:us-east-1:sqs:path/123456789012/rides", None),
        ("https://elsewhere.example", None),
    ],
)
def test_what_an_integration_calls(uri: str, call: Call | None) -> None:
    assert call_of(uri) == call


def test_text_within_a_string_of_json() -> None:
    text = '{"ride": "it\'s\n\\"}'
    escaped = escape_java_script(text).replace("\\'", "'")
    assert json.loads(f'"{escaped}"') == text


@pytest.mark.parametrize("operation", ["close", "get_paginator", "generate_presigned_url", "meta", "start_ride"])
def test_what_a_client_of_boto3_has_beside_operations_is_no_call(operation: str) -> None:
    states = EmbeddedAws.on_port(1).client("stepfunctions")
    status, answer = answer_of(states, operation, {})
    assert (status, answer["__type"]) == (400, "UnknownOperationException")


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("put_item", {"TableName": "rides", "Ride": 7}),
        ("put_item", {"TableName": "rides", "Item": "text"}),
        ("put_item", {"TableName": "rides", "Item": {"id": {"X": "7"}}}),
        ("batch_get_item", {"RequestItems": {"rides": {"Keys": "text"}}}),
    ],
)
def test_parameters_that_cannot_be_written_are_refused(operation: str, parameters: dict[str, Any]) -> None:
    status, answer = answer_of(EmbeddedAws.on_port(1).client("dynamodb"), operation, parameters)
    assert (status, answer["__type"]) == (400, "SerializationException")


def test_bytes_of_an_answer_are_base_64() -> None:
    assert json.loads(as_json({"Item": {"key": {"B": b"hi"}}})) == {"Item": {"key": {"B": "aGk="}}}


TEMPLATES = {"application/json": "{}"}


@pytest.mark.parametrize(
    ("behaviour", "templates", "content_type", "taken"),
    [
        ("WHEN_NO_MATCH", TEMPLATES, "text/plain", True),
        ("WHEN_NO_MATCH", {}, "text/plain", True),
        ("WHEN_NO_TEMPLATES", TEMPLATES, "text/plain", False),
        ("WHEN_NO_TEMPLATES", TEMPLATES, "application/json; charset=utf-8", True),
        ("WHEN_NO_TEMPLATES", TEMPLATES, "", True),
        ("WHEN_NO_TEMPLATES", {}, "text/plain", True),
        ("when_no_templates", TEMPLATES, "text/plain", False),
        ("NEVER", TEMPLATES, "text/plain", False),
        ("NEVER", TEMPLATES, "application/json", True),
        ("NEVER", {}, "application/json", False),
        (None, TEMPLATES, "text/plain", True),
    ],
)
def test_content_that_an_integration_takes(
    behaviour: str | None, templates: dict[str, str], content_type: str, taken: bool
) -> None:
    integration = {"passthroughBehavior": behaviour, "requestTemplates": templates}
    assert passes(integration, content_type) is taken


def test_call_of_a_service_leaves_the_pool_to_the_server_that_answers_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, names in (
        (apigateway_v1, ("_invoke_lambda_custom_v1", "_check_passthrough_behavior", "_vtl_util")),
        (apigateway, ("_invoke_lambda_proxy",)),
    ):
        for name in names:
            monkeypatch.setattr(module, name, getattr(module, name))  # what is installed goes with the test
    service_integrations.install("http://127.0.0.1:1")
    http_integrations.install("http://127.0.0.1:1")
    rest = {"uri": "arn:aws:apigateway:us-east-1:states:action/StartExecution"}
    http = {"integrationSubtype": "StepFunctions-StartExecution"}

    async def answers() -> list[Any]:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(1))

        def answer(*_: Any) -> int:
            # As the server answers the call: with a thread of the pool, which has one.
            return asyncio.run_coroutine_threadsafe(asyncio.to_thread(lambda: 7), loop).result(timeout=30)

        monkeypatch.setattr(service_integrations, "_respond", answer)
        monkeypatch.setattr(http_integrations, "_call", answer)
        return [
            await apigateway_v1._invoke_lambda_custom_v1(
                rest, "a1", "s", {}, {"path": "/"}, "/", "POST", {}, b"", {}, {}
            ),
            await apigateway._invoke_lambda_proxy(http, "a1", "s", "/", "POST", {}, b"", {}, "POST /", {}),
        ]

    assert asyncio.run(answers()) == [7, 7]


def deployed(client: Client, uri: str, credentials: str, template: str, **others: Any) -> str:
    """The id of an API whose POST /rides calls a service."""
    apis = client("apigateway")
    api_id = apis.create_rest_api(name=unique("rides"))["id"]
    (root,) = (each["id"] for each in entries(apis, "get_resources", "items", restApiId=api_id))
    resource = apis.create_resource(restApiId=api_id, parentId=root, pathPart="rides")["id"]
    method = {"restApiId": api_id, "resourceId": resource, "httpMethod": "POST"}
    apis.put_method(**method, authorizationType="NONE")
    templates = {"application/json": template}
    apis.put_integration(
        **method,
        type="AWS",
        integrationHttpMethod="POST",
        uri=uri,
        credentials=credentials,
        requestTemplates=templates,
        **others,
    )
    for status, pattern in (("200", {}), ("400", {"selectionPattern": "4.."})):
        apis.put_method_response(**method, statusCode=status)
        apis.put_integration_response(**method, statusCode=status, **pattern)
    apis.create_deployment(restApiId=api_id, stageName="test")
    return api_id


def test_post_starts_an_execution_as_the_role_of_the_integration(client: Client, endpoint: str) -> None:
    echo = machine(client, ECHO, role(client, "states.amazonaws.com"))
    starter = role(client, "apigateway.amazonaws.com", allow("states:StartExecution", resource=echo))
    template = json.dumps({"stateMachineArn": echo, "input": "INPUT"}).replace(
        "INPUT", "$util.escapeJavaScript($input.json('$'))"
    )
    uri = "arn:aws:apigateway:us-east-1:states:action/StartExecution"
    api_id = deployed(client, uri, starter, template)
    status, answer = posted(endpoint, api_id, {"ride": 7})
    assert (status, set(answer)) == (200, {"executionArn", "startDate"})
    assert json.loads(ended(client, answer["executionArn"])["output"]) == {"ride": 7}
    nobody = role(client, "apigateway.amazonaws.com")
    status, answer = posted(endpoint, deployed(client, uri, nobody, template), {})
    assert (status, answer["__type"]) == (400, "AccessDeniedException")


def test_content_without_a_template_never_reaches_the_action(client: Client, endpoint: str) -> None:
    echo = machine(client, ECHO, role(client, "states.amazonaws.com"))
    starter = role(client, "apigateway.amazonaws.com", allow("states:StartExecution", resource=echo))
    uri = "arn:aws:apigateway:us-east-1:states:action/StartExecution"
    api_id = deployed(client, uri, starter, "{}", passthroughBehavior="WHEN_NO_TEMPLATES")
    status, answer = posted(endpoint, api_id, {"stateMachineArn": echo}, "text/plain")
    assert (status, answer) == (415, {"message": "Unsupported Media Type"})


def test_service_that_takes_too_long_is_a_timeout(client: Client, endpoint: str) -> None:
    waiting = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 2, "End": True}}}
    waits = machine(client, waiting, role(client, "states.amazonaws.com"), type="EXPRESS")
    starter = role(client, "apigateway.amazonaws.com", allow("states:StartSyncExecution", resource=waits))
    uri = "arn:aws:apigateway:us-east-1:states:action/StartSyncExecution"
    api_id = deployed(client, uri, starter, json.dumps({"stateMachineArn": waits}), timeoutInMillis=50)
    assert posted(endpoint, api_id, {}) == (504, {"message": "Endpoint request timed out"})


def test_trust_may_name_the_method_that_lends_the_role(client: Client, endpoint: str) -> None:
    echo = machine(client, ECHO, role(client, "states.amazonaws.com"))
    starter = role(client, "apigateway.amazonaws.com", allow("states:StartExecution", resource=echo))
    uri = "arn:aws:apigateway:us-east-1:states:action/StartExecution"
    api_id = deployed(client, uri, starter, json.dumps({"stateMachineArn": echo}))
    statuses = []
    for stage in ("test", "prod"):
        source = f"arn:aws:execute-api:us-east-1:{ACCOUNT_ID}:{api_id}/{stage}/POST/rides"
        trust = {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Service": "apigateway.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceArn": source}},
            },
        }
        client("iam").update_assume_role_policy(RoleName=starter.rpartition("/")[2], PolicyDocument=json.dumps(trust))
        statuses.append(posted(endpoint, api_id, {})[0])
    assert statuses == [200, 500]


def posted(endpoint: str, api_id: str, body: Any, content_type: str = "application/json") -> tuple[int, Any]:
    url = f"{endpoint}/_aws/execute-api/{api_id}/test/rides"
    headers = {"Content-Type": content_type}
    answer = send(urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST"))
    return answer.status, answer.json()
