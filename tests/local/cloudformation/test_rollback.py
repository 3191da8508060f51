"""What becomes of a stack that cannot be created or updated: "Stack failure options", "Stack status codes"."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import account
from machines import Client, role, unique, until

FUNCTION = {
    "Type": "AWS::Lambda::Function",
    "Properties": {
        "Runtime": "python3.11",
        "Handler": "index.handler",
        "Code": {"ZipFile": "def handler(event, context):\n    return event\n"},
    },
}


def template(role_arn: str, queue: dict[str, Any], timeout: int) -> str:
    """A queue, a role's function that waits for it, and a topic that waits for the function."""
    function = {**FUNCTION, "DependsOn": "Queue"}
    function["Properties"] = {**FUNCTION["Properties"], "Role": role_arn, "Timeout": timeout}
    resources = {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": queue},
        "Function": function,
        "Topic": {"Type": "AWS::SNS::Topic", "DependsOn": "Function"},
    }
    return json.dumps({"Resources": resources})


def ended(client: Client, name: str) -> dict[str, Any]:
    stacks = client("cloudformation")
    return until(
        lambda: stacks.describe_stacks(StackName=name)["Stacks"][0],
        lambda stack: not stack["StackStatus"].endswith("IN_PROGRESS"),
    )


def events(client: Client, name: str) -> list[dict[str, Any]]:
    """Of the stack, the oldest first."""
    return account.entries(client("cloudformation"), "describe_stack_events", "StackEvents", StackName=name)[::-1]


@pytest.fixture
def name(client: Client) -> Iterator[str]:
    name = unique("stack")
    yield name
    client("cloudformation").delete_stack(StackName=name)


def test_stack_that_cannot_be_created_is_rolled_back(client: Client, name: str) -> None:
    queue_name, lent = unique("queue"), role(client, "lambda.amazonaws.com")
    stacks = client("cloudformation")
    stacks.create_stack(StackName=name, TemplateBody=template(lent, {"QueueName": queue_name}, 901))
    assert ended(client, name)["StackStatus"] == "ROLLBACK_COMPLETE"
    reasons = {(each["LogicalResourceId"], each["ResourceStatus"]): each for each in events(client, name)}
    assert [key for key in reasons if key[0] != name] == [
        ("Queue", "CREATE_IN_PROGRESS"),
        ("Queue", "CREATE_COMPLETE"),
        ("Function", "CREATE_IN_PROGRESS"),
        ("Function", "CREATE_FAILED"),
        ("Queue", "DELETE_IN_PROGRESS"),
        ("Queue", "DELETE_COMPLETE"),
    ]
    assert "Value '901' at 'timeout'" in reasons["Function", "CREATE_FAILED"]["ResourceStatusReason"]
    reason = "The following resource(s) failed to create: [Function]. Rollback requested by user."
    assert reasons[name, "ROLLBACK_IN_PROGRESS"]["ResourceStatusReason"] == reason
    with pytest.raises(ClientError, match="NonExistentQueue"):
        client("sqs").get_queue_url(QueueName=queue_name)
    with pytest.raises(ClientError, match=r"ValidationError.*is in ROLLBACK_COMPLETE state"):
        stacks.update_stack(StackName=name, TemplateBody=template(lent, {}, 3))


def test_stack_that_cannot_be_updated_is_as_it_was(client: Client, name: str) -> None:
    queue_name, lent = unique("queue"), role(client, "lambda.amazonaws.com")
    stacks = client("cloudformation")
    stacks.create_stack(StackName=name, TemplateBody=template(lent, {"QueueName": queue_name}, 3))
    assert ended(client, name)["StackStatus"] == "CREATE_COMPLETE"
    url = client("sqs").get_queue_url(QueueName=queue_name)["QueueUrl"]
    changed = {"QueueName": queue_name, "DelaySeconds": 7}

    def delay() -> str:
        answer = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])
        return answer["Attributes"]["DelaySeconds"]

    stacks.update_stack(StackName=name, TemplateBody=template(lent, changed, 901))
    assert ended(client, name)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    failures = {each["ResourceStatus"]: each for each in events(client, name) if "FAILED" in each["ResourceStatus"]}
    assert "Value '901' at 'timeout'" in failures["UPDATE_FAILED"]["ResourceStatusReason"]
    assert delay() == "0"
    # At once again: CloudFormation has waited for what it updated.
    for timeout in (5, 6):
        stacks.update_stack(StackName=name, TemplateBody=template(lent, changed, timeout))
        assert ended(client, name)["StackStatus"] == "UPDATE_COMPLETE"
    assert delay() == "7"
    changed["DelaySeconds"] = 901
    stacks.update_stack(StackName=name, TemplateBody=template(lent, changed, 6))
    assert ended(client, name)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
