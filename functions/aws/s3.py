"""Objects of one bucket: list, read as a stream, read whole, write.

The client is made at the first use and kept: making it is a good part of a cold start. botocore itself retries what is
transient, and honours AWS_ENDPOINT_URL.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from aws import clients
from wildrydes.bucket import Source, StoredFile, arrival_time
from wildrydes.errors import MissingObject, ObjectsNotDeleted, RideFileChanged

BLOCK_BYTES = 1 << 20
_AT_ONCE = 8
_READS_AT_ONCE = 16
_DELETED_AT_ONCE = 1000
_CODES_WHEN_GONE = ("NoSuchKey", "NoSuchVersion", "404", "PreconditionFailed", "412", "InvalidRange", "416")
_CODES_WHEN_REPLACED = (*_CODES_WHEN_GONE, "ConditionalRequestConflict", "409")
"""Of a conditional write: the conflict is with another write at the same time."""


class OpenFile(NamedTuple):
    """A ride file that is being read: `source` has the version and the time of the `size` bytes in the blocks."""

    source: Source
    blocks: Iterator[bytes]
    size: int


class Copy(NamedTuple):
    """An object, the ETag that it must have, and the key that it is copied to."""

    key: str
    etag: str
    target: str


def client() -> Any:
    """The S3 client of this process."""
    return clients.client("s3", _READS_AT_ONCE)


def region() -> str:
    """The region that this process works in."""
    return client().meta.region_name


def keys(bucket: str, prefix: str) -> Iterator[str]:
    """The keys under a prefix, in their order."""
    return (entry["Key"] for entry in _list_objects(bucket, prefix))


def keys_after(bucket: str, prefix: str, start: str) -> Iterator[str]:
    """The keys under a prefix that come after `start`, in their order."""
    pages = client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, StartAfter=start)
    return (entry["Key"] for page in pages for entry in page.get("Contents", ()))


def etags(bucket: str, prefix: str) -> dict[str, str]:
    """The ETag of each object under a prefix, by its key."""
    return {entry["Key"]: entry["ETag"].strip('"') for entry in _list_objects(bucket, prefix)}


def stored_files(bucket: str, prefix: str) -> Iterator[StoredFile]:
    """The objects under a prefix, without the markers of folders (empty, with keys that end in /).

    A listing has no versions: `open_latest` and `read_files` give the version of what they read.
    """
    return (
        StoredFile(
            Source(entry["Key"], entry["ETag"].strip('"'), None, arrival_time(entry["LastModified"])), entry["Size"]
        )
        for entry in _list_objects(bucket, prefix)
        if entry["Size"] or not entry["Key"].endswith("/")
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


def read_files(bucket: str, sources: Iterable[Source]) -> Iterator[tuple[Source, bytes]]:
    """Sources of a listing, whole, in their order, many read at a time: each with its version and time.

    One that was replaced or deleted since is read by its version. Raises RideFileChanged where it has none any more.
    What was read and not taken yet is held in memory.
    """
    client()
    with ThreadPoolExecutor(_READS_AT_ONCE) as readers:
        yield from readers.map(lambda source: _read_file(bucket, source), sources)


def blocks(bucket: str, source: Source, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The blocks that `open_source` reads. Raises RideFileChanged."""
    return open_source(bucket, source, start, end).blocks


def open_object(bucket: str, key: str, etag: str | None = None) -> OpenFile:
    """Reads what is at a key, or only what has this ETag, as a stream of blocks. Raises MissingObject."""
    match = {} if etag is None else {"IfMatch": f'"{etag}"'}
    try:
        return _open(key, Bucket=bucket, **match)
    except ClientError as error:
        raise _missing(bucket, key, error) or error from None


def stream(bucket: str, key: str) -> Iterator[bytes]:
    """An object as a stream of blocks. Raises MissingObject."""
    return _get_body(bucket, key).iter_chunks(BLOCK_BYTES)


def read(bucket: str, key: str, most: int | None = None) -> bytes:
    """An object, or its first `most` bytes. Raises MissingObject."""
    return _get_body(bucket, key).read(most)


def read_range(bucket: str, key: str, start: int, end: int) -> bytes:
    """Bytes [start, end) of an object. Raises MissingObject, also where it is shorter than `start`."""
    try:
        return client().get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{end - 1}")["Body"].read()
    except ClientError as error:
        raise _missing(bucket, key, error) or error from None


def read_json(bucket: str, key: str) -> Any:
    """The JSON in an object. Raises MissingObject."""
    return json.loads(read(bucket, key))


def read_json_lines(bucket: str, key: str) -> list[Any]:
    """The JSON in each line of an object. Raises MissingObject."""
    return [json.loads(line) for line in read(bucket, key).splitlines()]


def read_json_objects(bucket: str, object_keys: Iterable[str]) -> Iterator[Any]:
    """The JSON in each object, in the order of the keys, some read at a time; None where there is no object."""
    client()

    def load(key: str) -> Any:
        try:
            return read_json(bucket, key)
        except MissingObject:
            return None

    with ThreadPoolExecutor(_AT_ONCE) as readers:
        yield from readers.map(load, object_keys)


def write(bucket: str, key: str, data: bytes, content_type: str) -> str:
    """Writes an object, over the one that is there. Gives its ETag."""
    answer = client().put_object(Bucket=bucket, Key=key, Body=data, ContentType=content_type)
    return answer["ETag"].strip('"')


