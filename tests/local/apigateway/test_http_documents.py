"""HTTP APIs out of a document: "Working with OpenAPI definitions for HTTP APIs", "Service integrations reference"."""

import json
import urllib.request
from typing import Any

import boto3
import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from http_caller import Answer, send
from local.account import EmbeddedAws
from local.apigateway.http_documents import UnsupportedDocumentError, routes
from local.apigateway.http_integrations import typed
from local.apigateway.service_answers import input_shape
from machines import Client, allow, function, machine, role, unique, until

INTEGRATION = "x-amazon-apigateway-integration"
ECHO = "def handler(event, context):\n    return {'path': event['pathParameters'], 'route': event['routeKey']}\n"


def document(*paths: tuple[str, str, dict[str, Any]], **extensions: Any) -> dict[str, Any]:
    items: dict[str, Any] = {}
    for path, method, operation in paths:
        items.setdefault(path, {})[method] = operation
    return {"openapi": "3.0.1", "info": {"title": "rides"}, "paths": items, **extensions}


def test_routes_of_a_document() -> None:
    operation = {INTEGRATION: {"type": "aws_proxy", "uri": "arn:function", "payloadFormatVersion": "2.0"}}
    signed = operation | {"x-amazon-apigateway-auth": {"type": "AWS_IAM"}}
    described = document(
        ("/rides", "get", operation),
        ("/rides", "x-amazon-apigateway-any-method", signed),
        ("/$default", "x-amazon-apigateway-any-method", operation),
        ("/nothing", "post", {"responses": {}}),
    )
    made = [(route["routeKey"], route["authorizationType"]) for route, _ in routes(described)]
    assert made == [("GET /rides", "NONE"), ("ANY /rides", "AWS_IAM"), ("$default", "NONE")]
    assert {integration["integrationType"] for _, integration in routes(described)} == {"AWS_PROXY"}


def test_route_whose_authorizer_is_not_supported_is_refused_and_never_open() -> None:
    guarded = {INTEGRATION: {"type": "aws_proxy", "uri": "arn:function"}, "security": [{"Tokens": []}]}
    with pytest.raises(UnsupportedDocumentError, match="The authorizer Tokens of GET /rides is not supported"):
        list(routes(document(("/rides", "get", guarded))))
    with pytest.raises(UnsupportedDocumentError, match="Tokens"):
        list(routes(document(("/rides", "get", {INTEGRATION: guarded[INTEGRATION]}), security=[{"Tokens": []}])))


def transformed(auth: dict[str, Any]) -> dict[str, Any]:
    """The document that the SAM transform writes for an API with a function at GET /rides."""
    event = {"Type": "HttpApi", "Properties": {"ApiId": {"Ref": "Api"}, "Path": "/rides", "Method": "GET"}}
    function = {"Runtime": "python3.12", "Handler": "app.handler", "InlineCode": ECHO, "Events": {"Get": event}}
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {
            "Api": {"Type": "AWS::Serverless::HttpApi", "Properties": {"Auth": auth}},
            "Function": {"Type": "AWS::Serverless::Function", "Properties": function},
        },
    }
    made = Translator({}, Parser(), boto_session=boto3.Session(region_name="us-east-1")).translate(template, {})
    return made["Resources"]["Api"]["Properties"]["Body"]


def test_api_of_sam_asks_for_a_signature_where_iam_is_its_authorizer() -> None:
    signed = transformed({"EnableIamAuthorizer": True, "DefaultAuthorizer": "AWS_IAM"})
    assert [route["authorizationType"] for route, _ in routes(signed)] == ["AWS_IAM"]
    assert [route["authorizationType"] for route, _ in routes(transformed({}))] == ["NONE"]


def test_scheme_that_only_has_the_name_of_iam_is_refused() -> None:
    operation = {INTEGRATION: {"type": "aws_proxy", "uri": "arn:function"}, "security": [{"AWS_IAM": []}]}
    with pytest.raises(UnsupportedDocumentError, match="The authorizer AWS_IAM of GET /rides is not supported"):
        list(routes(document(("/rides", "get", operation))))


def test_integration_may_be_a_component_of_the_document() -> None:
    reference = {"$ref": f"#/components/{INTEGRATION}s/echo"}
    described = document(("/rides", "get", {INTEGRATION: reference}))
    with pytest.raises(UnsupportedDocumentError, match="echo of GET /rides is not in the document"):
        list(routes(described))
    described["components"] = {f"{INTEGRATION}s": {"echo": {"type": "aws_proxy", "uri": "arn:function"}}}
    assert [integration["integrationUri"] for _, integration in routes(described)] == ["arn:function"]


