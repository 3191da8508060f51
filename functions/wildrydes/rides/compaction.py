"""Small objects of rides that came one at a time -> larger ones: which are put together, and what that makes.

A stream writes up to an object a second. Opening them costs more than reading them, so those of a year that are an hour
old are put together, in the order of their keys. What that makes is small too at first, and put together again later.
"""

import gzip
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple

from wildrydes.bucket import PROCESSED, STREAM, Source, StoredFile, arrival_time, digest_of
from wildrydes.rides.gzip_lines import fast_lines
from wildrydes.rides.partitions import is_streamed, year_of

SMALL_BYTES = 8 << 20
"""An object of fewer bytes is small, as it is stored: of some 96,000 rides."""

MOST_BYTES = 16 << 20
"""Of a group's objects together."""

MOST_OBJECTS = 2_000
"""Of a group: so many are read in some ten seconds, and deleted by two requests."""

FEWEST_OBJECTS = 8
"""Fewer in a year are left alone: opening them costs next to nothing."""

MOST_CANDIDATES = 100_000
"""Small objects that one call looks at: some 60 MB of memory."""

SETTLED = timedelta(hours=1)
"""After that a stream has delivered what it delivers again: a batch that comes once more then makes its object anew."""

_MERGED = f"/{STREAM}merged/"


class Merged(NamedTuple):
    """Rides of several objects: gzip of their lines, how many they are, and the objects that they are from."""

    data: bytes
    rides: int
    sources: list[Source]


def is_candidate(file: StoredFile, now: datetime) -> bool:
    """Whether an object is small, and may be put together with others now."""
    key = file.source.key
    if file.size >= SMALL_BYTES or year_of(key) is None or not is_streamed(key):
        return False
    return _MERGED in key or (file.source.arrived_at or "") < arrival_time(now - SETTLED)


def groups(small: Iterable[StoredFile]) -> Iterator[list[StoredFile]]:
    """The small objects that become one, each group of one year."""
    years: dict[int, list[StoredFile]] = {}
    for file in small:
        years.setdefault(year_of(file.source.key) or 0, []).append(file)
    for year in sorted(years):
        yield from (group for group in _packed(years[year]) if len(group) >= FEWEST_OBJECTS)


def merge(objects: Iterable[tuple[Source, bytes]]) -> Merged:
    """The lines in the gzip of objects, one after the other. A line that comes again, to the letter, is there once.

    Such a line is a copy of the same arrival of a ride, left by who died after it had put objects together. An object
    that cannot be unpacked, or does not end where a line does, is left out.
    """
    lines, digests, rides, sources = fast_lines(), set[bytes](), 0, list[Source]()
    for source, content in objects:
        data = _unpacked(content)
        if data is None:
            continue
        sources.append(source)
        new = []
        for line in data.splitlines(keepends=True):
            if (digest := blake2b(line, digest_size=16).digest()) not in digests:
                digests.add(digest)
                new.append(line)
        lines.data(b"".join(new))
        rides += len(new)
    return Merged(lines.end(), rides, sources)


def merged_key(sources: Sequence[Source], rides: int) -> str:
    """Where the rides of some objects of one year go: it follows from them."""
    digest = digest_of(f"{source.key}\n{source.etag}" for source in sources)
    return f"{PROCESSED}year={year_of(sources[0].key):04}{_MERGED}{digest}.{rides}-rides.jsonl.gz"


def _unpacked(content: bytes) -> bytes | None:
    try:
        data = gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        return None
    return data if not data or data.endswith(b"\n") else None


def _packed(files: Sequence[StoredFile]) -> Iterator[list[StoredFile]]:
    group, size = list[StoredFile](), 0
    for file in files:
        if group and (size + file.size > MOST_BYTES or len(group) == MOST_OBJECTS):
            yield group
            group, size = [], 0
        group.append(file)
        size += file.size
    if group:
        yield group