def replace(bucket: str, key: str, etag: str, data: bytes, content_type: str) -> None:
    """Writes an object in the place of the one with this ETag. Raises MissingObject where that is not there."""
    try:
        client().put_object(Bucket=bucket, Key=key, Body=data, ContentType=content_type, IfMatch=f'"{etag}"')
    except ClientError as error:
        raise _missing(bucket, key, error) or error from None


def write_json(bucket: str, key: str, value: Any) -> None:
    """Writes a value as JSON."""
    write(bucket, key, json.dumps(value).encode(), "application/json")


def write_json_lines(bucket: str, key: str, values: Iterable[Any]) -> None:
    """Writes values as JSON, one a line."""
    write(bucket, key, "".join(f"{json.dumps(value)}\n" for value in values).encode(), "application/jsonl")


def write_json_objects(bucket: str, values: Mapping[str, Any]) -> None:
    """Writes each value as JSON to its key, some at a time."""
    client()
    with ThreadPoolExecutor(_AT_ONCE) as writers:
        # Taking the results raises what a write raised.
        list(writers.map(lambda key: write_json(bucket, key, values[key]), values))


def write_objects(bucket: str, objects: Mapping[str, bytes], content_type: str) -> dict[str, str]:
    """Writes each object to its key, some at a time. Gives the ETag of each key."""
    client()
    with ThreadPoolExecutor(_AT_ONCE) as writers:
        etags = writers.map(lambda key: write(bucket, key, objects[key], content_type), objects)
        return dict(zip(objects, etags, strict=True))


def copy_objects(bucket: str, copies: Iterable[Copy]) -> None:
    """Copies objects within the bucket, some at a time. Raises MissingObject where one is not what it was."""
    client()
    with ThreadPoolExecutor(_AT_ONCE) as writers:
        list(writers.map(lambda copy: _copy(bucket, copy), copies))


def delete(bucket: str, object_keys: Sequence[str]) -> None:
    """Deletes objects; in a bucket with versions their last ones stay, each below a marker. Raises ObjectsNotDeleted.

    One that is not there is as good as deleted.
    """
    for start in range(0, len(object_keys), _DELETED_AT_ONCE):
        objects = [{"Key": key} for key in object_keys[start : start + _DELETED_AT_ONCE]]
        answer = client().delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        for error in answer.get("Errors", ()):
            raise ObjectsNotDeleted(
                f"s3://{bucket}/{error['Key']} was not deleted: {error['Code']}, {error['Message']}"
            )


def move(bucket: str, copy: Copy) -> None:
    """Moves an object within the bucket; in one with versions its last one stays at the old key, below a marker.

    Raises MissingObject where it is not what it was: what is there then stays.
    """
    _copy(bucket, copy)
    try:
        client().delete_object(Bucket=bucket, Key=copy.key, IfMatch=f'"{copy.etag}"')
    except ClientError as error:
        raise _missing(bucket, copy.key, error) or error from None


def _copy(bucket: str, copy: Copy) -> None:
    try:
        client().copy_object(
            Bucket=bucket,
            Key=copy.target,
            CopySource={"Bucket": bucket, "Key": copy.key},
            CopySourceIfMatch=f'"{copy.etag}"',
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "AccessDenied":
            raise MissingObject(
                f"s3://{bucket}/{copy.key} is not there, or this function's role may not read it or write {copy.target}"
            ) from None
        raise _missing(bucket, copy.key, error) or error from None


def _missing(bucket: str, key: str, error: ClientError) -> MissingObject | None:
    """What a refusal says of an object that is gone, or no more the one that it was; None of another refusal."""
    if error.response["Error"]["Code"] not in _CODES_WHEN_REPLACED:
        return None
    return MissingObject(f"s3://{bucket}/{key} is gone, or another object is in its place")


def _get_body(bucket: str, key: str) -> Any:
    try:
        return client().get_object(Bucket=bucket, Key=key)["Body"]
    except ClientError as error:
        # A caller that may not list a bucket gets AccessDenied for an object that is not there.
        if error.response["Error"]["Code"] in ("NoSuchKey", "AccessDenied"):
            raise MissingObject(f"s3://{bucket}/{key} is not there, or this function's role may not read it") from None
        raise


def _read_file(bucket: str, source: Source) -> tuple[Source, bytes]:
    try:
        opened = open_source(bucket, source)
    except RideFileChanged:
        if not (version := _find_version(bucket, source)):
            raise
        opened = open_source(bucket, version)
    return opened.source, b"".join(opened.blocks)


def _find_version(bucket: str, source: Source) -> Source | None:
    """The newest version at the key of a source that has its ETag, whatever has come after it."""
    pages: Iterable[dict[str, Any]] = (
        client().get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=source.key)
    )
    for version in (version for page in pages for version in page.get("Versions", ())):
        if version["Key"] != source.key:
            return None
        if version["ETag"].strip('"') == source.etag:
            return Source(source.key, source.etag, version["VersionId"])
    return None


def _open(key: str, **parameters: Any) -> OpenFile:
    answer = client().get_object(Key=key, **parameters)
    source = Source(key, answer["ETag"].strip('"'), answer.get("VersionId"), arrival_time(answer["LastModified"]))
    return OpenFile(source, answer["Body"].iter_chunks(BLOCK_BYTES), answer["ContentLength"])


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
