"""A ride file that a person drops on the page: looked at as `wildrydes retrain --rides` looks at it, and uploaded."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from anyio import open_file
from botocore.exceptions import ClientError
from rich.console import Console
from starlette.requests import Request
from starlette.responses import Response

from cli import ride_files
from cli.errors import CommandError, UnreadableFileError
from cli.raw_keys import keys_of
from cli.stack import Stack
from console.answers import BadFieldError, Endpoint, answer, in_thread, text_of

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html#conditional-error-response
_OF_CONDITIONS = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey")
_LONGEST_NAME = 200
"""Bytes of a file's name: no system of files takes more than 255."""


class TakenKeyError(CommandError):
    """Another file has the key, and nobody has said that it may be replaced."""


def look(stack: Stack, query: Mapping[str, str]) -> dict[str, Any]:
    """Which `key` a file of this `name` would have, and the `size` in bytes and the `etag` of what is there.

    Both are None where nothing is.
    """
    (key,) = keys_of(path := Path(_name(query)), [path]).values()
    try:
        head = stack.client("s3").head_object(Bucket=stack.bucket, Key=key)
    except ClientError as fault:
        if fault.response["Error"]["Code"] not in ("404", "NoSuchKey"):
            raise
        return {"key": key, "size": None, "etag": None}
    return {"key": key, "size": head["ContentLength"], "etag": head["ETag"]}


def uploading(stack: Stack) -> Endpoint:
    """An endpoint that takes a file's bytes; in the query are `name`, and the etag that the file `replaces`, if any."""

    async def endpoint(request: Request) -> Response:
        return await answer(lambda: _take(stack, request))

    return endpoint


async def _take(stack: Stack, request: Request) -> dict[str, Any]:
    query = request.query_params
    name = _name(query)
    with TemporaryDirectory() as folder:
        file = Path(folder) / name
        async with await open_file(file, "wb") as target:
            async for block in request.stream():
                await target.write(block)
        return await in_thread(_put, stack, file, query.get("replaces", ""))


def _put(stack: Stack, file: Path, replaces: str) -> dict[str, Any]:
    try:
        # What it would say on a console is of files beside others.
        files = ride_files.collect(file, Console(quiet=True))
    except UnreadableFileError as fault:
        # Where the server put it for a moment says nothing to whoever has it elsewhere.
        raise UnreadableFileError(str(fault).replace(f"{file.parent}/", "")) from None
    (key,) = keys_of(file, files).values()
    # S3 itself compares: another file may come between a look and the bytes.
    condition = {"IfMatch": replaces} if replaces else {"IfNoneMatch": "*"}
    try:
        with file.open("rb") as body:
            stack.client("s3").put_object(Bucket=stack.bucket, Key=key, Body=body, **condition)
    except ClientError as fault:
        if fault.response["Error"]["Code"] not in _OF_CONDITIONS:
            raise
        what = "is no longer the file that was to be replaced" if replaces else "is there already"
        raise TakenKeyError(
            f"{key} {what}. What was ingested of it stays. Choose your file once more to replace what is there now."
        ) from None
    return {"key": key, "bytes": file.stat().st_size}


def _name(query: Mapping[str, str]) -> str:
    """A name without folders. Raises BadFieldError."""
    name = text_of(query, "name")
    is_plain = Path(name).name == name and name not in ("", ".", "..") and "\\" not in name and name.isprintable()
    if not is_plain or len(name.encode("utf-8", errors="replace")) > _LONGEST_NAME:
        raise BadFieldError(f"{name[:40]!r} is no name of a file that can be uploaded here.")
    return name
