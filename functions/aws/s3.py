"""Objects of one bucket: list, read as a stream, read whole, write.

The client is made at the first use and kept: making it is a good part of a cold start. botocore itself retries what is
transient, and honours AWS_ENDPOINT_URL.
"""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from wildrydes.bucket import Source
from wildrydes.errors import MissingObject, RideFileChanged

BLOCK_BYTES = 1 << 20
_READERS = 8
_CODES_WHEN_GONE = ("NoSuchKey", "404", "PreconditionFailed", "412", "InvalidRange", "416")


@cache
def client() -> Any:
    """The S3 client of this process."""
    return boto3.client("s3", config=Config(retries={"mode": "standard", "max_attempts": 5}))


def region() -> str:
    """The region that this process works in."""
    return client().meta.region_name


def keys(bucket: str, prefix: str) -> Iterator[str]:
    """The keys under a prefix, in their order."""
    return (key for key, _ in _list_versions(bucket, prefix))


def sources(bucket: str, prefix: str) -> Iterator[Source]:
    """The objects under a prefix as sources, without the markers of folders (keys that end in /)."""
    return (Source(key, etag) for key, etag in _list_versions(bucket, prefix) if not key.endswith("/"))


def blocks(bucket: str, source: Source, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Bytes [start, end) of a source, to its end by default, as a stream of blocks of at most BLOCK_BYTES.

    Raises RideFileChanged when the object is no longer the source's version.
    """
    ranged = {} if end is None else {"Range": f"bytes={start}-{end - 1}"}
    try:
        answer = client().get_object(Bucket=bucket, Key=source.key, IfMatch=f'"{source.etag}"', **ranged)
    except ClientError as error:
        if error.response["Error"]["Code"] in _CODES_WHEN_GONE:
            raise RideFileChanged(
                f"s3://{bucket}/{source.key} is no longer the version {source.etag} that was planned: it was replaced "
                "or deleted. The next execution takes it as it is then"
            ) from None
        raise
    return answer["Body"].iter_chunks(BLOCK_BYTES)


def stream(bucket: str, key: str) -> Iterator[bytes]:
    """An object as a stream of blocks. Raises MissingObject."""
    return _get_body(bucket, key).iter_chunks(BLOCK_BYTES)


def read(bucket: str, key: str, most: int | None = None) -> bytes:
    """An object, or its first `most` bytes. Raises MissingObject."""
    return _get_body(bucket, key).read(most)


def read_json_objects(bucket: str, prefix: str) -> list[Any]:
    """The JSON in each object under a prefix, in the order of the keys, some read at a time."""
    client()
    with ThreadPoolExecutor(_READERS) as readers:
        return [json.loads(data) for data in readers.map(lambda key: read(bucket, key), keys(bucket, prefix))]


def write(bucket: str, key: str, data: bytes, content_type: str) -> None:
    """Writes an object, over the one that is there."""
    client().put_object(Bucket=bucket, Key=key, Body=data, ContentType=content_type)


def write_json(bucket: str, key: str, value: Any) -> None:
    """Writes a value as JSON."""
    write(bucket, key, json.dumps(value).encode(), "application/json")


def _get_body(bucket: str, key: str) -> Any:
    try:
        return client().get_object(Bucket=bucket, Key=key)["Body"]
    except ClientError as error:
        # A caller that may not list a bucket gets AccessDenied for an object that is not there.
        if error.response["Error"]["Code"] in ("NoSuchKey", "AccessDenied"):
            raise MissingObject(f"s3://{bucket}/{key} is not there, or this function's role may not read it") from None
        raise


def _list_versions(bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
    pages: Iterable[dict[str, Any]] = client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for entry in page.get("Contents", ()):
            yield entry["Key"], entry["ETag"].strip('"')
