"""Amazon S3: objects, lists, versions, conditions, uploads in parts."""

import hashlib
import json
import urllib.request
from typing import Any

import pytest

from caller import Caller, refusal, until

API = "Amazon S3 API Reference: "
GUIDE = "Amazon S3 User Guide: "


@pytest.mark.document(API + "PutObject")
def test_object_is_there_with_its_digest_and_metadata(caller: Caller) -> None:
    objects, bucket = caller.client("s3"), caller.bucket()
    etag = objects.put_object(Bucket=bucket, Key="a b/é", Body=b"ride", Metadata={"colour": "red"})["ETag"]
    stored = objects.get_object(Bucket=bucket, Key="a b/é")
    assert (stored["Body"].read(), stored["Metadata"]) == (b"ride", {"colour": "red"})
    assert etag == stored["ETag"] == f'"{hashlib.md5(b"ride", usedforsecurity=False).hexdigest()}"'


@pytest.mark.document(API + "GetObject (Errors)")
def test_object_and_bucket_that_there_are_not(caller: Caller) -> None:
    objects, bucket = caller.client("s3"), caller.bucket()
    assert refusal(objects.get_object, Bucket=bucket, Key="none") == "NoSuchKey"
    assert refusal(objects.get_object, Bucket=caller.name("none"), Key="none") == "NoSuchBucket"


@pytest.mark.document(GUIDE + "General purpose bucket naming rules")
@pytest.mark.parametrize("name", ["Conformance-Upper", "conformance..dots", "xn--conformance"])
def test_name_that_no_bucket_may_have(caller: Caller, name: str) -> None:
    assert refusal(caller.client("s3").create_bucket, Bucket=name) == "InvalidBucketName"


@pytest.mark.document(API + "DeleteBucket")
def test_full_bucket_is_not_deleted(caller: Caller) -> None:
    objects, bucket = caller.client("s3"), caller.bucket()
    objects.put_object(Bucket=bucket, Key="a", Body=b"")
    assert refusal(objects.delete_bucket, Bucket=bucket) == "BucketNotEmpty"


