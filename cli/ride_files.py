"""Ride files on this machine: which there are, whether they look right, and their way into the data bucket."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from cli.errors import UnreadableFileError
from cli.raw_keys import keys_of
from cli.stack import Stack
from local.account import entries
from wildrydes.errors import BadRide, BadRideFile
from wildrydes.rides.files import Record, records
from wildrydes.rides.skipping import NO_DATA, skipped_by_name

_BLOCK_BYTES = 1 << 16
_MOST_NAMED = 5
_EXCERPT = 40


def files_of(path: Path) -> list[Path]:
    """The file at `path`, or all below it. Raises UnreadableFileError where there is none."""
    if not path.exists():
        raise UnreadableFileError(f"{path} does not exist.")
    entries_below = [path] if path.is_file() else sorted(path.rglob("*"))
    for each in entries_below:
        if each.is_symlink() and not each.is_file():
            what = "a folder, whose files would be left out" if each.is_dir() else "nothing"
            raise UnreadableFileError(
                f"{each} is a link to {what}: copy what you mean into {path}, or remove the link."
            )
    files = [each for each in entries_below if each.is_file()]
    if not files:
        raise UnreadableFileError(f"{path} holds no file.")
    return files


def collect(path: Path, console: Console) -> list[Path]:
    """The ride files at `path`, each of whose first record was read.

    A file without one is warned of: the workflow rejects it, with the reason. Those that hold no data are among the
    files, and the workflow lists them as skipped. Raises UnreadableFileError where a file cannot be read or has no key
    of its own, or where not one of them starts with a record.
    """
    files = files_of(path)
    firsts = {file: _first_record(file) for file, key in keys_of(path, files).items() if not skipped_by_name(key)}
    with_data = {file: first for file, first in firsts.items() if not _is_empty(first)}
    if not with_data:
        what = ": it holds no data" if path.is_file() else " holds no file with data"
        raise UnreadableFileError(f"{path}{what}.")
    faults = {file: fault for file, first in with_data.items() if (fault := _fault(first))}
    named = [f"{file}: {fault}" for file, fault in list(faults.items())[:_MOST_NAMED]]
    if len(faults) > _MOST_NAMED:
        named.append(f"and {len(faults) - _MOST_NAMED:,} more")
    if len(faults) == len(with_data):
        raise UnreadableFileError("\n".join(["No ride can be read:", *named]))
    if faults:
        console.print("\n".join(["These will be rejected:", *named]), style="yellow", markup=False)
    return files


def _first_record(file: Path) -> Record | BadRideFile | None:
    """The first record of a file, or why none can be read; None where there is none. Raises UnreadableFileError."""
    try:
        return next(records(_blocks(file)), None)
    except BadRideFile as fault:
        return fault
    except OSError as fault:
        raise UnreadableFileError(f"{file} cannot be read: {fault.strerror}.") from None


def _is_empty(first: Record | BadRideFile | None) -> bool:
    """Whether the workflow skips a file, by its first record, since it holds no data."""
    return isinstance(first, BadRideFile) and first.reason == NO_DATA


def _fault(first: Record | BadRideFile | None) -> str | None:
    """Why a file has no ride at its start; None where it has one."""
    if isinstance(first, BadRideFile):
        return str(first)
    if first is None:
        return "it holds an empty list"
    value = first[2]
    if isinstance(value, BadRide):
        return f"its first record is no ride: {value}"
    return None if isinstance(value, dict) else f"its first record is {json.dumps(value)[:_EXCERPT]}, not an object"


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while block := content.read(_BLOCK_BYTES):
            yield block


def records_of(path: Path) -> Iterator[Any]:
    """The records of the ride files at `path`, of any shape. Raises UnreadableFileError at the first fault.

    Files that the workflow skips, for their name or for their folder's, are skipped. A text is a record as it stands in
    its file: one that is a text itself, or cannot be decoded to what it says.
    """
    for file, key in keys_of(path, files_of(path)).items():
        if skipped_by_name(key) or _is_empty(_first_record(file)):
            continue
        try:
            for _, _, record, text in records(_blocks(file)):
                yield text if isinstance(record, BadRide | str) else record
        except BadRideFile as fault:
            raise UnreadableFileError(f"{file}: {fault}") from fault


def upload(stack: Stack, path: Path, files: list[Path], console: Console | None = None) -> None:
    """Put the ride `files` of `path` under raw/, with the subfolders that they have there.

    Names what it puts in the place of another file on the `console`. Raises UnreadableFileError.
    """
    s3, keys = stack.client("s3"), keys_of(path, files)
    sizes = {
        entry["Key"]: entry["Size"]
        for entry in entries(s3, "list_objects_v2", "Contents", Bucket=stack.bucket, Prefix="raw/")
    }
    replaced = [key for file, key in keys.items() if sizes.get(key) not in (None, file.stat().st_size)]
    if console and replaced:
        named = ", ".join(replaced[:_MOST_NAMED]) + (", …" if len(replaced) > _MOST_NAMED else "")
        console.print(
            f"{len(replaced):,} of the files are put in the place of another one of that name: {named}. What was "
            "ingested of it stays. To take both, upload the folders above them.",
            style="yellow",
            markup=False,
        )
    for file, key in keys.items():
        s3.upload_file(str(file), stack.bucket, key)
