"""A file of samples, CSV without a header, plain or gzip -> messages of the samples topic.

Each sample gets an id that follows from the file's contents and its row: publishing a file again, or a part of it,
makes no sample twice.
"""

import gzip
import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from wildrydes.errors import BadSample
from wildrydes.samples.sample import FIELDS, ID_FIELD, read_line

LONGEST_MESSAGE = 200_000
"""Bytes of a message with many samples; SNS takes 262,144."""

_MAGIC = b"\x1f\x8b"
_BLOCK = 1 << 20


class SampleFile(NamedTuple):
    """A file of samples: `id` is the first 16 hex digits of the SHA-256 of what it holds, unpacked."""

    path: Path
    id: str
    rows: int


class FileSample(NamedTuple):
    """A sample of a file: its row, from 1, and the sample as one line of JSON, with its id."""

    row: int
    text: str


def describe_file(path: Path) -> SampleFile:
    """Reads a file once, plain or gzip. Raises OSError, and EOFError where gzip ends early."""
    digest, rows, last = sha256(), 0, b"\n"
    with _open(path) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            rows += block.count(b"\n")
            last = block
    return SampleFile(path, digest.hexdigest()[:16], rows + (not last.endswith(b"\n")))


def _open(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        is_gzip = file.read(len(_MAGIC)) == _MAGIC
    return cast(BinaryIO, gzip.open(path)) if is_gzip else path.open("rb")


def row_id(file: str, row: int) -> str:
    """The id of the sample in a row, from 1, of a file."""
    return f"{file}-{row}"


def samples_of(file: SampleFile, count: int | None = None) -> Iterator[FileSample]:
    """The samples of a file, or its first `count`. Raises BadSample, whose detail has the row; OSError, EOFError."""
    with _open(file.path) as lines:
        for row, line in enumerate(islice(lines, count), 1):
            yield FileSample(row, _text(line, file.id, row))


def messages_of(samples: Iterable[FileSample], size: int) -> Iterator[list[FileSample]]:
    """The samples in lists of `size` at most, as many as make a message; its text is theirs, a line each."""
    batch: list[FileSample] = []
    length = 0
    for sample in samples:
        if batch and (len(batch) == size or length + len(sample.text) + 1 > LONGEST_MESSAGE):
            yield batch
            batch, length = [], 0
        batch.append(sample)
        length += len(sample.text) + 1
    if batch:
        yield batch


def _text(line: bytes, file: str, row: int) -> str:
    try:
        values = read_line(line.decode().rstrip("\r\n")).values
    except UnicodeDecodeError:
        raise BadSample("not_text", None, f"row {row}: the line is no UTF-8") from None
    except BadSample as bad:
        raise BadSample(bad.reason, bad.field, f"row {row}: {bad.detail}") from None
    numbers = {field.name: value for field, value in zip(FIELDS, values, strict=True)}
    return json.dumps({ID_FIELD: row_id(file, row)} | numbers, separators=(",", ":"))
