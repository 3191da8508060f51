"""Who hands a role to a service needs `iam:PassRole`: "Grant a user permissions to pass a role to an AWS service"."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import account
from local.account import EmbeddedAws
from local.iam.passed_roles import roles_of_apis
from machines import Client, allow, function, role, unique
from queue_makers import as_role
from raw_http import Keys, Reply, Request, send, sign

STATES = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})


def create_function(functions: Any, role_arn: str) -> None:
    function(lambda _: functions, "def handler(event, context):\n    return event\n", role_arn)


def create_machine(machines: Any, role_arn: str) -> None:
    machines.create_state_machine(name=unique("machine"), definition=STATES, roleArn=role_arn)


def create_schedule(scheduler: Any, role_arn: str) -> None:
    scheduler.create_schedule(
        Name=unique("schedule"),
        ScheduleExpression="rate(900 days)",
        State="DISABLED",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:lambda:us-east-1:123456789012:function:nobody", "RoleArn": role_arn},
    )


def put_targets(events: Any, role_arn: str) -> None:
    name = unique("rule")
    events.put_rule(Name=name, EventPattern='{"source": ["rides"]}')
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:nobody"
    events.put_targets(Rule=name, Targets=[{"Id": "a", "Arn": arn, "RoleArn": role_arn}])


def set_account_role(apis: Any, role_arn: str) -> None:
    change = {"op": "replace", "path": "/cloudwatchRoleArn", "value": role_arn}
    apis.update_account(patchOperations=[change])


def change_integration(apis: Any, role_arn: str) -> None:
    api = apis.create_rest_api(name=unique("api"))
    call = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    apis.put_method(**call, authorizationType="NONE")
    apis.put_integration(**call, type="MOCK")
    apis.update_integration(**call, patchOperations=[{"op": "replace", "path": "/credentials", "value": role_arn}])


def create_authorizer(apis: Any, role_arn: str) -> None:
    apis.create_authorizer(
        restApiId=apis.create_rest_api(name=unique("api"))["id"],
        name="riders",
        type="TOKEN",
        authorizerUri="arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/nobody/invocations",
        identitySource="method.request.header.Authorization",
        authorizerCredentials=role_arn,
    )


HANDING_OVER = [
    ("lambda", "lambda.amazonaws.com", create_function),
    ("stepfunctions", "states.amazonaws.com", create_machine),
    ("scheduler", "scheduler.amazonaws.com", create_schedule),
    ("events", "events.amazonaws.com", put_targets),
    ("apigateway", "apigateway.amazonaws.com", set_account_role),
    ("apigateway", "apigateway.amazonaws.com", change_integration),
    ("apigateway", "apigateway.amazonaws.com", create_authorizer),
]
ACTIONS = ("lambda:*", "states:*", "scheduler:*", "events:*", "apigateway:*")


@pytest.mark.parametrize(
    ("service", "principal", "hand_over"), HANDING_OVER, ids=[each[2].__name__ for each in HANDING_OVER]
)
def test_role_is_handed_over_by_who_may_pass_it_to_that_service(
    server: EmbeddedAws, client: Client, service: str, principal: str, hand_over: Callable[[Any, str], None]
) -> None:
    lent = role(client, principal)

    def acting(service_of_grant: str) -> Any:
        passing = allow("iam:PassRole", resource=lent)
        passing["Condition"] = {"StringEquals": {"iam:PassedToService": service_of_grant}}
        return as_role(client, server.endpoint, allow(*ACTIONS), passing, service=service)

    hand_over(acting(principal), lent)
    with pytest.raises(ClientError, match=rf"not authorized to perform: iam:PassRole on resource: {lent}") as denied:
        hand_over(acting("ec2.amazonaws.com"), lent)
    assert denied.value.response["Error"]["Code"] in ("AccessDeniedException", "AccessDenied")


def test_function_that_keeps_its_role_is_changed_without_passing_one(server: EmbeddedAws, client: Client) -> None:
    arn = function(client, "def handler(event, context):\n    return event\n", role(client, "lambda.amazonaws.com"))
    functions = as_role(client, server.endpoint, allow("lambda:*"), service="lambda")
    assert functions.update_function_configuration(FunctionName=arn, Description="ride")["Description"] == "ride"
    with pytest.raises(ClientError, match="iam:PassRole"):
        functions.update_function_configuration(FunctionName=arn, Role=role(client, "lambda.amazonaws.com"))


@pytest.mark.parametrize(
    "form", ["arn:aws:iam::{0}:role/team/{1}", "arn:aws:iam::999999999999:role/{1}", "x/{1}", "{1}"]
)
def test_role_is_taken_by_its_whole_arn_alone(client: Client, form: str) -> None:
    lent = role(client, "states.amazonaws.com")
    with pytest.raises(ClientError, match=r"authorized to assume the provided role|Invalid Role Arn"):
        create_machine(client("stepfunctions"), form.format(account.ACCOUNT_ID, lent.rpartition("/")[2]))


def test_text_that_is_no_arn_is_handed_over_by_who_may_pass_it(server: EmbeddedAws, client: Client) -> None:
    events = as_role(client, server.endpoint, allow(*ACTIONS), service="events")
    name = role(client, "events.amazonaws.com").rpartition("/")[2]
    with pytest.raises(ClientError, match=f"not authorized to perform: iam:PassRole on resource: x/{name}"):
        put_targets(events, f"x/{name}")


def call(server: EmbeddedAws, service: str, request: Request, *statements: dict[str, Any]) -> Reply:
    """Send a request, signed as a role with these statements."""
    host = server.endpoint.removeprefix("http://")
    session = as_role(server.client, server.endpoint, *statements, service="sts")._request_signer._credentials
    keys = Keys(session.access_key, session.secret_key, session.token)
    return send(int(host.rpartition(":")[2]), sign(request.with_headers(("host", host)), keys, service))


FUNCTIONS = "/2015-03-31/functions"
JSON_CALL = ("content-type", "application/x-amz-json-1.1")


def test_header_does_not_hide_a_role_from_a_service_that_reads_the_path(server: EmbeddedAws, client: Client) -> None:
    body = json.dumps({"FunctionName": unique("function"), "Role": role(client, "lambda.amazonaws.com")}).encode()
    request = Request("POST", FUNCTIONS, (("x-amz-target", "x.CreateFunction"),), body)
    answer = call(server, "lambda", request, allow("lambda:*"))
    assert (answer.status, b"iam:PassRole" in answer.body) == (403, True)


CHOSEN = [
    ("lambda", Request("POST", FUNCTIONS, (("x-amz-target", "x.ListFunctions"),), b"{}"), "CreateFunction"),
    ("lambda", Request("POST", f"{FUNCTIONS}?Action=ListFunctions", (), b"{}"), "CreateFunction"),
    ("scheduler", Request("POST", "/schedules/a", (("x-amz-target", "x.ListSchedules"),), b"{}"), "CreateSchedule"),
    ("s3", Request("PUT", "/a-bucket", (("x-amz-target", "x.ListAllMyBuckets"),), b""), "CreateBucket"),
    (
        "events",
        Request("POST", "/?Action=ListRules", (JSON_CALL, ("x-amz-target", "AWSEvents.PutRule")), b'{"Name": "a"}'),
        "PutRule",
    ),
    (
        "sqs",
        Request("POST", "/", (("content-type", "text/plain"), ("x-amz-target", "x.ListQueues")), b"Action=CreateQueue"),
        "CreateQueue",
    ),
    ("sqs", Request("POST", "/?Action=ListQueues", (), b"Action=CreateQueue&QueueName=a"), "CreateQueue"),
]


@pytest.mark.parametrize(("service", "request_", "action"), CHOSEN)
def test_caller_does_not_choose_by_which_action_a_call_is_authorised(
    server: EmbeddedAws, service: str, request_: Request, action: str
) -> None:
    answer = call(server, service, request_, allow(f"{service}:List*"))
    assert (answer.status in (400, 403), b"AccessDenied" in answer.body) == (True, True), answer
    if service != "s3":
        # SQS spells its actions in lower case.
        named = f"{service}:{action}"
        assert (named.lower() if service == "sqs" else named).encode() in answer.body


@pytest.mark.parametrize(
    ("body", "roles"),
    [
        ({"patchOperations": ["replace", {"path": "/credentials", "value": "a"}]}, ["a"]),
        ({"patchOperations": [{"path": "/authorizerCredentials", "value": "a"}]}, ["a"]),
        ({"patchOperations": [{"path": "/variables/credentials", "value": "a"}]}, []),
        ({"patchOperations": "replace"}, []),
        ({"credentialsArn": "a"}, ["a"]),
        ({"paths": {"/rides": {"get": {"x-amazon-apigateway-integration": {"credentials": "a"}}}}}, ["a"]),
        ({"variables": {"credentials": "a"}}, []),
        ({"credentials": "arn:aws:iam::*:user/*"}, []),
    ],
)
def test_roles_of_api_gateway_are_those_that_members_and_changes_name(body: dict[str, Any], roles: list[str]) -> None:
    assert roles_of_apis("PATCH", "/restapis/a", body) == roles
