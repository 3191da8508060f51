"""Who calls, as policies see it: "AWS global condition context keys"."""

import urllib.error
import urllib.request

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
    assert not is_denied(ssm.get_parameters, Names=["/none"])
    conditioned = deny("ssm:GetParameters", {operator: {"aws:PrincipalArn": made["Arn"]}})
    client("iam").put_role_policy(RoleName=made["RoleName"], PolicyName="deny", PolicyDocument=document(conditioned))
    assert is_denied(ssm.get_parameters, Names=["/none"])


def test_session_is_its_role_to_a_bucket(server: EmbeddedAws, client: Client) -> None:
    made, other = (role_with(client, allow("s3:*"), Path="/team/") for _ in range(2))
    bucket = unique("bucket")
    client("s3").create_bucket(Bucket=bucket)
    only = deny("s3:GetBucketLocation", {"ArnNotEquals": {"aws:PrincipalArn": made["Arn"]}}, Principal="*")
    policy = document(only | {"Resource": f"arn:aws:s3:::{bucket}"})
    client("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
    assert not is_denied(client_as(server, "s3", made["Arn"]).get_bucket_location, Bucket=bucket)
    assert is_denied(client_as(server, "s3", other["Arn"]).get_bucket_location, Bucket=bucket)


def test_session_is_known_by_the_role_s_id_and_its_own_name(server: EmbeddedAws, client: Client) -> None:
    made = role_with(client, allow("ssm:*"))
    user_id = f"{made['RoleId']}:session"
    conditioned = deny("ssm:GetParameters", {"StringEquals": {"aws:userid": user_id}})
    ssm = client_as(server, "ssm", made["Arn"])
    assert not is_denied(ssm.get_parameters, Names=["/none"])
    client("iam").put_role_policy(RoleName=made["RoleName"], PolicyName="deny", PolicyDocument=document(conditioned))
    assert is_denied(ssm.get_parameters, Names=["/none"])


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


# By key a condition that a request by boto3, signed in its headers, meets.
SENT = {
    "aws:UserAgent": {"StringLike": {"aws:UserAgent": "*Boto3/*"}},
    "aws:PrincipalIsAWSService": {"Bool": {"aws:PrincipalIsAWSService": "false"}},
    "aws:SourceIp": {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}},
    "aws:SecureTransport": {"Bool": {"aws:SecureTransport": "true"}},
    "aws:CurrentTime": {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
    "aws:EpochTime": {"NumericGreaterThan": {"aws:EpochTime": "1577836800"}},
    "s3:authType": {"StringEquals": {"s3:authType": "REST-HEADER"}},
    "s3:signatureversion": {"StringEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}},
    "s3:signatureAge": {"NumericLessThan": {"s3:signatureAge": "600000"}},
    "s3:x-amz-content-sha256": {"StringLike": {"s3:x-amz-content-sha256": "e3b0c44298fc*"}},
}


@pytest.mark.parametrize("key", SENT)
def test_deny_by_what_a_request_says_holds(server: EmbeddedAws, client: Client, key: str) -> None:
    made = role_with(client, allow("s3:*"))
    bucket = unique("bucket")
    client("s3").create_bucket(Bucket=bucket)
    s3 = client_as(server, "s3", made["Arn"])
    assert not is_denied(s3.get_bucket_location, Bucket=bucket)
    conditioned = document(deny("s3:GetBucketLocation", SENT[key]))
    client("iam").put_role_policy(RoleName=made["RoleName"], PolicyName="deny", PolicyDocument=conditioned)
    assert is_denied(s3.get_bucket_location, Bucket=bucket)


def test_url_is_known_as_such(server: EmbeddedAws, client: Client) -> None:
    bucket = unique("bucket")
    client("s3").create_bucket(Bucket=bucket)
    client("s3").put_object(Bucket=bucket, Key="ride", Body=b"ride")
    made = role_with(client, allow("s3:*"))
    url = client_as(server, "s3", made["Arn"]).generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "ride"}
    )
    assert urllib.request.urlopen(url).read() == b"ride"
    conditioned = document(deny("s3:GetObject", {"StringEquals": {"s3:authType": "REST-QUERY-STRING"}}))
    client("iam").put_role_policy(RoleName=made["RoleName"], PolicyName="deny", PolicyDocument=conditioned)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(url)
    assert not is_denied(client_as(server, "s3", made["Arn"]).get_object, Bucket=bucket, Key="ride")
