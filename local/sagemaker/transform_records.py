"""What a batch transform sends to the container: an object's records, in payloads of a bounded size.

An InputFilter picks columns of CSV by a JSONPath: `$` is the whole row, `$[1:]` all but the first column.

Source: "Associate Prediction Results with Input Records" and CreateTransformJob in the API reference.
"""

import re
from collections.abc import Callable, Iterator

from local import EmbeddedAwsError

_FILTER = re.compile(r"\$(?:\[(-?\d+)?(:)?(-?\d+)?\])?")


class RecordError(EmbeddedAwsError):
    """A record cannot be sent; the message is the job's FailureReason."""


def column_filter(path: str) -> Callable[[bytes], bytes]:
    """A function that keeps of a CSV row what `path` picks. Raises ValueError for a path that is not supported."""
    match = _FILTER.fullmatch(path)
    if match is None:
        raise ValueError(f"the JSONPath {path!r}: $, $[number] and $[from:to] are implemented here")
    first, colon, last = match.groups()
    if path == "$":
        return lambda row: row
    if colon:
        columns = slice(int(first) if first else None, int(last) if last else None)
    elif first:
        columns = slice(int(first), int(first) + 1 or None)
    else:
        raise ValueError(f"the JSONPath {path!r} picks nothing")
    return lambda row: b",".join(row.split(b",")[columns])


def payloads(
    content: bytes, *, by_line: bool, many: bool, keep: Callable[[bytes], bytes], most_bytes: int
) -> Iterator[bytes]:
    """The payloads of an object: itself, or its lines, `many` of them in one. Raises RecordError."""
    if not by_line:
        yield _bounded(content, most_bytes)
        return
    batch: list[bytes] = []
    size = 0
    for line in content.splitlines():
        if not line.strip():
            continue
        record = _bounded(keep(line) + b"\n", most_bytes)
        if batch and (not many or size + len(record) > most_bytes):
            yield b"".join(batch)
            batch, size = [], 0
        batch.append(record)
        size += len(record)
    if batch:
        yield b"".join(batch)


def _bounded(record: bytes, most_bytes: int) -> bytes:
    if len(record) > most_bytes:
        raise RecordError(
            f"ClientError: See job logs for more information: a record of {len(record)} bytes is larger than "
            f"MaxPayloadInMB allows ({most_bytes} bytes)."
        )
    return record
