"""What S3's refusals are taken for: an object that is gone, or a role that may not read it."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from aws import s3
from wildrydes.bucket import Source
from wildrydes.errors import MissingObject, RideFileChanged

COPY = s3.Copy("staged/a", "0123", "processed/a")


@pytest.fixture
def stub(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """S3's client, whose next call is refused as the test says."""
    client = bucket.s3
    monkeypatch.setattr(s3, "client", lambda: client)
    with Stubber(client) as stubber:
        yield stubber


def test_the_latest_of_a_deleted_key_is_a_changed_file(bucket: Any) -> None:
    source = bucket.put_version("raw/a.json", "[]")
    bucket.s3.delete_object(Bucket="wildrydes-data", Key="raw/a.json")
    with pytest.raises(RideFileChanged, match=r"^s3://wildrydes-data/raw/a\.json was deleted$"):
        s3.open_latest("wildrydes-data", source)


def test_a_file_that_may_not_be_read_is_not_taken_for_a_deleted_one(stub: Any) -> None:
    stub.add_client_error("get_object", "AccessDenied", http_status_code=403)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.open_latest("wildrydes-data", Source("raw/a.json", "0123"))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("NoSuchKey", "staged/a is gone, or another object is in its place"),
        ("PreconditionFailed", "staged/a is gone, or another object is in its place"),
        ("AccessDenied", "staged/a is not there, or this function's role may not read it or write processed/a"),
    ],
)
def test_a_copy_that_fails_says_why(stub: Any, code: str, message: str) -> None:
    stub.add_client_error("copy_object", code)
    with pytest.raises(MissingObject) as raised:
        s3.copy_objects("wildrydes-data", [COPY])
    assert str(raised.value) == f"s3://wildrydes-data/{message}"


def test_an_object_that_is_another_by_now_is_neither_moved_nor_replaced(stub: Any) -> None:
    matches = {"CopySourceIfMatch": '"0123"', "CopySource": {"Bucket": "wildrydes-data", "Key": "staged/a"}}
    expected = {"Bucket": "wildrydes-data", "Key": "processed/a"} | matches
    stub.add_client_error("copy_object", "PreconditionFailed", expected_params=expected)
    with pytest.raises(MissingObject, match="another object is in its place"):
        s3.move("wildrydes-data", COPY)
    # Another came between the two calls: it stays.
    stub.add_response("copy_object", {}, expected)
    deleted = {"Bucket": "wildrydes-data", "Key": "staged/a", "IfMatch": '"0123"'}
    stub.add_client_error("delete_object", "PreconditionFailed", expected_params=deleted)
    with pytest.raises(MissingObject, match="another object is in its place"):
        s3.move("wildrydes-data", COPY)
    stub.add_client_error("put_object", "ConditionalRequestConflict", http_status_code=409)
    with pytest.raises(MissingObject, match="another object is in its place"):
        s3.replace("wildrydes-data", "staged/a", "0123", b"", "text/plain")
    stub.assert_no_pending_responses()
