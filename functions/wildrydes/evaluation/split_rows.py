"""Reads the test split: CSV without a header, label first, features in their order; gzip or not, in blocks of bytes."""

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from math import isfinite

from wildrydes.errors import BadTestSet

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP = 16 + zlib.MAX_WBITS
_LABELS = {0.0: 0, 1.0: 1}

Row = tuple[int, list[float]]
"""A label, 0 or 1, and the features in order."""


def rows(blocks: Iterable[bytes], features: int, key: str) -> Iterator[Row]:
    """The rows of one object, whose `key` errors name. Raises BadTestSet for a row of other than numbers."""
    for number, line in enumerate(_lines(_plain(blocks, key)), 1):
        if not line.strip():
            continue
        try:
            label, *values = map(float, line.split(b","))
            row = _LABELS[label], values
        except (ValueError, KeyError):
            raise _no_row(key, number, line) from None
        if not isfinite(sum(values)):
            raise _no_row(key, number, line)
        if len(values) != features:
            raise BadTestSet(f"{key}, line {number} has {len(values)} features, the model {features}")
        yield row


def _no_row(key: str, number: int, line: bytes) -> BadTestSet:
    return BadTestSet(f"{key}, line {number}: {line[:80]!r} is no row of a label 0 or 1 and finite numbers")


def _plain(blocks: Iterable[bytes], key: str) -> Iterator[bytes]:
    """Blocks of an object, gunzipped if it is gzip: by its first bytes, since names prove nothing."""
    stream = iter(blocks)
    opening = b""
    for block in stream:
        opening += block
        if len(opening) >= len(_GZIP_MAGIC):
            break
    whole = chain([opening], stream)
    return _gunzipped(whole, key) if opening.startswith(_GZIP_MAGIC) else whole


def _gunzipped(blocks: Iterable[bytes], key: str) -> Iterator[bytes]:
    """The contents of one gzip stream, or of several one after the other."""
    stream = zlib.decompressobj(_GZIP)
    try:
        for block in blocks:
            rest = block
            while rest:
                if stream.eof:
                    stream = zlib.decompressobj(_GZIP)
                yield stream.decompress(rest)
                rest = stream.unused_data
    except zlib.error as error:
        raise BadTestSet(f"{key} is damaged: {error}") from None
    if not stream.eof:
        raise BadTestSet(f"{key} is cut short: its gzip stream has no end")


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        *whole, rest = (rest + block).split(b"\n")
        yield from whole
    if rest:
        yield rest
