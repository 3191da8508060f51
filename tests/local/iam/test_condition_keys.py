"""Who calls, as policies see it: "AWS global condition context keys"."""

import pytest

from callers import client_as, client_with, deny, document, is_denied, role_with
from local.account import EmbeddedAws
from machines import Client, allow, function, invoke, role, unique


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
