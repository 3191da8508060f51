"""Amazon API Gateway: REST APIs and HTTP APIs, as callers see them."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

import pytest

from caller import Caller

GUIDE = "Amazon API Gateway Developer Guide: "
MOCK = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'}}


@dataclass(frozen=True)
class Address:
    """Where an API answers, and the headers that lead there."""

    url: str
    headers: dict[str, str]


def mocked(template: str, request: str = '{"statusCode": 200}') -> dict[str, Any]:
    """An operation that answers by a template."""
    return {
        "responses": {"200": {"description": "a ride"}},
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "requestTemplates": {"application/json": request},
            "responses": {"default": {"statusCode": "200", "responseTemplates": {"application/json": template}}},
        },
    }


def document(caller: Caller, operation: dict[str, Any], method: str, **fields: Any) -> dict[str, Any]:
    """The document of an API that has this operation at `/rides`."""
    title = {"title": caller.name("api"), "version": "1"}
    return {"openapi": "3.0.1", "info": title, "paths": {"/rides": {method: operation}}} | fields


def deployed(caller: Caller, operation: dict[str, Any], method: str = "get", **fields: Any) -> Address:
    """The address of `/rides` of an API that a template has."""
    body = document(caller, operation, method, **fields)
    template = {
        "Resources": {
            "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": caller.name("api"), "Body": body}},
            "Deployment": {"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": {"Ref": "Api"}}},
            "Stage": {
                "Type": "AWS::ApiGateway::Stage",
                "Properties": {"RestApiId": {"Ref": "Api"}, "DeploymentId": {"Ref": "Deployment"}, "StageName": "test"},
            },
        },
        "Outputs": {"Api": {"Value": {"Ref": "Api"}}},
    }
    url, headers = caller.place.api(caller.stack(template)["Api"], "test")
    return Address(f"{url}/rides", headers)


def ask(address: Address, more: str = "", body: Any = None) -> tuple[int, Any]:
    """The answer to a request below an address: its status, and its body."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | address.headers
    try:
        with urllib.request.urlopen(urllib.request.Request(address.url + more, data, headers), timeout=30) as answer:
            return answer.status, decoded(answer.read().decode())
    except urllib.error.HTTPError as refused:
        return refused.code, decoded(refused.read().decode())


def decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


@pytest.mark.document("Amazon API Gateway REST API Reference: ImportRestApi")
@pytest.mark.differs("ImportRestApi makes an API of nothing but its name: documents come by templates")
def test_api_is_imported(caller: Caller) -> None:
    gateways = caller.client("apigateway")
    api = gateways.import_rest_api(body=json.dumps(document(caller, mocked("{}"), "get")).encode())["id"]
    caller.at_end(gateways.delete_rest_api, restApiId=api)
    assert [each["path"] for each in gateways.get_resources(restApiId=api)["items"] if "resourceMethods" in each] == [
        "/rides"
    ]


@pytest.mark.document(GUIDE + "Mock integrations for REST APIs in API Gateway")
def test_api_answers_by_itself(caller: Caller) -> None:
    assert ask(deployed(caller, mocked('{"colour": "red"}'))) == (200, {"colour": "red"})


@pytest.mark.document(GUIDE + "Variables for data transformations for API Gateway")
@pytest.mark.differs("templates of a mock's answers are answered as they are")
def test_template_has_variables(caller: Caller) -> None:
    template = '{"method": "$context.httpMethod", "stage": "$context.stage"}'
    assert ask(deployed(caller, mocked(template))) == (200, {"method": "GET", "stage": "test"})


@pytest.mark.document(GUIDE + "Mapping template transformations for REST APIs (Velocity)")
@pytest.mark.differs("templates know #set and references, neither #if nor #foreach")
def test_template_has_conditions_and_loops(caller: Caller) -> None:
    template = '#if($context.httpMethod == "GET")[#foreach($n in [1, 2])$n#if($foreach.hasNext),#end#end]#else{}#end'
    assert ask(deployed(caller, mocked(template))) == (200, [1, 2])


