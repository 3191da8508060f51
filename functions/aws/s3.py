"""Objects of one bucket: list, read as a stream, read whole, write.

The client is made at the first use and kept: making it is a good part of a cold start. botocore itself retries what is
transient, and honours AWS_ENDPOINT_URL.
"""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from wildrydes.bucket import Source, arrival_time
from wildrydes.errors import MissingObject, RideFileChanged

BLOCK_BYTES = 1 << 20
_READERS = 8
_CODES_WHEN_GONE = ("NoSuchKey", "NoSuchVersion", "404", "PreconditionFailed", "412", "InvalidRange", "416")


class OpenFile(NamedTuple):
    """A ride file that is being read: `source` has the version and the time of what the blocks are of."""

    source: Source
    blocks: Iterator[bytes]


@cache
def client() -> Any:
    """The S3 client of this process."""
    return boto3.client("s3", config=Config(retries={"mode": "standard", "max_attempts": 5}))


def region() -> str:
    """The region that this process works in."""
    return client().meta.region_name


def keys(bucket: str, prefix: str) -> Iterator[str]:
    """The keys under a prefix, in their order."""
    return (entry["Key"] for entry in _list_objects(bucket, prefix))


def sources(bucket: str, prefix: str) -> Iterator[Source]:
    """The objects under a prefix as sources, without the markers of folders (keys that end in /).

    A listing has no versions: `open_latest` gives the version of what it reads.
    """
    return (
        Source(entry["Key"], entry["ETag"].strip('"'), None, arrival_time(entry["LastModified"]))
        for entry in _list_objects(bucket, prefix)
        if not entry["Key"].endswith("/")
    )


def open_source(bucket: str, source: Source, start: int = 0, end: int | None = None) -> OpenFile:
    """Reads bytes [start, end) of a source, to its end by default, as a stream of blocks of at most BLOCK_BYTES.

    A source with a version is read by it, also after another was put in its place or the object was deleted. Raises
    RideFileChanged when the bucket has the version no more, or, of a source without one, when the object has changed.
    """
    ranged = {} if end is None else {"Range": f"bytes={start}-{end - 1}"}
    version = {"VersionId": source.version} if source.version else {}
    try:
        return _open(source.key, Bucket=bucket, IfMatch=f'"{source.etag}"', **version, **ranged)
    except ClientError as error:
        if error.response["Error"]["Code"] in _CODES_WHEN_GONE:
            raise RideFileChanged(_changed(bucket, source)) from None
        raise


def open_latest(bucket: str, source: Source) -> OpenFile:
    """Reads what is at the key of a source now, whichever version that is. Raises RideFileChanged if nothing is."""
    try:
        return _open(source.key, Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] in _CODES_WHEN_GONE:
            raise RideFileChanged(f"s3://{bucket}/{source.key} was deleted") from None
        raise


def blocks(bucket: str, source: Source, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The blocks that `open_source` reads. Raises RideFileChanged."""
    return open_source(bucket, source, start, end).blocks


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


def _open(key: str, **parameters: Any) -> OpenFile:
    answer = client().get_object(Key=key, **parameters)
    source = Source(key, answer["ETag"].strip('"'), answer.get("VersionId"), arrival_time(answer["LastModified"]))
    return OpenFile(source, answer["Body"].iter_chunks(BLOCK_BYTES))


def _changed(bucket: str, source: Source) -> str:
    where = f"s3://{bucket}/{source.key}"
    if source.version:
        return (
            f"the version {source.version} of {where} is gone for good: it was deleted by its version, or expired. The "
            "next execution takes the object as it is then"
        )
    return (
        f"{where} is no longer the version {source.etag} that was planned: it was replaced or deleted, and the bucket "
        "keeps no versions. The next execution takes it as it is then"
    )


def _list_objects(bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    pages: Iterable[dict[str, Any]] = client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        yield from page.get("Contents", ())
