"""What an OpenAPI document becomes: methods, models, validators, gateway responses, and again when it changes."""

import json
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from api_makers import PROBLEM, MadeApi, change, document, echo, make
from local import account
from machines import Client, allow, machine, role, unique

VALIDATED: dict[str, Any] = {"x-amazon-apigateway-request-validator": "all"}
SCHEMAS = {
    "Request": {"oneOf": [{"$ref": "#/components/schemas/One"}, {"$ref": "#/components/schemas/Many"}]},
    "One": {"type": "object", "minProperties": 1},
    "Many": {"type": "array", "minItems": 1, "maxItems": 2},
}
MOCK = {
    "type": "mock",
    "requestTemplates": {"application/json": '{"statusCode": 200}'},
    "responses": {
        "default": {"statusCode": "200", "responseParameters": {"method.response.header.X-Allowed": "'GET,POST'"}}
    },
}


def whole(function_arn: str) -> dict[str, Any]:
    """A document of all that is relied on."""
    types = ("application/json", "text/plain")
    content = {each: {"schema": {"$ref": "#/components/schemas/Request"}} for each in types}
    row = {"name": "row", "in": "query", "required": True, "schema": {"type": "string"}}
    made = document(
        function_arn,
        rides={
            "post": VALIDATED | {"requestBody": {"required": True, "content": content}},
            "get": VALIDATED | {"parameters": [row]},
            "options": {"security": [], "x-amazon-apigateway-integration": MOCK},
            "x-amazon-apigateway-any-method": {},
        },
        unchecked={"post": {"requestBody": {"content": content}}},
    )
    made["components"]["schemas"] = SCHEMAS
    made["x-amazon-apigateway-request-validators"] = {
        "all": {"validateRequestBody": True, "validateRequestParameters": True}
    }
    made["x-amazon-apigateway-gateway-responses"] = {
        "MISSING_AUTHENTICATION_TOKEN": {
            "statusCode": "404",
            "responseParameters": {
                "gatewayresponse.header.Content-Type": "'application/problem+json'",
                "gatewayresponse.header.Retry-After": "'7'",
            },
            "responseTemplates": {"application/json": PROBLEM},
        },
        "DEFAULT_4XX": {"responseTemplates": {"application/json": PROBLEM}},
    }
    return made


@pytest.fixture(scope="module")
def function_arn(client: Client) -> str:
    return echo(client)


@pytest.fixture(scope="module")
def api(client: Client, endpoint: str, function_arn: str) -> MadeApi:
    return make(client, endpoint, whole(function_arn))


@pytest.mark.parametrize("body", [b'{"a": 1}', b"[1]", b"[{}, 2]"])
def test_body_that_the_schema_allows_reaches_the_function(api: MadeApi, body: bytes) -> None:
    answer = api.ask("rides", body, content_type="application/json")
    assert (answer.status, answer.json()["body"]) == (200, body.decode())


@pytest.mark.parametrize("body", [b"{}", b"3", b"null", b'"text"', b'{"a": 1', b"\xff\xfe{", b""])
def test_body_that_the_schema_forbids_is_refused_by_the_gateway(api: MadeApi, body: bytes) -> None:
    answer = api.ask("rides", body, content_type="application/json")
    assert (answer.status, answer.json()["title"]) == (400, "BAD_REQUEST_BODY")
    assert answer.json()["detail"] == "Invalid request body"


def test_lengths_of_arrays_are_not_imported(api: MadeApi) -> None:
    for body in (b"[]", b"[1, 2, 3]"):
        assert api.ask("rides", body, content_type="application/json").status == 200


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("application/json", 400), ("application/json; charset=utf-8", 400), ("text/plain", 400), ("image/png", 200)],
)
def test_body_is_checked_for_the_content_types_that_have_a_model(api: MadeApi, content_type: str, status: int) -> None:
    assert api.ask("rides", b"no json", content_type=content_type).status == status


def test_method_without_validator_takes_any_body(api: MadeApi) -> None:
    assert api.ask("unchecked", b"no json", content_type="application/json").status == 200


def test_parameter_that_is_required_has_to_be_there(api: MadeApi) -> None:
    answer = api.ask("rides?column=1")
    assert (answer.status, answer.json()["title"]) == (400, "BAD_REQUEST_PARAMETERS")
    assert answer.json()["detail"] == "Missing required request parameters: [row]"
    assert api.ask("rides?row=1,2").json()["queryStringParameters"] == {"row": "1,2"}


def test_any_method_takes_what_has_no_method_of_its_own(api: MadeApi) -> None:
    answer = api.ask("rides", method="DELETE")
    assert (answer.status, answer.json()["httpMethod"]) == (200, "DELETE")
    assert api.ask("unchecked", method="DELETE").status == 404


def test_mock_answers_with_the_headers_of_the_document(api: MadeApi) -> None:
    answer = api.ask("rides", method="OPTIONS", x_api_key=None)
    assert (answer.status, answer.headers["x-allowed"]) == (200, "GET,POST")


def test_gateway_response_has_status_headers_and_body_of_the_document(api: MadeApi) -> None:
    answer = api.ask("nowhere")
    assert (answer.status, answer.headers["retry-after"]) == (404, "7")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "title": "MISSING_AUTHENTICATION_TOKEN",
        "detail": "Missing Authentication Token",
        "id": answer.headers["x-amzn-requestid"],
    }


