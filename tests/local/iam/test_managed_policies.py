"""AWS's managed policies: "AWS Managed Policy Reference"."""

import json

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


def test_every_document_allows_actions_of_services_by_name() -> None:
    for name in POLICIES:
        statements = json.loads(document(name))["Statement"]
        assert all(":" in action for statement in statements for action in [*statement["Action"]] if len(action) > 1)
