"""Who calls, as policies see it: "AWS global condition context keys"."""

import json
from typing import Any

import pytest
from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import ClientError

from local.account import ACCOUNT_ID, EmbeddedAws
from machines import Client, allow, function, invoke, role, unique

ROOT = f"arn:aws:iam::{ACCOUNT_ID}:root"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def deny(action: str, condition: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition, **more}


def role_with(client: Client, *statements: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """A role that the account may assume."""
    name = unique("role")
    trust = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sts:AssumeRole"}
    iam = client("iam")
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust), **settings)["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="policy", PolicyDocument=document(*statements))
    return made


def client_with(server: EmbeddedAws, service: str, key: str, secret: str, token: str | None = None) -> Any:
    return Session().client(
        service,
        endpoint_url=server.endpoint,
        region_name=server.region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )


def client_as(server: EmbeddedAws, service: str, role_arn: str) -> Any:
    made = server.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="session")["Credentials"]
    return client_with(server, service, made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def is_denied(call: Any, **parameters: Any) -> bool:
    try:
        call(**parameters)
    except ClientError as fault:
        assert fault.response["Error"]["Code"] in {"AccessDenied", "AccessDeniedException"}
        return True
    return False


@pytest.mark.parametrize("path", ["/", "/team/rides/"])
@pytest.mark.parametrize("operator", ["ArnEquals", "ArnLike", "StringEquals"])
def test_session_is_its_role_to_a_policy_of_its_own(
    server: EmbeddedAws, client: Client, path: str, operator: str
) -> None:
    made = role_with(client, allow("ssm:*"), Path=path)
    ssm = client_as(server, "ssm", made["Arn"])
    assert not is_denied(ssm.describe_parameters)
    conditioned = deny("ssm:DescribeParameters", {operator: {"aws:PrincipalArn": made["Arn"]}})
    client("iam").put_role_policy(RoleName=made["RoleName"], PolicyName="deny", PolicyDocument=document(conditioned))
    assert is_denied(ssm.describe_parameters)


def test_session_is_its_role_to_a_bucket(server: EmbeddedAws, client: Client) -> None:
    made, other = (role_with(client, allow("s3:*"), Path="/team/") for _ in range(2))
    bucket = unique("bucket")
    client("s3").create_bucket(Bucket=bucket)
    only = deny("s3:ListBucket", {"ArnNotEquals": {"aws:PrincipalArn": made["Arn"]}}, Principal="*")
    policy = document(only | {"Resource": f"arn:aws:s3:::{bucket}"})
    client("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
    assert not is_denied(client_as(server, "s3", made["Arn"]).list_objects_v2, Bucket=bucket)
    assert is_denied(client_as(server, "s3", other["Arn"]).list_objects_v2, Bucket=bucket)


def test_session_is_known_by_the_role_s_id_and_its_own_name(server: EmbeddedAws, client: Client) -> None:
    made = role_with(client, allow("ssm:*"))
    user_id = f"{made['RoleId']}:session"
    conditioned = deny("ssm:DescribeParameters", {"StringEquals": {"aws:userid": user_id}})
    ssm = client_as(server, "ssm", made["Arn"])
    assert not is_denied(ssm.describe_parameters)
    client("iam").put_role_policy(RoleName=made["RoleName"], PolicyName="deny", PolicyDocument=document(conditioned))
    assert is_denied(ssm.describe_parameters)


@pytest.mark.parametrize(("kind", "denied"), [("AssumedRole", [True, False]), ("User", [False, True])])
def test_queue_knows_what_its_caller_is(server: EmbeddedAws, client: Client, kind: str, denied: list[bool]) -> None:
    iam, name = client("iam"), unique("user")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="policy", PolicyDocument=document(allow("sqs:*")))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    conditioned = deny("sqs:SendMessage", {"StringEquals": {"aws:PrincipalType": kind}}, Principal="*")
    url = client("sqs").create_queue(QueueName=unique("queue"), Attributes={"Policy": document(conditioned)})[
        "QueueUrl"
    ]
    callers = [
        client_as(server, "sqs", role_with(client, allow("sqs:*"))["Arn"]),
        client_with(server, "sqs", key["AccessKeyId"], key["SecretAccessKey"]),
    ]
    assert [is_denied(each.send_message, QueueUrl=url, MessageBody="ride") for each in callers] == denied


def test_role_of_a_service_has_its_id_in_its_sessions(server: EmbeddedAws, client: Client) -> None:
    arn = role(client, "lambda.amazonaws.com")
    code = (
        "import boto3\ndef handler(event, context):\n    return boto3.client('sts').get_caller_identity()['UserId']\n"
    )
    role_id = client("iam").get_role(RoleName=arn.rpartition("/")[2])["Role"]["RoleId"]
    answer, fault = invoke(client, function(client, code, arn), {})
    assert (answer.partition(":")[0], fault) == (role_id, None)
