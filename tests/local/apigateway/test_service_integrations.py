"""APIs that call Step Functions: "Creating a Step Functions API using API Gateway", "Mapping template reference"."""

import json
import urllib.request
from typing import Any

import pytest

from http_caller import send
from local.account import entries
from local.apigateway.service_integrations import Call, call_of, escape_java_script
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


def deployed(client: Client, uri: str, credentials: str, template: str) -> str:
    """The id of an API whose POST /rides calls a service."""
    apis = client("apigateway")
    api_id = apis.create_rest_api(name=unique("rides"))["id"]
    (root,) = (each["id"] for each in entries(apis, "get_resources", "items", restApiId=api_id))
    resource = apis.create_resource(restApiId=api_id, parentId=root, pathPart="rides")["id"]
    method = {"restApiId": api_id, "resourceId": resource, "httpMethod": "POST"}
    apis.put_method(**method, authorizationType="NONE")
    templates = {"application/json": template}
    apis.put_integration(
        **method, type="AWS", integrationHttpMethod="POST", uri=uri, credentials=credentials, requestTemplates=templates
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


def posted(endpoint: str, api_id: str, body: Any) -> tuple[int, Any]:
    url = f"{endpoint}/_aws/execute-api/{api_id}/test/rides"
    headers = {"Content-Type": "application/json"}
    answer = send(urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST"))
    return answer.status, answer.json()
