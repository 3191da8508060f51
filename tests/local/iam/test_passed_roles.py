"""Who hands a role to a service needs `iam:PassRole`: "Grant a user permissions to pass a role to an AWS service"."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.account import EmbeddedAws
from machines import Client, allow, function, role, unique
from queue_makers import as_role

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


HANDING_OVER = [
    ("lambda", "lambda.amazonaws.com", create_function),
    ("stepfunctions", "states.amazonaws.com", create_machine),
    ("scheduler", "scheduler.amazonaws.com", create_schedule),
    ("events", "events.amazonaws.com", put_targets),
    ("apigateway", "apigateway.amazonaws.com", set_account_role),
]
ACTIONS = ("lambda:*", "states:*", "scheduler:*", "events:*", "apigateway:*")


@pytest.mark.parametrize(("service", "principal", "hand_over"), HANDING_OVER, ids=[each[0] for each in HANDING_OVER])
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
