"""A ride file that a person drops on the page: looked at as `wildrydes retrain --rides` looks at it, and uploaded."""

import io
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

_LONGEST_NAME = 200
"""Bytes of a file's name: no system of files takes more than 255."""


class TakenKeyError(CommandError):
    """Another file has the key already."""


def look(stack: Stack, query: Mapping[str, str]) -> dict[str, Any]:
    """Which `key` a file of this `name` would have, and the `size` in bytes of what is there; None where nothing is."""
    (key,) = keys_of(path := Path(_name(query)), [path]).values()
    return {"key": key, "size": _size(stack, key)}


def uploading(stack: Stack) -> Endpoint:
    """An endpoint that takes a file's bytes; `name` and `replace` ("yes" where it may be) are in the query."""

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
        return await in_thread(_put, stack, file, query.get("replace") == "yes")


def _put(stack: Stack, file: Path, may_replace: bool) -> dict[str, Any]:
    said = io.StringIO()
    console = Console(file=said, width=10_000)
    try:
        files = ride_files.collect(file, console)
    except UnreadableFileError as fault:
        # Where the server put it for a moment says nothing to whoever has it elsewhere.
        raise UnreadableFileError(str(fault).replace(f"{file.parent}/", "")) from None
    (key,) = keys_of(file, files).values()
    if not may_replace and _size(stack, key) is not None:
        raise TakenKeyError(
            f"{key} is there already. What was ingested of it stays. Upload it once more to replace it."
        )
    ride_files.upload(stack, file, files, console)
    return {"key": key, "bytes": file.stat().st_size, "remarks": said.getvalue().splitlines()}


def _size(stack: Stack, key: str) -> int | None:
    try:
        return stack.client("s3").head_object(Bucket=stack.bucket, Key=key)["ContentLength"]
    except ClientError as fault:
        if fault.response["Error"]["Code"] in ("404", "NoSuchKey"):
            return None
        raise


def _name(query: Mapping[str, str]) -> str:
    """A name without folders. Raises BadFieldError."""
    name = text_of(query, "name")
    is_plain = Path(name).name == name and name not in ("", ".", "..") and "\\" not in name and name.isprintable()
    if not is_plain or len(name.encode("utf-8", errors="replace")) > _LONGEST_NAME:
        raise BadFieldError(f"{name[:40]!r} is no name of a file that can be uploaded here.")
    return name
