"""Small files share a chunk: which do, in what order, and how a chunk names its files.

A child of the Map for each file costs its start; a hundred thousand of them cost an hour. So small files are put
together, in the order of their keys, and are first read by the child that ingests them. A plan lists them only.

    sizes       100 200 300 | 5,000,000 | 400 …
    chunks      └─ shared ─┘  by itself   └ shared …

What a shared chunk gives follows from its files: each is judged, counted and numbered as if it were alone. An item of
the manifest stays small however many files it has: it says where their lines are in the execution's list of files.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO

from wildrydes.bucket import StoredFile
from wildrydes.rides.reports import FilePlan
from wildrydes.rides.shared_chunk import SharedChunk, group_digest
from wildrydes.rides.skipping import skipped_by_name

MOST_FILES = 500
"""Of a shared chunk. Sixteen requests at a time, of some 30 ms each, are a second."""

MOST_BYTES = 8 << 20
"""Of all files of a shared chunk, as they are stored: its child holds them."""

FEWEST_FILES = 32
"""Small files share chunks where there are more of them than this; fewer cost no more by themselves."""

_SMALL = 8
_COMPRESSED = (".gz", ".gzip")
# Rides of the sample shrink to a sixth and less. The name is all that there is to go by, and nothing depends on it but
# how many files a chunk has.
_EXPANDS = 7


def part(files: Iterable[StoredFile], chunk_bytes: int) -> tuple[list[StoredFile], list[StoredFile]]:
    """The files that share chunks, and those that have chunks of their own; each in the order that they come in.

    A file is small up to an eighth of `chunk_bytes`, or of MOST_BYTES. One that is empty, or holds no data by its name,
    is not read at all, and shares none.
    """
    largest = min(chunk_bytes, MOST_BYTES) // _SMALL
    small, others = list[StoredFile](), list[StoredFile]()
    every = list(files)
    for file in every:
        shares = 0 < file.size <= largest and not skipped_by_name(file.source.key)
        (small if shares else others).append(file)
    return (small, others) if len(small) > FEWEST_FILES else ([], every)


def groups(files: Iterable[StoredFile], chunk_bytes: int) -> Iterator[list[StoredFile]]:
    """The files of each shared chunk, in their order: at most MOST_FILES, of at most `chunk_bytes` and MOST_BYTES.

    >>> from wildrydes.bucket import Source
    >>> files = [StoredFile(Source(f"raw/{size}", ""), size) for size in (3, 4, 5)]
    >>> [[file.size for file in group] for group in groups(files, 8)]
    [[3, 4], [5]]
    """
    most, group, size = min(chunk_bytes, MOST_BYTES), list[StoredFile](), 0
    for file in files:
        weight = file.size * (_EXPANDS if file.source.key.lower().endswith(_COMPRESSED) else 1)
        if group and (size + weight > most or len(group) == MOST_FILES):
            yield group
            group, size = [], 0
        group.append(file)
        size += weight
    if group:
        yield group


def plan_line(file: FilePlan) -> str:
    """The line of a file in an execution's list of files, in ASCII."""
    return json.dumps(file.to_json()) + "\n"


def plan_group(files: Sequence[StoredFile], item: int, start: int) -> tuple[SharedChunk, str]:
    """The shared chunk of files whose lines start at byte `start` of the list of files, and these lines."""
    digest = group_digest(file.source for file in files)
    text = "".join(plan_line(FilePlan(file.source, file.size, shared=digest)) for file in files)
    return SharedChunk(item, digest, len(files), start, start + len(text), files[0].source.key), text


def plan_lines(
    files: Iterable[FilePlan], shared: Iterable[Sequence[StoredFile]], first_item: int
) -> tuple[bytes, list[SharedChunk]]:
    """An execution's list of files, those that share chunks last, and these chunks, numbered from `first_item`.

    Of many files the lines are most of what a plan holds: they are put into one buffer, without a second copy.
    """
    lines, chunks = BytesIO(), list[SharedChunk]()
    for file in files:
        lines.write(plan_line(file).encode())
    for item, group in enumerate(shared, first_item):
        chunk, text = plan_group(group, item, lines.tell())
        chunks.append(chunk)
        lines.write(text.encode())
    return lines.getvalue(), chunks
