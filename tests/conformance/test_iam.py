"""AWS IAM and STS: who may do what, by which policy, and what a policy is."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from caller import Caller, allow, policy, refusal, until

API = "AWS IAM API Reference: "
GUIDE = "AWS IAM User Guide: "
TOKENS = "AWS STS API Reference: "


@pytest.fixture
def enforcing(caller: Caller) -> Iterator[Caller]:
    """A caller where policies are enforced."""
    caller.place.enforce(True)
    yield caller
    caller.place.enforce(False)


def acting(caller: Caller, *statements: dict[str, Any], service: str = "sqs", **session: Any) -> Any:
    """A client that acts as a role with these statements."""
    arn = caller.role("me", *statements)
    tokens = caller.client("sts")
    keys = until(lambda: assumed(tokens, arn, session), seconds=30)
    return caller.client(
        service,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def assumed(tokens: Any, arn: str, session: dict[str, Any]) -> dict[str, str]:
    return tokens.assume_role(RoleArn=arn, RoleSessionName="conformance", **session)["Credentials"]


@pytest.mark.document(TOKENS + "GetCallerIdentity")
def test_role_is_who_it_says(caller: Caller) -> None:
    arn = caller.role("me")
    answer = caller.client("sts").assume_role(RoleArn=arn, RoleSessionName="conformance")
    name = arn.rpartition("/")[2]
    assert answer["AssumedRoleUser"]["Arn"].endswith(f":assumed-role/{name}/conformance")
    assert answer["AssumedRoleUser"]["Arn"].startswith("arn:aws:sts::")


@pytest.mark.document(GUIDE + "Policy evaluation logic (implicit denial)")
def test_role_may_do_what_it_is_allowed_alone(enforcing: Caller) -> None:
    url = enforcing.queue()
    queues = acting(enforcing, allow("sqs:SendMessage", resource=enforcing.queue_arn(url)))
    queues.send_message(QueueUrl=url, MessageBody="a")
    assert refusal(queues.receive_message, QueueUrl=url) in ("AccessDenied", "AccessDeniedException")


@pytest.mark.document(GUIDE + "Policy evaluation logic (explicit denial)")
def test_denial_outweighs_what_is_allowed(enforcing: Caller) -> None:
    url = enforcing.queue()
    queues = acting(enforcing, allow("sqs:*"), allow("sqs:Send*", effect="Deny"))
    assert queues.receive_message(QueueUrl=url).get("Messages", []) == []
    assert refusal(queues.send_message, QueueUrl=url, MessageBody="a") in ("AccessDenied", "AccessDeniedException")


@pytest.mark.document(GUIDE + "IAM JSON policy elements: Condition operators")
def test_condition_on_a_key_of_s3(enforcing: Caller) -> None:
    bucket = enforcing.bucket()
    condition = {"StringLike": {"s3:prefix": ["rides/*"]}}
    objects = acting(enforcing, allow("s3:ListBucket", Condition=condition), service="s3")
    assert objects.list_objects_v2(Bucket=bucket, Prefix="rides/a")["KeyCount"] == 0
    assert refusal(objects.list_objects_v2, Bucket=bucket, Prefix="weather/") == "AccessDenied"


@pytest.mark.document(GUIDE + "IAM policies for session policies")
def test_session_policy_narrows_the_role(enforcing: Caller) -> None:
    url = enforcing.queue()
    queues = acting(enforcing, allow("sqs:*"), Policy=policy(allow("sqs:ReceiveMessage")))
    assert queues.receive_message(QueueUrl=url).get("Messages", []) == []
    assert refusal(queues.send_message, QueueUrl=url, MessageBody="a") in ("AccessDenied", "AccessDeniedException")


@pytest.mark.document(GUIDE + "Permissions boundaries for IAM entities")
def test_boundary_narrows_the_role(enforcing: Caller) -> None:
    iam, url = enforcing.client("iam"), enforcing.queue()
    arn = iam.create_policy(PolicyName=enforcing.name("boundary"), PolicyDocument=policy(allow("sqs:ReceiveMessage")))
    boundary = arn["Policy"]["Arn"]
    enforcing.at_end(iam.delete_policy, PolicyArn=boundary)
    role = enforcing.role("me", allow("sqs:*"))
    iam.put_role_permissions_boundary(RoleName=role.rpartition("/")[2], PermissionsBoundary=boundary)
    keys = assumed(enforcing.client("sts"), role, {})
    queues = enforcing.client(
        "sqs",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    assert refusal(queues.send_message, QueueUrl=url, MessageBody="a") in ("AccessDenied", "AccessDeniedException")


@pytest.mark.document(GUIDE + "Creating a role to delegate permissions (trust policy)")
@pytest.mark.differs("the account's root assumes any role")
def test_role_that_trusts_somebody_else_is_not_assumed(enforcing: Caller) -> None:
    arn = enforcing.role("lambda")
    code = refusal(enforcing.client("sts").assume_role, RoleArn=arn, RoleSessionName="conformance")
    assert code == "AccessDenied"


@pytest.mark.document(GUIDE + "Grant a user permissions to pass a role to an AWS service")
def test_role_is_handed_over_by_who_may_pass_it(enforcing: Caller) -> None:
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    states = acting(enforcing, allow("states:*"), service="stepfunctions")
    settings = {"name": enforcing.name("machine"), "definition": definition, "roleArn": enforcing.role("states")}
    assert refusal(states.create_state_machine, **settings) in ("AccessDenied", "AccessDeniedException")


@pytest.mark.document(GUIDE + "Troubleshoot AWS Signature Version 4")
def test_wrong_secret_key(enforcing: Caller) -> None:
    iam, name = enforcing.client("iam"), enforcing.name("user")
    iam.create_user(UserName=name)
    enforcing.at_end(iam.delete_user, UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    enforcing.at_end(iam.delete_access_key, UserName=name, AccessKeyId=key)
    wrong = enforcing.client("sts", aws_access_key_id=key, aws_secret_access_key="wrong")
    assert refusal(wrong.get_caller_identity) == "SignatureDoesNotMatch"


@pytest.mark.document(TOKENS + "Common errors (InvalidClientTokenId)")
def test_key_that_there_is_not(enforcing: Caller) -> None:
    wrong = enforcing.client("sts", aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="wrong")
    assert refusal(wrong.get_caller_identity) == "InvalidClientTokenId"


@pytest.mark.document(API + "CreateRole (MalformedPolicyDocument)")
def test_policy_that_is_none(caller: Caller) -> None:
    iam = caller.client("iam")
    for document in ("{", json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Maybe"}]})):
        code = refusal(iam.create_role, RoleName=caller.name("role"), AssumeRolePolicyDocument=document)
        assert code == "MalformedPolicyDocument"


@pytest.mark.document(API + "CreateRole (EntityAlreadyExists), DeleteRole (DeleteConflict, NoSuchEntity)")
def test_role_that_there_is_and_role_that_there_is_not(caller: Caller) -> None:
    iam, name = caller.client("iam"), caller.role("lambda", allow("sqs:*")).rpartition("/")[2]
    trust = policy({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})
    assert refusal(iam.create_role, RoleName=name, AssumeRolePolicyDocument=trust) == "EntityAlreadyExists"
    assert refusal(iam.delete_role, RoleName=name) == "DeleteConflict"
    assert refusal(iam.get_role, RoleName=caller.name("none")) == "NoSuchEntity"


@pytest.mark.document(API + "SimulateCustomPolicy")
def test_policy_is_simulated(caller: Caller) -> None:
    answer = caller.client("iam").simulate_custom_policy(
        PolicyInputList=[policy(allow("sqs:SendMessage"))], ActionNames=["sqs:SendMessage", "sqs:ReceiveMessage"]
    )
    decisions = {each["EvalActionName"]: each["EvalDecision"] for each in answer["EvaluationResults"]}
    assert decisions == {"sqs:SendMessage": "allowed", "sqs:ReceiveMessage": "implicitDeny"}


@pytest.mark.document(API + "IAM and AWS STS quotas (inline policies of a role)")
@pytest.mark.differs("IAM has no quotas")
def test_policies_of_a_role_have_10240_characters(caller: Caller) -> None:
    iam, name = caller.client("iam"), caller.role("lambda").rpartition("/")[2]
    long = policy(*(allow("sqs:SendMessage", resource=f"arn:aws:sqs:*:*:{'q' * 60}{number}") for number in range(90)))
    assert refusal(iam.put_role_policy, RoleName=name, PolicyName="long", PolicyDocument=long) == "LimitExceeded"
