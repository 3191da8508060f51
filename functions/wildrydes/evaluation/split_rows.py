"""Reads the test split: CSV without a header, label first, features in their order; gzip or not, in blocks of bytes."""

import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from math import isfinite
from typing import NamedTuple

from wildrydes.errors import BadTestSet

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP = 16 + zlib.MAX_WBITS
_UNPACKED_BYTES = 1 << 20
"""What is unpacked at a time: a block of zeros is a thousand times as large then."""

LARGEST_LABEL = 3.4028234663852886e38
"""What a float32 holds: the containers compute in it. Squares and cubes of such numbers are finite here."""


class Limits(NamedTuple):
    """What an object may be: unpacked it has `size` bytes at most, a line `line_size`; gzip, unless empty, or none."""

    size: int
    line_size: int
    is_gzip: bool


Row = tuple[float, list[float]]
"""A label, 0 or 1 (int) or a number, and the features in order."""


class Labels(NamedTuple):
    """Which labels rows may have: `read` gives one as it is used, or raises KeyError or ValueError."""

    read: Callable[[float], float]
    meaning: str


def _number(label: float) -> float:
    if not -LARGEST_LABEL <= label <= LARGEST_LABEL:
        raise ValueError(label)
    return label


BINARY_LABELS = Labels({0.0: 0, 1.0: 1}.__getitem__, "a label 0 or 1")
NUMBERS = Labels(_number, "a finite number as label")


def rows(blocks: Iterable[bytes], features: int, key: str, labels: Labels = BINARY_LABELS) -> Iterator[Row]:
    """The rows of one object, whose `key` errors name. Raises BadTestSet for a row of other than numbers."""
    read = labels.read
    for number, line in enumerate(lines(blocks, key), 1):
        if not line.strip():
            continue
        try:
            label, *values = map(float, line.split(b","))
            row = read(label), values
        except (ValueError, KeyError):
            raise _no_row(key, number, line, labels) from None
        if not isfinite(sum(values)):
            raise _no_row(key, number, line, labels)
        if len(values) != features:
            raise BadTestSet(f"{key}, line {number} has {len(values)} features, the model {features}")
        yield row


def lines(blocks: Iterable[bytes], key: str) -> Iterator[bytes]:
    """The lines of an object, gunzipped if it is gzip. Raises BadTestSet for a damaged one."""
    _, plain = _plain(blocks, key)
    return _lines(plain)


def lines_within(blocks: Iterable[bytes], key: str, limits: Limits) -> Iterator[bytes]:
    """As `lines`. Raises BadTestSet also for an object beyond the limits."""
    opening, plain = _plain(blocks, key)
    if opening and opening.startswith(_GZIP_MAGIC) != limits.is_gzip:
        raise BadTestSet(f"{key} is {'no ' if limits.is_gzip else ''}gzip, and its name says otherwise")
    return _lines(_bounded(plain, key, limits))


def _no_row(key: str, number: int, line: bytes, labels: Labels) -> BadTestSet:
    return BadTestSet(f"{key}, line {number}: {line[:80]!r} is no row of {labels.meaning} and finite numbers")


def _plain(blocks: Iterable[bytes], key: str) -> tuple[bytes, Iterator[bytes]]:
    """An object's first bytes, and its blocks, gunzipped if it is gzip: by those bytes, since names prove nothing."""
    stream = iter(blocks)
    opening = b""
    for block in stream:
        opening += block
        if len(opening) >= len(_GZIP_MAGIC):
            break
    whole = chain([opening], stream)
    return opening, _gunzipped(whole, key) if opening.startswith(_GZIP_MAGIC) else whole


def _bounded(blocks: Iterable[bytes], key: str, limits: Limits) -> Iterator[bytes]:
    size = line_size = 0
    for block in blocks:
        size += len(block)
        if size > limits.size:
            raise BadTestSet(f"{key} has more than {limits.size:,} bytes when it is unpacked")
        # A line within a block is no longer than that: the one that began before it may be, and the one that goes on.
        line_size += len(block.partition(b"\n")[0])
        if line_size > limits.line_size:
            raise BadTestSet(f"{key} has a line of more than {limits.line_size:,} bytes")
        if b"\n" in block:
            line_size = len(block.rpartition(b"\n")[2])
        yield block


def _gunzipped(blocks: Iterable[bytes], key: str) -> Iterator[bytes]:
    """The contents of one gzip stream, or of several one after the other."""
    stream = zlib.decompressobj(_GZIP)
    try:
        for block in blocks:
            rest = block
            while rest:
                if stream.eof:
                    stream = zlib.decompressobj(_GZIP)
                yield stream.decompress(rest, _UNPACKED_BYTES)
                rest = stream.unused_data if stream.eof else stream.unconsumed_tail
        yield stream.flush()
    except zlib.error as error:
        raise BadTestSet(f"{key} is damaged: {error}") from None
    if not stream.eof:
        raise BadTestSet(f"{key} is cut short: its gzip stream has no end")


def _lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    # Of a line without an end the parts are joined once, not at each block.
    parts: list[bytes] = []
    for block in blocks:
        first, *more = block.split(b"\n")
        parts.append(first)
        if more:
            yield b"".join(parts)
            *whole, rest = more
            yield from whole
            parts = [rest]
    if last := b"".join(parts):
        yield last
