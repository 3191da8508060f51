"""`NotPrincipal` in Denies of resource policies: "AWS JSON policy elements: NotPrincipal"."""

import pytest

from callers import ROOT, client_as, deny, document, is_denied, role_with
from local.account import EmbeddedAws
from machines import Client, allow, unique


def session_arn(role_arn: str) -> str:
    return f"{role_arn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/session"


@pytest.mark.parametrize(
    ("excepts", "denied"),
    [
        (("session", "role", "root"), [False, True]),
        (("role", "root"), [True, True]),
        (("session", "role"), [True, True]),
        (("root",), [True, True]),
    ],
)
def test_bucket_denies_whom_it_does_not_name(
    server: EmbeddedAws, client: Client, excepts: tuple[str, ...], denied: list[bool]
) -> None:
    roles = [role_with(client, allow("s3:*")) for _ in range(2)]
    bucket, arn = unique("bucket"), roles[0]["Arn"]
    client("s3").create_bucket(Bucket=bucket)
    names = {"session": session_arn(arn), "role": arn, "root": ROOT}
    principals = {"AWS": [names[each] for each in excepts]}
    statement = deny("s3:GetBucketLocation", {}, NotPrincipal=principals) | {"Resource": f"arn:aws:s3:::{bucket}"}
    client("s3").put_bucket_policy(Bucket=bucket, Policy=document(statement))
    clients = [client_as(server, "s3", role["Arn"]) for role in roles]
    assert [is_denied(each.get_bucket_location, Bucket=bucket) for each in clients] == denied


def test_queue_denies_whom_it_does_not_name(server: EmbeddedAws, client: Client) -> None:
    roles = [role_with(client, allow("sqs:*")) for _ in range(2)]
    arn = roles[0]["Arn"]
    statement = deny("sqs:SendMessage", {}, NotPrincipal={"AWS": [session_arn(arn), arn, ROOT]})
    # The name of an element may be written by escapes.
    policy = document(statement).replace("NotPrincipal", "\\u004eotPrincipal")
    url = client("sqs").create_queue(QueueName=unique("queue"), Attributes={"Policy": policy})["QueueUrl"]
    clients = [client_as(server, "sqs", role["Arn"]) for role in roles]
    assert [is_denied(each.send_message, QueueUrl=url, MessageBody="ride") for each in clients] == [False, True]