def test_changed_document_is_imported_into_the_same_api(client: Client, endpoint: str, function_arn: str) -> None:
    made = make(client, endpoint, whole(function_arn))
    changed = document(function_arn, others={"get": {}})
    again = change(client, endpoint, made, changed)
    assert (again.id, again.key) == (made.id, made.key)
    assert again.ask("others").status == 200
    gone = again.ask("rides", b"{}", content_type="application/json")
    # Its gateway responses are gone with it.
    assert (gone.status, gone.json()) == (403, {"message": "Missing Authentication Token"})
    assert account.entries(client("apigateway"), "get_models", "items", restApiId=made.id) == []


@pytest.mark.parametrize("when", ["created", "changed"])
def test_variables_of_aws_are_resolved_when_a_document_is_imported(
    client: Client, endpoint: str, function_arn: str, when: str
) -> None:
    # "AWS variables for OpenAPI import"; other names in braces are none of them.
    name = function_arn.rpartition(":")[2]
    variable = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:" + name
    described = document(variable, rides={"get": {}})
    answer = {"default": {"statusCode": "200", "responseTemplates": {"application/json": "${AWS::Region} ${other}"}}}
    described["paths"]["/region"] = {"get": {"x-amazon-apigateway-integration": MOCK | {"responses": answer}}}
    if when == "created":
        made = make(client, endpoint, described)
    else:
        made = change(client, endpoint, make(client, endpoint, document(function_arn, others={"get": {}})), described)
    assert made.ask("rides").status == 200
    integration: Any = client("apigateway").get_integration(
        restApiId=made.id, resourceId=resource_of(client, made, "/region"), httpMethod="GET"
    )
    assert integration["integrationResponses"]["200"]["responseTemplates"] == {
        "application/json": f"{account.DEFAULT_REGION} ${{other}}"
    }


def test_integration_of_a_document_calls_a_service_as_its_role(client: Client, endpoint: str) -> None:
    # "x-amazon-apigateway-integration object": credentials, and a template that makes the call's parameters.
    echo_definition = {"StartAt": "Echo", "States": {"Echo": {"Type": "Pass", "End": True}}}
    echoes = machine(client, echo_definition, role(client, "states.amazonaws.com"), type="EXPRESS")
    starter = role(client, "apigateway.amazonaws.com", allow("states:StartSyncExecution", resource=echoes))
    template = json.dumps({"stateMachineArn": "ARN", "input": "INPUT"})
    synchronous = {
        "type": "aws",
        "httpMethod": "POST",
        "uri": "arn:aws:apigateway:${AWS::Region}:states:action/StartSyncExecution",
        "credentials": starter,
        "passthroughBehavior": "when_no_templates",
        "requestTemplates": {
            "application/json": template.replace("ARN", echoes).replace(
                "INPUT", "$util.escapeJavaScript($input.json('$'))"
            )
        },
        "responses": {
            "default": {
                "statusCode": "200",
                "responseTemplates": {"application/json": "$util.parseJson($input.json('$.output'))"},
            }
        },
    }
    described = document(echoes, rides={"post": {"x-amazon-apigateway-integration": synchronous}})
    made = make(client, endpoint, described)
    answer = made.ask("rides", b'{"ride": 7}', content_type="application/json")
    assert (answer.status, answer.json()) == (200, {"ride": 7})


def resource_of(client: Client, made: MadeApi, path: str) -> str:
    """The identifier of a path of an API."""
    listed = account.entries(client("apigateway"), "get_resources", "items", restApiId=made.id)
    return next(each["id"] for each in listed if each["path"] == path)


def test_document_with_an_unknown_gateway_response_is_refused(client: Client, endpoint: str, function_arn: str) -> None:
    wrong = document(function_arn, rides={"get": {}})
    wrong["x-amazon-apigateway-gateway-responses"] = {"NO_SUCH_TYPE": {"statusCode": "400"}}
    with pytest.raises(WaiterError):
        make(client, endpoint, wrong)


def test_changed_document_of_sams_api_is_another_deployment_of_the_same_stage(
    client: Client, function_arn: str
) -> None:
    """AWS::Serverless::Api: SAM names the deployment by the document's digest, and CloudFormation makes a new one."""

    def deploy(call: str, *paths: str) -> dict[str, str]:
        body = document(function_arn, **{path: {"get": {}} for path in paths})
        api = {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "live", "DefinitionBody": body}}
        template = {
            "Transform": "AWS::Serverless-2016-10-31",
            "Resources": {"Api": api},
            "Outputs": {"Api": {"Value": {"Ref": "Api"}}, "Deployment": {"Value": {"Ref": "Api.Deployment"}}},
        }
        stacks = client("cloudformation")
        getattr(stacks, call)(
            StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
        )
        waiter = stacks.get_waiter(f"stack_{call.removesuffix('_stack')}_complete")
        waiter.wait(StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 600})
        outputs = stacks.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
        return {each["OutputKey"]: each["OutputValue"] for each in outputs}

    def deployment_of_stage(api: str) -> str:
        return client("apigateway").get_stage(restApiId=api, stageName="live")["deploymentId"]

    name = unique("api")
    first = deploy("create_stack", "rides")
    assert deployment_of_stage(first["Api"]) == first["Deployment"]
    second = deploy("update_stack", "rides", "stations")
    assert second["Api"] == first["Api"]
    assert deployment_of_stage(second["Api"]) == second["Deployment"] != first["Deployment"]
    # CloudFormation removes the deployment that the template has no more.
    remaining = account.entries(client("apigateway"), "get_deployments", "items", restApiId=second["Api"])
    assert [each["id"] for each in remaining] == [second["Deployment"]]
