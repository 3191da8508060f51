"""The versions of a bucket's objects, and their removal, whatever their keys are."""

import re
from typing import Any

# XML 1.0 has no way to write these: AWS calls a DeleteObjects that names such a key MalformedXML.
# https://www.w3.org/TR/xml/#charsets
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def first(s3: Any, bucket: str, prefix: str, most: int) -> list[dict[str, str]]:
    """The first versions and delete markers below a prefix, each with `Key` and `VersionId`."""
    listed = s3.list_object_versions(Bucket=bucket, Prefix=prefix, MaxKeys=most)
    versions = [*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())]
    return [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in versions]


def delete(s3: Any, bucket: str, versions: list[dict[str, str]]) -> list[dict[str, str]]:
    """Delete up to 1000 versions. Returns what S3 says of those that stay, each with `Key` and `Message`."""
    for each in versions:
        if _UNWRITABLE.search(each["Key"]):
            s3.delete_object(Bucket=bucket, **each)
    writable = [each for each in versions if not _UNWRITABLE.search(each["Key"])]
    if not writable:
        return []
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": writable, "Quiet": True})
    return answer.get("Errors", [])