@pytest.mark.document(API + "GetObject (Range)")
def test_part_of_an_object(caller: Caller) -> None:
    objects, bucket = caller.client("s3"), caller.bucket()
    objects.put_object(Bucket=bucket, Key="a", Body=b"0123456789")
    part = objects.get_object(Bucket=bucket, Key="a", Range="bytes=-3")
    assert (part["Body"].read(), part["ContentRange"]) == (b"789", "bytes 7-9/10")
    assert part["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert refusal(objects.get_object, Bucket=bucket, Key="a", Range="bytes=10-") == "InvalidRange"


@pytest.mark.document(API + "ListObjectsV2")
def test_list_by_pages_and_by_delimiter(caller: Caller) -> None:
    objects, bucket = caller.client("s3"), caller.bucket()
    for key in ("a/1", "a/2", "b", "c/1"):
        objects.put_object(Bucket=bucket, Key=key, Body=b"")
    listed = objects.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [each["Prefix"] for each in listed["CommonPrefixes"]] == ["a/", "c/"]
    assert [each["Key"] for each in listed["Contents"]] == ["b"]
    first = objects.list_objects_v2(Bucket=bucket, MaxKeys=3)
    assert (first["KeyCount"], first["IsTruncated"]) == (3, True)
    rest = objects.list_objects_v2(Bucket=bucket, ContinuationToken=first["NextContinuationToken"])
    assert [each["Key"] for each in rest["Contents"]] == ["c/1"]


@pytest.mark.document(GUIDE + "Retaining multiple versions of objects with S3 Versioning")
def test_versions_and_delete_markers(caller: Caller) -> None:
    objects, bucket = caller.client("s3"), caller.bucket()
    objects.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = objects.put_object(Bucket=bucket, Key="a", Body=b"1")["VersionId"]
    objects.put_object(Bucket=bucket, Key="a", Body=b"2")
    assert objects.delete_object(Bucket=bucket, Key="a")["DeleteMarker"] is True
    assert refusal(objects.get_object, Bucket=bucket, Key="a") == "NoSuchKey"
    assert objects.get_object(Bucket=bucket, Key="a", VersionId=first)["Body"].read() == b"1"
    listed = objects.list_object_versions(Bucket=bucket)
    assert (len(listed["Versions"]), len(listed["DeleteMarkers"])) == (2, 1)


@pytest.mark.document(GUIDE + "How to prevent object overwrites with conditional writes")
def test_write_that_must_not_overwrite(caller: Caller) -> None:
    objects, bucket = caller.client("s3"), caller.bucket()
    etag = objects.put_object(Bucket=bucket, Key="a", Body=b"1", IfNoneMatch="*")["ETag"]
    assert refusal(objects.put_object, Bucket=bucket, Key="a", Body=b"2", IfNoneMatch="*") == "PreconditionFailed"
    objects.put_object(Bucket=bucket, Key="a", Body=b"2", IfMatch=etag)
    assert refusal(objects.put_object, Bucket=bucket, Key="a", Body=b"3", IfMatch=etag) == "PreconditionFailed"


@pytest.mark.document(API + "GetObject (If-None-Match)")
def test_read_of_what_has_not_changed(caller: Caller) -> None:
    objects, bucket = caller.client("s3"), caller.bucket()
    etag = objects.put_object(Bucket=bucket, Key="a", Body=b"1")["ETag"]
    assert refusal(objects.get_object, Bucket=bucket, Key="a", IfNoneMatch=etag) in ("304", "NotModified")


@pytest.mark.document(API + "CompleteMultipartUpload (EntityTooSmall)")
@pytest.mark.differs("parts of uploads have any size")
def test_part_of_an_upload_has_five_megabytes(caller: Caller) -> None:
    objects, bucket = caller.client("s3"), caller.bucket()
    upload = objects.create_multipart_upload(Bucket=bucket, Key="a")["UploadId"]
    caller.at_end(objects.abort_multipart_upload, Bucket=bucket, Key="a", UploadId=upload)
    parts: list[dict[str, Any]] = []
    for number in (1, 2):
        part = objects.upload_part(Bucket=bucket, Key="a", UploadId=upload, PartNumber=number, Body=b"x")
        parts.append({"PartNumber": number, "ETag": part["ETag"]})
    completed = {"Bucket": bucket, "Key": "a", "UploadId": upload, "MultipartUpload": {"Parts": parts}}
    assert refusal(objects.complete_multipart_upload, **completed) == "EntityTooSmall"


@pytest.mark.document(GUIDE + "Setting default server-side encryption behavior for Amazon S3 buckets")
@pytest.mark.differs("encryption has no effect, and is not named")
def test_objects_are_encrypted_by_default(caller: Caller) -> None:
    objects, bucket = caller.client("s3"), caller.bucket()
    assert objects.put_object(Bucket=bucket, Key="a", Body=b"1")["ServerSideEncryption"] == "AES256"
    rules = objects.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


@pytest.mark.document(API + "CopyObject (x-amz-metadata-directive)")
@pytest.mark.differs("an object is copied onto itself without a change")
def test_copy_takes_metadata_along_or_replaces_it(caller: Caller) -> None:
    objects, bucket = caller.client("s3"), caller.bucket()
    objects.put_object(Bucket=bucket, Key="a", Body=b"1", Metadata={"colour": "red"})
    source = {"Bucket": bucket, "Key": "a"}
    objects.copy_object(Bucket=bucket, Key="b", CopySource=source)
    objects.copy_object(Bucket=bucket, Key="c", CopySource=source, MetadataDirective="REPLACE", Metadata={"size": "1"})
    assert objects.head_object(Bucket=bucket, Key="b")["Metadata"] == {"colour": "red"}
    assert objects.head_object(Bucket=bucket, Key="c")["Metadata"] == {"size": "1"}
    assert refusal(objects.copy_object, Bucket=bucket, Key="a", CopySource=source) == "InvalidRequest"


@pytest.mark.document(GUIDE + "Sharing objects with presigned URLs")
def test_presigned_address_gives_the_object(caller: Caller) -> None:
    objects, bucket = caller.client("s3"), caller.bucket()
    objects.put_object(Bucket=bucket, Key="a", Body=b"ride")
    url = objects.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a"}, ExpiresIn=60)
    with urllib.request.urlopen(url, timeout=30) as answer:
        assert answer.read() == b"ride"


@pytest.mark.document(GUIDE + "Categorizing your objects using tags")
def test_object_has_ten_tags_at_most(caller: Caller) -> None:
    objects, bucket = caller.client("s3"), caller.bucket()
    objects.put_object(Bucket=bucket, Key="a", Body=b"", Tagging="colour=red")
    assert objects.get_object_tagging(Bucket=bucket, Key="a")["TagSet"] == [{"Key": "colour", "Value": "red"}]
    tags = [{"Key": str(number), "Value": ""} for number in range(11)]
    assert refusal(objects.put_object_tagging, Bucket=bucket, Key="a", Tagging={"TagSet": tags}) == "BadRequest"


@pytest.mark.document(API + "DeleteObjects")
def test_many_objects_are_deleted_at_once(caller: Caller) -> None:
    objects, bucket = caller.client("s3"), caller.bucket()
    objects.put_object(Bucket=bucket, Key="a", Body=b"")
    listed = [{"Key": "a"}, {"Key": "none"}]
    answer = objects.delete_objects(Bucket=bucket, Delete={"Objects": listed})
    assert sorted(each["Key"] for each in answer["Deleted"]) == ["a", "none"]
    assert objects.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@pytest.mark.document(GUIDE + "Amazon S3 Event Notifications")
def test_queue_hears_of_new_objects(caller: Caller) -> None:
    objects, bucket = caller.client("s3"), caller.bucket()
    url, arn = caller.open_queue("s3")
    filters = {"Key": {"FilterRules": [{"Name": "suffix", "Value": ".json"}]}}
    rule = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": filters}
    objects.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [rule]}
    )
    for key in ("a b.txt", "a b.json"):
        objects.put_object(Bucket=bucket, Key=key, Body=b"{}")

    def records() -> list[Any]:
        return [each for message in caller.receive(url, 2) for each in json.loads(message["Body"]).get("Records", ())]

    (record,) = until(records)
    assert (record["eventName"], record["s3"]["object"]["key"]) == ("ObjectCreated:Put", "a+b.json")


