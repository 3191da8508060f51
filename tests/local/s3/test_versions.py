"""What the ingestion relies on of S3's versions: each can be read, by whoever may read versions, whole or in part."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli import removal
from local.account import entries
from machines import Client, allow, function, invoke, role, unique

KEY = "raw/a ride + é.json"


@pytest.fixture(scope="module")
def bucket(client: Client) -> str:
    """A bucket with versions."""
    name = unique("bucket")
    client("s3").create_bucket(Bucket=name)
    client("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def put(client: Client, bucket: str, body: bytes, key: str = KEY) -> dict[str, Any]:
    return client("s3").put_object(Bucket=bucket, Key=key, Body=body)


def code(refused: pytest.ExceptionInfo[ClientError]) -> str:
    return refused.value.response["Error"]["Code"]


def test_each_version_is_given_also_after_the_object_was_replaced_and_deleted(client: Client, bucket: str) -> None:
    versions = [put(client, bucket, f"version {number}".encode())["VersionId"] for number in range(3)]
    client("s3").delete_object(Bucket=bucket, Key=KEY)
    for number, version in enumerate(versions):
        answer = client("s3").get_object(Bucket=bucket, Key=KEY, VersionId=version)
        assert (answer["Body"].read(), answer["VersionId"]) == (f"version {number}".encode(), version)


@pytest.mark.parametrize(
    ("byte_range", "part", "placed"),
    [
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
    ],
)
def test_part_of_an_older_version_is_given_as_of_the_newest(
    client: Client, bucket: str, byte_range: str, part: bytes, placed: str
) -> None:
    old = put(client, bucket, b"0123456789")
    put(client, bucket, b"another")
    answer = client("s3").get_object(
        Bucket=bucket, Key=KEY, VersionId=old["VersionId"], IfMatch=old["ETag"], Range=byte_range
    )
    assert (answer["Body"].read(), answer["ContentRange"], answer["ContentLength"]) == (part, placed, len(part))
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206


def test_part_beyond_the_end_another_etag_and_a_version_that_is_not_there_are_refused(
    client: Client, bucket: str
) -> None:
    old = put(client, bucket, b"0123456789")
    put(client, bucket, b"another")
    for changes, expected in (
        ({"Range": "bytes=10-12"}, "InvalidRange"),
        ({"IfMatch": '"0000"', "Range": "bytes=0-1"}, "PreconditionFailed"),
        ({"VersionId": "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e"}, "NoSuchVersion"),
    ):
        with pytest.raises(ClientError) as refused:
            client("s3").get_object(**{"Bucket": bucket, "Key": KEY, "VersionId": old["VersionId"]} | changes)
        assert code(refused) == expected


READS = """
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    try:
        return {"body": boto3.client("s3").get_object(**event)["Body"].read().decode()}
    except ClientError as refused:
        return {"code": refused.response["Error"]["Code"]}
"""


def test_wildcard_of_a_policy_stands_for_any_character_of_a_key_and_its_end_for_the_end(
    client: Client, bucket: str
) -> None:
    answers = {}
    for key in ("raw/a\nb.json", "lines/a", "lines/a\n"):
        put(client, bucket, b"ride", key)
    for pattern in ("raw/*", "lines/a"):
        allowed = allow("s3:GetObject", resource=f"arn:aws:s3:::{bucket}/{pattern}")
        reader = function(client, READS, role(client, "lambda.amazonaws.com", allowed))
        keys = ("raw/a\nb.json", "lines/a", "lines/a\n")
        answers[pattern] = [invoke(client, reader, {"Bucket": bucket, "Key": key})[0].get("body") for key in keys]
    assert answers == {"raw/*": ["ride", None, None], "lines/a": [None, "ride", None]}


def test_version_is_read_by_whoever_may_read_versions_and_by_nobody_else(client: Client, bucket: str) -> None:
    version = {"VersionId": put(client, bucket, b"ride")["VersionId"]}
    newest = {"Bucket": bucket, "Key": KEY}
    everything = f"arn:aws:s3:::{bucket}/*"
    answers = {}
    for action in ("s3:GetObject", "s3:GetObjectVersion"):
        reader = function(client, READS, role(client, "lambda.amazonaws.com", allow(action, resource=everything)))
        answers[action] = [invoke(client, reader, event)[0] for event in (newest, newest | version)]
    denied, allowed = {"code": "AccessDenied"}, {"body": "ride"}
    assert answers == {"s3:GetObject": [allowed, denied], "s3:GetObjectVersion": [denied, allowed]}


def test_bucket_is_listed_and_emptied_whatever_characters_its_keys_have(client: Client) -> None:
    s3, name = client("s3"), unique("bucket")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    keys = ["raw/\x01.json", "raw/a & b + é%20.json", "raw/line\r\n<Key>x</Key>"]
    for key in (*keys, keys[0]):
        put(client, name, b"ride", key)
    s3.delete_object(Bucket=name, Key=keys[0])
    listed = {
        kind: sorted(each["Key"] for each in entries(s3, "list_object_versions", kind, Bucket=name, Prefix="raw/"))
        for kind in ("Versions", "DeleteMarkers")
    }
    assert listed == {"Versions": sorted([*keys, keys[0]]), "DeleteMarkers": [keys[0]]}
    removal.empty(s3, name)
    # S3 deletes no bucket that has anything in it.
    s3.delete_bucket(Bucket=name)
    with pytest.raises(ClientError) as refused:
        s3.get_bucket_location(Bucket=name)
    assert code(refused) == "NoSuchBucket"
