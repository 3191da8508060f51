"""Makes REST APIs for the contract tests, by CloudFormation out of an OpenAPI document, and asks them."""

import json
from dataclasses import dataclass
from typing import Any

from http_caller import REGION, Caller
from machines import Client, function, role, unique

# Answers with the event it got; `{"answer": …}` in the body says what to answer instead, `{"fail": …}` to fail.
ECHO = """
import json
def handler(event, context):
    try:
        wish = json.loads(event["body"] or "{}")
    except ValueError:
        wish = {}
    if isinstance(wish, dict) and "fail" in wish:
        raise ValueError("as was wished")
    if isinstance(wish, dict) and "answer" in wish:
        return wish["answer"]
    return {"statusCode": 200, "body": json.dumps(event)}
"""
PROBLEM = '{"title":"$context.error.responseType","detail":$context.error.messageString,"id":"$context.requestId"}'


@dataclass(frozen=True)
class MadeApi(Caller):
    """A deployed API, its stack, its identifier and its log group; its stage is `live`."""

    stack: str
    id: str
    log_group: str


def echo(client: Client) -> str:
    """A function that API Gateway may invoke, and that answers with what it gets; its ARN."""
    arn = function(client, ECHO, role(client, "lambda.amazonaws.com"))
    client("lambda").add_permission(
        FunctionName=arn, StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    return arn


def integration(function_arn: str) -> dict[str, Any]:
    """The extension by which a method invokes a function."""
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function_arn}/invocations"
    return {"type": "aws_proxy", "httpMethod": "POST", "uri": uri}


def document(function_arn: str, **paths: dict[str, Any]) -> dict[str, Any]:
    """An OpenAPI document; each path item's operations invoke the function, by key unless they say otherwise."""
    items = {
        f"/{name}": {
            method: {"security": [{"api_key": []}], "x-amazon-apigateway-integration": integration(function_arn)}
            | operation
            for method, operation in item.items()
        }
        for name, item in paths.items()
    }
    schemes = {
        "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
        "sigv4": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "awsSigv4",
        },
    }
    return {
        "openapi": "3.0.1",
        "info": {"title": "Contract", "version": "1"},
        "paths": items,
        "components": {"securitySchemes": schemes},
    }


def template(
    body: dict[str, Any], log_format: str, throttle: tuple[float, int], quota: int, deployment: str
) -> dict[str, Any]:
    """An API with a key, a plan and an access log; another name of the deployment deploys anew."""
    api = {"Ref": "Api"}
    return {
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
            },
            "Account": {
                "Type": "AWS::ApiGateway::Account",
                "Properties": {"CloudWatchRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}},
            },
            "Logs": {"Type": "AWS::Logs::LogGroup"},
            "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Body": body}},
            deployment: {"Type": "AWS::ApiGateway::Deployment", "Properties": {"RestApiId": api}},
            "Stage": {
                "Type": "AWS::ApiGateway::Stage",
                "DependsOn": ["Account"],
                "Properties": {
                    "RestApiId": api,
                    "DeploymentId": {"Ref": deployment},
                    "StageName": "live",
                    "AccessLogSetting": {"DestinationArn": {"Fn::GetAtt": ["Logs", "Arn"]}, "Format": log_format},
                },
            },
            "Key": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Enabled": True}},
            "Plan": {
                "Type": "AWS::ApiGateway::UsagePlan",
                "DependsOn": ["Stage"],
                "Properties": {
                    "ApiStages": [{"ApiId": api, "Stage": "live"}],
                    "Throttle": {"RateLimit": throttle[0], "BurstLimit": throttle[1]},
                    "Quota": {"Limit": quota, "Period": "DAY"},
                },
            },
            "PlanKey": {
                "Type": "AWS::ApiGateway::UsagePlanKey",
                "Properties": {"KeyId": {"Ref": "Key"}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": "Plan"}},
            },
        },
        "Outputs": {name: {"Value": {"Ref": name}} for name in ("Api", "Key", "Logs")},
    }


def make(
    client: Client,
    endpoint: str,
    body: dict[str, Any],
    log_format: str = "$context.requestId",
    throttle: tuple[float, int] = (10_000, 10_000),
    quota: int = 1_000_000,
) -> MadeApi:
    """Deploy the document; `throttle` is a rate and a burst, `quota` a day's requests."""
    name = unique("api")
    client("cloudformation").create_stack(
        StackName=name,
        TemplateBody=json.dumps(template(body, log_format, throttle, quota, "Deployment")),
        Capabilities=["CAPABILITY_IAM"],
    )
    return _deployed(client, endpoint, name, "stack_create_complete")


def change(client: Client, endpoint: str, made: MadeApi, body: dict[str, Any]) -> MadeApi:
    """Put another document in the place of the API's own, and deploy it."""
    changed = template(body, "$context.requestId", (10_000, 10_000), 1_000_000, "AnotherDeployment")
    client("cloudformation").update_stack(
        StackName=made.stack, TemplateBody=json.dumps(changed), Capabilities=["CAPABILITY_IAM"]
    )
    return _deployed(client, endpoint, made.stack, "stack_update_complete")


def _deployed(client: Client, endpoint: str, stack: str, state: str) -> MadeApi:
    client("cloudformation").get_waiter(state).wait(StackName=stack, WaiterConfig={"Delay": 0.1, "MaxAttempts": 300})
    (described,) = client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}
    key = client("apigateway").get_api_key(apiKey=outputs["Key"], includeValue=True)["value"]
    url = f"{endpoint}/_aws/execute-api/{outputs['Api']}/live/"
    return MadeApi(url, key, stack, outputs["Api"], outputs["Logs"])