@pytest.mark.document(API + "PutBucketLifecycleConfiguration")
def test_lifecycle_is_there_as_it_was_put(caller: Caller) -> None:
    objects, bucket = caller.client("s3"), caller.bucket()
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "a/"}, "Expiration": {"Days": 3}}
    objects.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    (stored,) = objects.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert (stored["ID"], stored["Expiration"], stored["Filter"]) == ("old", {"Days": 3}, {"Prefix": "a/"})


@pytest.mark.document(API + "PutObject (x-amz-checksum-sha256)")
def test_wrong_checksum_is_refused(caller: Caller) -> None:
    objects, bucket = caller.client("s3"), caller.bucket()
    wrong = {"Bucket": bucket, "Key": "a", "Body": b"ride", "ChecksumSHA256": "A" * 43 + "="}
    assert refusal(objects.put_object, **wrong) in ("BadDigest", "InvalidRequest")


@pytest.mark.document(API + "GetObjectAttributes")
@pytest.mark.differs("GetObjectAttributes names no storage class")
def test_attributes_of_an_object(caller: Caller) -> None:
    objects, bucket = caller.client("s3"), caller.bucket()
    objects.put_object(Bucket=bucket, Key="a", Body=b"ride")
    answer = objects.get_object_attributes(Bucket=bucket, Key="a", ObjectAttributes=["ObjectSize", "StorageClass"])
    assert (answer["ObjectSize"], answer["StorageClass"]) == (4, "STANDARD")
