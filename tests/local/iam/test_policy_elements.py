"""Policies that AWS cannot read: "IAM JSON policy elements: Condition operators", "Grammar of the IAM JSON policy"."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from callers import ROOT, deny, document, role_with
from machines import Client, allow, unique, until

Put = Callable[[Client, str], Any]
TRUST: dict[str, Any] = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"}


def put_user_policy(client: Client, policy: str) -> Any:
    name = unique("user")
    client("iam").create_user(UserName=name)
    return client("iam").put_user_policy(UserName=name, PolicyName="policy", PolicyDocument=policy)


def assume_role(client: Client, policy: str) -> Any:
    role = role_with(client, allow("ssm:*"))["Arn"]
    return client("sts").assume_role(RoleArn=role, RoleSessionName="session", Policy=policy)


def create_role(client: Client, policy: str) -> Any:
    return client("iam").create_role(RoleName=unique("role"), AssumeRolePolicyDocument=policy)


def update_trust(client: Client, policy: str) -> Any:
    name = role_with(client, allow("ssm:*"))["RoleName"]
    return client("iam").update_assume_role_policy(RoleName=name, PolicyDocument=policy)


def put_bucket_policy(client: Client, policy: str) -> Any:
    name = unique("bucket")
    client("s3").create_bucket(Bucket=name)
    return client("s3").put_bucket_policy(Bucket=name, Policy=policy)


def set_repository_policy(client: Client, policy: str) -> Any:
    name = unique("repository")
    client("ecr").create_repository(repositoryName=name)
    return client("ecr").set_repository_policy(repositoryName=name, policyText=policy)


def put_key_policy(client: Client, policy: str) -> Any:
    key = client("kms").create_key()["KeyMetadata"]["KeyId"]
    return client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=policy)


# By where the policy is put: how, with which code it is refused, and a statement that is good there.
PLACES: dict[str, tuple[Put, str, dict[str, Any]]] = {
    "user": (put_user_policy, "MalformedPolicyDocument", allow("s3:*")),
    "managed policy": (
        lambda client, policy: client("iam").create_policy(PolicyName=unique("policy"), PolicyDocument=policy),
        "MalformedPolicyDocument",
        allow("s3:*"),
    ),
    "session": (assume_role, "MalformedPolicyDocument", allow("s3:*")),
    "new role": (create_role, "MalformedPolicyDocument", TRUST),
    "trust": (update_trust, "MalformedPolicyDocument", TRUST),
    "bucket": (put_bucket_policy, "MalformedPolicy", TRUST | {"Action": "s3:*", "Resource": "*"}),
    "queue": (
        lambda client, policy: client("sqs").create_queue(QueueName=unique("queue"), Attributes={"Policy": policy}),
        "InvalidAttributeValue",
        TRUST | {"Action": "sqs:*", "Resource": "*"},
    ),
    "topic": (
        lambda client, policy: client("sns").create_topic(Name=unique("topic"), Attributes={"Policy": policy}),
        "InvalidParameter",
        TRUST | {"Action": "sns:Publish", "Resource": "*"},
    ),
    "key": (put_key_policy, "MalformedPolicyDocumentException", TRUST | {"Action": "kms:*", "Resource": "*"}),
    "new key": (
        lambda client, policy: client("kms").create_key(Policy=policy),
        "MalformedPolicyDocumentException",
        TRUST | {"Action": "kms:*", "Resource": "*"},
    ),
    "repository": (set_repository_policy, "InvalidParameterException", TRUST | {"Action": "ecr:*"}),
}
UNREADABLE: dict[str, dict[str, Any]] = {
    "an unknown operator": {"Condition": {"StringEqual": {"aws:userid": "a"}}},
    "an unknown operator for all values": {"Condition": {"ForAllValues:StringEqual": {"aws:userid": "a"}}},
    "an unknown operator if it exists": {"Condition": {"StringIfExists": {"aws:userid": "a"}}},
    "an unknown set": {"Condition": {"ForSomeValues:StringEquals": {"aws:userid": "a"}}},
    "a condition that is a text": {"Condition": "aws:userid"},
    "an operator without keys": {"Condition": {"StringEquals": "a"}},
    "an action without a service": {"Action": ["Publish"]},
    "an element that there is not": {"Conditions": {"Bool": {"aws:SecureTransport": "true"}}},
}


@pytest.mark.parametrize("place", PLACES)
def test_policy_that_nothing_could_read_is_refused(client: Client, place: str) -> None:
    put, code, statement = PLACES[place]
    codes = {}
    for name, elements in UNREADABLE.items():
        with pytest.raises(ClientError) as refusal:
            put(client, document(statement | elements))
        codes[name] = refusal.value.response["Error"]["Code"]
    assert codes == dict.fromkeys(UNREADABLE, code)


@pytest.mark.parametrize(
    "resource",
    [
        {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": json.loads(document(TRUST)), "Policies": []},
        },
        {"Type": "AWS::IAM::ManagedPolicy", "Properties": {}},
    ],
    ids=["role", "managed policy"],
)
@pytest.mark.parametrize("operator", ["StringEqual", "StringEquals"])
def test_policy_of_a_template_is_refused_where_nothing_could_read_it(
    client: Client, resource: dict[str, Any], operator: str
) -> None:
    policy = json.loads(document(deny("s3:*", {operator: {"aws:userid": "a"}})))
    properties = dict(resource["Properties"])
    if "Policies" in properties:
        properties["Policies"] = [{"PolicyName": "inline", "PolicyDocument": policy}]
    else:
        properties["PolicyDocument"] = policy
    name, template = unique("stack"), {"Resources": {"Policy": resource | {"Properties": properties}}}
    client("cloudformation").create_stack(
        StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    (stack,) = until(
        lambda: client("cloudformation").describe_stacks(StackName=name)["Stacks"],
        lambda stacks: not stacks[0]["StackStatus"].endswith("_IN_PROGRESS"),
    )
    assert stack["StackStatus"] == ("CREATE_COMPLETE" if operator == "StringEquals" else "ROLLBACK_COMPLETE")


@pytest.mark.parametrize("place", PLACES)
def test_policy_of_every_form_of_operator_is_taken(client: Client, place: str) -> None:
    put, _, statement = PLACES[place]
    condition = {
        "ForAllValues:StringLikeIfExists": {"aws:TagKeys": ["a*"]},
        "Null": {"aws:TokenIssueTime": True},
        "NumericLessThanIfExists": {"s3:max-keys": 10},
        "BoolIfExists": {"aws:SecureTransport": "true"},
    }
    answer = put(client, document(statement | {"Condition": condition}))
    assert answer["ResponseMetadata"]["HTTPStatusCode"] in {200, 204}
