"""Ride files on this machine: which there are, whether they look right, and their way into the data bucket."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from cli.errors import UnreadableFileError
from cli.raw_keys import keys_of
from cli.stack import Stack
from local.account import entries
from wildrydes.errors import BadRideFile
from wildrydes.rides.files import records

_BLOCK_BYTES = 1 << 16
_MOST_NAMED = 5


def files_of(path: Path) -> list[Path]:
    """The file at `path`, or all below it. Raises UnreadableFileError where there is none."""
    if not path.exists():
        raise UnreadableFileError(f"{path} does not exist.")
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    if not files:
        raise UnreadableFileError(f"{path} holds no file.")
    return files


def collect(path: Path, console: Console) -> list[Path]:
    """The ride files at `path`, each of whose first record was read.

    A file without one is warned of: the workflow rejects it, with the reason. Raises UnreadableFileError where a file
    cannot be read or has no key of its own, or where not one of them starts with a record.
    """
    files = files_of(path)
    keys_of(path, files)
    faults = {file: fault for file in files if (fault := _fault(file))}
    named = [f"{file}: {fault}" for file, fault in list(faults.items())[:_MOST_NAMED]]
    if len(faults) > _MOST_NAMED:
        named.append(f"and {len(faults) - _MOST_NAMED:,} more")
    if len(faults) == len(files):
        raise UnreadableFileError("\n".join(["No ride can be read:", *named]))
    if faults:
        console.print("\n".join(["These will be rejected:", *named]), style="yellow", markup=False)
    return files


def _fault(file: Path) -> str | None:
    """Why no record can be read from the start of a file; None where one can. Raises UnreadableFileError."""
    try:
        first = next(records(_blocks(file)), None)
    except BadRideFile as fault:
        return str(fault)
    except OSError as fault:
        raise UnreadableFileError(f"{file} cannot be read: {fault.strerror}.") from None
    if first is None:
        return "it holds an empty list"
    value = first[2]
    return None if isinstance(value, dict) else f"its first record is a {type(value).__name__}, not an object"


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while block := content.read(_BLOCK_BYTES):
            yield block


def records_of(files: Iterable[Path]) -> Iterator[Any]:
    """The records of ride files of any of the four shapes. Raises UnreadableFileError at the first fault."""
    for file in files:
        try:
            for _, _, record, _ in records(_blocks(file)):
                yield record
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
