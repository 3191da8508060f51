"""How long a key may be: "Naming Amazon S3 objects"."""

import pytest
from botocore.exceptions import ClientError

from machines import Client, unique


@pytest.fixture
def bucket(client: Client) -> str:
    name = unique("bucket")
    client("s3").create_bucket(Bucket=name)
    return name


@pytest.mark.parametrize("key", ["a" * 1024, "ü" * 512, f"{'a' * 500}/{'b' * 523}"])
def test_key_of_1024_bytes_is_taken(client: Client, bucket: str, key: str) -> None:
    client("s3").put_object(Bucket=bucket, Key=key, Body=b"ride")
    assert client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() == b"ride"


@pytest.mark.parametrize("key", ["a" * 1025, "ü" * 513, f"{'a' * 500}/{'b' * 524}"])
def test_longer_key_is_refused(client: Client, bucket: str, key: str) -> None:
    s3 = client("s3")
    for call, more in (
        (s3.put_object, {"Body": b"ride"}),
        (s3.get_object, {}),
        (s3.create_multipart_upload, {}),
        (s3.copy_object, {"CopySource": f"{bucket}/a"}),
    ):
        with pytest.raises(ClientError) as refusal:
            call(Bucket=bucket, Key=key, **more)
        answer = refusal.value.response
        assert answer["Error"]["Code"] == "KeyTooLongError"
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket, MaxKeys=1)
