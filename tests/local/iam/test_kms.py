"""KMS, which `wildrydes destroy` asks: a role that has no grant is refused, as in every other service."""

import json
from typing import Any

import pytest
from boto3.session import Session
from botocore.exceptions import ClientError

from local.account import ACCOUNT_ID, EmbeddedAws
from machines import allow, role


def kms_of_role(server: EmbeddedAws, *statements: dict[str, Any]) -> Any:
    """A client of KMS that acts as a role with these statements."""
    arn = role(server.client, "lambda.amazonaws.com", *statements)
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT_ID}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    server.client("iam").update_assume_role_policy(RoleName=arn.rpartition("/")[2], PolicyDocument=document)
    session = server.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return Session().client(
        "kms",
        endpoint_url=server.endpoint,
        region_name=server.region,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )


def test_role_without_grant_is_refused(server: EmbeddedAws) -> None:
    key = server.client("kms").create_key()["KeyMetadata"]["KeyId"]
    kms = kms_of_role(server)
    for call in (kms.list_keys, lambda: kms.create_key(), lambda: kms.encrypt(KeyId=key, Plaintext=b"any")):
        with pytest.raises(ClientError, match="AccessDenied"):
            call()


def test_role_with_a_grant_may_ask(server: EmbeddedAws) -> None:
    key = server.client("kms").create_key()["KeyMetadata"]["KeyId"]
    kms = kms_of_role(server, allow("kms:DescribeKey", "kms:ListKeys"))
    assert key in [each["KeyId"] for each in kms.list_keys(Limit=1000)["Keys"]]
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
    with pytest.raises(ClientError, match="AccessDenied"):
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