@pytest.mark.parametrize(
    ("integration", "fault"),
    [
        ({}, "GET /rides has no URI"),
        ({"integrationSubtype": "Kinesis-PutRecord"}, "The subtype Kinesis-PutRecord is not supported"),
        (
            {"integrationSubtype": "SQS-SendMessage", "requestParameters": {"QueueUrl": "$stageVariables.queue"}},
            r"The parameter QueueUrl takes \$stageVariables\.queue",
        ),
        (
            {"integrationSubtype": "SQS-SendMessage", "requestParameters": {"MessageBody": "of ${context.requestId}"}},
            r"The parameter MessageBody takes \$\{context\.requestId\}",
        ),
    ],
)
def test_integration_that_could_not_be_called_as_it_says_is_refused(integration: dict[str, Any], fault: str) -> None:
    with pytest.raises(UnsupportedDocumentError, match=fault):
        list(routes(document(("/rides", "get", {INTEGRATION: {"type": "aws_proxy", **integration}}))))


def test_parameters_are_of_the_types_that_the_operation_takes() -> None:
    shape = input_shape(EmbeddedAws.on_port(1).client("sqs"), "send_message")
    texts = {"MessageBody": "7", "DelaySeconds": "7", "MessageAttributes": '{"a": {"DataType": "String"}}'}
    assert typed(texts, shape) == texts | {"DelaySeconds": 7, "MessageAttributes": {"a": {"DataType": "String"}}}
    assert typed({"DelaySeconds": "soon"}, shape) == {"DelaySeconds": "soon"}


def deployed(client: Client, body: dict[str, Any]) -> str:
    """The id of an HTTP API of a template, with the stage `$default`."""
    name, stacks = unique("api"), client("cloudformation")
    resources = {
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Body": body}},
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True},
        },
    }
    template = {"Resources": resources, "Outputs": {"Api": {"Value": {"Ref": "Api"}}}}
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(template))
    stack = until(
        lambda: stacks.describe_stacks(StackName=name)["Stacks"][0],
        lambda described: not described["StackStatus"].endswith("IN_PROGRESS"),
    )
    return stack["Outputs"][0]["OutputValue"]


def ask(endpoint: str, api_id: str, path: str, body: Any = None) -> Answer:
    content = None if body is None else json.dumps(body).encode()
    return send(urllib.request.Request(f"{endpoint}/_aws/execute-api/{api_id}/{path}", content))


def test_function_answers_once_it_lets_the_api_in(client: Client, endpoint: str) -> None:
    arn = function(client, ECHO, role(client, "lambda.amazonaws.com"))
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    operation = {INTEGRATION: {"type": "aws_proxy", "uri": uri, "payloadFormatVersion": "2.0"}}
    api_id = deployed(client, document(("/rides/{id}", "get", operation)))
    assert ask(endpoint, api_id, "rides/7").status == 500
    source = f"arn:aws:execute-api:us-east-1:123456789012:{api_id}/*/GET/rides/*"
    client("lambda").add_permission(
        FunctionName=arn,
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=source,
    )
    answer = ask(endpoint, api_id, "rides/7")
    assert (answer.status, answer.json()) == (200, {"path": {"id": "7"}, "route": "GET /rides/{id}"})
    assert ask(endpoint, api_id, "others").status == 404


def test_route_runs_an_express_workflow_with_the_body_as_its_input(client: Client, endpoint: str) -> None:
    definition = {"StartAt": "Echo", "States": {"Echo": {"Type": "Pass", "End": True}}}
    echo = machine(client, definition, role(client, "states.amazonaws.com"), type="EXPRESS")
    starter = role(client, "apigateway.amazonaws.com", allow("states:StartSyncExecution", resource=echo))
    integration = {
        "type": "aws_proxy",
        "integrationSubtype": "StepFunctions-StartSyncExecution",
        "credentials": starter,
        "requestParameters": {"StateMachineArn": echo, "Input": "$request.body"},
        "payloadFormatVersion": "1.0",
    }
    api_id = deployed(client, document(("/", "post", {INTEGRATION: integration})))
    answer = ask(endpoint, api_id, "", {"ride": 7})
    assert answer.status == 200, answer.body
    assert (answer.json()["status"], json.loads(answer.json()["output"])) == ("SUCCEEDED", {"ride": 7})