@pytest.mark.document(GUIDE + "Gateway response types for API Gateway (MISSING_AUTHENTICATION_TOKEN)")
def test_path_that_there_is_not(caller: Caller) -> None:
    url = deployed(caller, mocked("{}"))
    assert ask(url, "/none") == (403, {"message": "Missing Authentication Token"})


@pytest.mark.document(GUIDE + "Request validation for REST APIs in API Gateway")
def test_body_is_validated(caller: Caller) -> None:
    schema = {"type": "object", "required": ["ride"], "properties": {"ride": {"type": "integer"}}}
    operation = mocked('{"done": true}') | {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Ride"}}},
        },
        "x-amazon-apigateway-request-validator": "body",
    }
    fields = {
        "components": {"schemas": {"Ride": schema}},
        "x-amazon-apigateway-request-validators": {
            "body": {"validateRequestBody": True, "validateRequestParameters": False}
        },
    }
    url = deployed(caller, operation, "post", **fields)
    assert ask(url, body={"ride": 1}) == (200, {"done": True})
    assert ask(url, body={"ride": "one"}) == (400, {"message": "Invalid request body"})


@pytest.mark.document(GUIDE + "Usage plans and API keys for REST APIs in API Gateway")
def test_method_that_needs_a_key(caller: Caller) -> None:
    operation = mocked('{"done": true}') | {"security": [{"api_key": []}]}
    scheme = {"type": "apiKey", "name": "x-api-key", "in": "header"}
    url = deployed(caller, operation, components={"securitySchemes": {"api_key": scheme}})
    assert ask(url) == (403, {"message": "Forbidden"})


def calling(caller: Caller, code: str) -> Address:
    """The address of an API that hands on to a function."""
    arn = caller.function(code)
    caller.client("lambda").add_permission(
        FunctionName=arn, StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    region = caller.place.region
    integration = {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations",
    }
    return deployed(caller, {"responses": {}, "x-amazon-apigateway-integration": integration}, "post")


@pytest.mark.document(GUIDE + "Lambda proxy integrations in API Gateway")
def test_function_gets_the_request(caller: Caller) -> None:
    code = (
        "import json\n"
        "def handler(event, context):\n"
        "    seen = [event['httpMethod'], event['path'], event['queryStringParameters'], json.loads(event['body'])]\n"
        "    return {'statusCode': 201, 'body': json.dumps(seen)}\n"
    )
    url = calling(caller, code)
    assert ask(url, "?a=1", {"ride": 1}) == (201, ["POST", "/rides", {"a": "1"}, {"ride": 1}])


@pytest.mark.document(GUIDE + "Handle Lambda errors in API Gateway")
@pytest.mark.differs("a text is a function's answer of 200")
def test_answer_that_is_none_is_a_502(caller: Caller) -> None:
    url = calling(caller, "def handler(event, context): return 'ride'\n")
    assert ask(url, body={}) == (502, {"message": "Internal server error"})


@pytest.mark.document(GUIDE + "Create AWS Lambda proxy integrations for HTTP APIs in API Gateway (payload 2.0)")
@pytest.mark.differs("HTTP APIs have the routes of their documents alone")
def test_http_api_takes_what_the_function_answers(caller: Caller) -> None:
    arn = caller.function(
        "def handler(event, context): return {'path': event['rawPath'], 'version': event['version']}\n"
    )
    caller.client("lambda").add_permission(
        FunctionName=arn, StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    gateways = caller.client("apigatewayv2")
    api = gateways.create_api(Name=caller.name("api"), ProtocolType="HTTP", Target=arn)
    caller.at_end(gateways.delete_api, ApiId=api["ApiId"])
    url, headers = caller.place.api(api["ApiId"], "$default")
    address = Address(url.removesuffix("/$default") if caller.place.endpoint is None else url, headers)
    assert ask(address, "/rides") == (200, {"path": "/rides", "version": "2.0"})
