"""Makers of what contract tests of policies run: roles that the account assumes, clients that act as them."""

import json
from typing import Any

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import ClientError

from local.account import ACCOUNT_ID, EmbeddedAws
from machines import Client, unique

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
