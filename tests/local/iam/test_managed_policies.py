"""AWS's managed policies: "AWS Managed Policy Reference"."""

import fnmatch
import json
import re
from typing import Any

import pytest

from local.iam.managed_policies import POLICIES, document
from machines import Client, function, invoke, role


def test_role_with_a_managed_policy_may_do_what_that_allows_and_no_more(client: Client) -> None:
    code = """
import boto3
from botocore.exceptions import ClientError
def handler(event, context):
    states = boto3.client("stepfunctions")
    try:
        return sorted(states.list_state_machines()) and states.create_activity(name="desk")
    except ClientError as refusal:
        return refusal.operation_name
"""
    reader = role(client, "lambda.amazonaws.com")
    policy = "arn:aws:iam::aws:policy/AWSStepFunctionsReadOnlyAccess"
    client("iam").attach_role_policy(RoleName=reader.rpartition("/")[2], PolicyArn=policy)
    assert invoke(client, function(client, code, reader), {}) == ("CreateActivity", None)


ROLES = "arn:aws:iam::123456789012:role"
RESULT = "arn:aws:s3:::aws-athena-query-results-rides/a.csv"
DECIDED = [
    (
        "AWSStepFunctionsConsoleFullAccess",
        "iam:PassRole",
        f"{ROLES}/service-role/StatesExecutionRole-1",
        "states",
        True,
    ),
    ("AWSStepFunctionsConsoleFullAccess", "iam:PassRole", f"{ROLES}/rides", "states", False),
    ("AWSStepFunctionsFullAccess", "iam:PassRole", f"{ROLES}/rides", "states", False),
    ("AmazonEventBridgeSchedulerFullAccess", "iam:PassRole", f"{ROLES}/rides", "scheduler", True),
    ("AmazonEventBridgeSchedulerFullAccess", "iam:PassRole", f"{ROLES}/rides", "states", False),
    ("AWSLambda_FullAccess", "iam:PassRole", f"{ROLES}/rides", "lambda", True),
    ("AWSLambda_FullAccess", "iam:PassRole", f"{ROLES}/rides", "states", False),
    ("AmazonAthenaFullAccess", "glue:GetTable", "*", "", True),
    ("AmazonAthenaFullAccess", "glue:CreateJob", "*", "", False),
    ("AmazonAthenaFullAccess", "s3:PutObject", RESULT, "", True),
    ("AmazonAthenaFullAccess", "s3:PutObject", "arn:aws:s3:::rides/a.csv", "", False),
]


@pytest.mark.parametrize(("policy", "action", "resource", "service", "is_allowed"), DECIDED)
def test_policy_allows_and_denies_what_aws_s_does(
    policy: str, action: str, resource: str, service: str, is_allowed: bool
) -> None:
    def allows(statement: dict[str, Any]) -> bool:
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        services = statement.get("Condition", {}).get("StringLike", {}).get("iam:PassedToService", "*")
        return (
            any(fnmatch.fnmatchcase(action, each) for each in actions)
            and fnmatch.fnmatchcase(resource, statement["Resource"])
            and fnmatch.fnmatchcase(f"{service}.amazonaws.com", services)
        )

    assert any(map(allows, json.loads(document(policy))["Statement"])) is is_allowed


def test_every_document_allows_actions_of_services_by_name() -> None:
    for name in POLICIES:
        for statement in json.loads(document(name))["Statement"]:
            actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
            assert all(re.fullmatch(r"[a-z0-9-]+:[A-Za-z0-9]*\*?", action) for action in actions), name
