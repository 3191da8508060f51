"""CSV files of decimals -> tables: unpacked, cut at line feeds, and parsed by as many threads as there are cores.

zlib and NumPy let go of the interpreter's lock, so that one thread unpacks while others parse.
"""

import os
import zlib
from collections import deque
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

import numpy as np

from local import EmbeddedAwsError
from local.algorithms.inputs import decimals

LONGEST_LINE = 1 << 24
"""Bytes of a line, without its end: of a row with more, only a line that never ends is known."""

# Of lines that are parsed at once: what is made of them along the way stays in a core's cache.
_BLOCK_BYTES = 1 << 19
# So many are parsed together.
_FEW_BLOCKS = 4
_PACKED_BYTES = 1 << 17
_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 31


class LongLineError(EmbeddedAwsError):
    """The line `number`, from 1, has more than LONGEST_LINE bytes: what follows has not been read."""

    def __init__(self, number: int) -> None:
        super().__init__(f"row {number}: it has more than {LONGEST_LINE:,} bytes")
        self.number = number


def read_decimals(path: Path, *, unpack: bool) -> list[np.ndarray] | None:
    """The table of a file in parts, each (rows, columns), or None where a line has anything but decimals and commas.

    With `unpack`, gzip is unpacked. Raises OSError, EOFError and zlib.error where it is damaged, and LongLineError.
    """
    blocks = _blocks(_lines_within_bounds(path, unpack=unpack))
    first = list(islice(blocks, _FEW_BLOCKS))
    if not first:
        return []
    columns = first[0][: first[0].index(b"\n")].count(b",") + 1
    if len(first) == _FEW_BLOCKS:
        return _parse_together(chain(first, blocks), columns)
    tables = []
    for block in first:
        table = decimals.parse(block, columns)
        if table is None:
            return None
        tables.append(table)
    return tables


def read_lines(path: Path, *, unpack: bool) -> bytes:
    """All of a file, unpacked where `read_decimals` unpacks it. Raises what that raises."""
    return b"".join(_lines_within_bounds(path, unpack=unpack))


def _lines_within_bounds(path: Path, *, unpack: bool) -> Iterator[bytes]:
    """The content in pieces, until a line is too long: a few KB of gzip may hold one that fills the memory."""
    number, size = 1, 0
    for piece in _unpacked(path) if unpack and _is_gzip(path) else _pieces(path, _BLOCK_BYTES):
        end = piece.find(b"\n")
        size += len(piece) if end < 0 else end
        # Within a piece no line is too long: it is shorter itself.
        if size > LONGEST_LINE:
            raise LongLineError(number)
        if end >= 0:
            number, size = number + piece.count(b"\n"), len(piece) - piece.rindex(b"\n") - 1
        yield piece


def _parse_together(blocks: Iterator[bytes], columns: int) -> list[np.ndarray] | None:
    # Imported where there is much to read: the import takes as long as all the reading of a small file.
    from concurrent.futures import Future, ThreadPoolExecutor

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    tables: list[np.ndarray] = []
    pending: deque[Future[np.ndarray | None]] = deque()
    with ThreadPoolExecutor(cores) as pool:
        for block in chain(blocks, [None] * 2 * cores):
            if block is not None:
                pending.append(pool.submit(decimals.parse, block, columns))
            if pending and (block is None or len(pending) > 2 * cores):
                table = pending.popleft().result()
                if table is None:
                    pool.shutdown(cancel_futures=True)
                    return None
                tables.append(table)
    return tables


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_GZIP)) == _GZIP


def _pieces(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(size):
            yield piece


def _unpacked(path: Path) -> Iterator[bytes]:
    """The content of a gzip file, which may have several members, and zeros behind each.

    Each piece has `_BLOCK_BYTES` at most, however well the file is packed: gzip packs up to a thousand to one.
    """
    member = zlib.decompressobj(_GZIP_WINDOW)
    for piece in _pieces(path, _PACKED_BYTES):
        packed = piece
        while packed := packed.lstrip(b"\0") if member.eof else packed:
            if member.eof:
                member = zlib.decompressobj(_GZIP_WINDOW)
            yield from _unpacked_of(member, packed)
            packed = member.unused_data
    if not member.eof:
        raise EOFError("Compressed file ended before the end-of-stream marker was reached")


def _unpacked_of(member: "zlib._Decompress", packed: bytes) -> Iterator[bytes]:
    """What comes of `packed`. Nothing of it is left within `member` then but what is behind its end."""
    while True:
        unpacked = member.decompress(packed, _BLOCK_BYTES)
        yield unpacked
        packed = member.unconsumed_tail
        # Where a piece is full, there may be more of what has been consumed already.
        if member.eof or (not packed and len(unpacked) < _BLOCK_BYTES):
            return


def _blocks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Whole lines, each with its line feed, some `_BLOCK_BYTES` at a time."""
    rest: list[bytes] = []
    size = 0
    for piece in pieces:
        rest.append(piece)
        size += len(piece)
        end = piece.rfind(b"\n") + 1
        if size >= _BLOCK_BYTES and end:
            yield _lines(b"".join(rest[:-1]) + piece[:end])
            rest, size = [piece[end:]], len(piece) - end
    last = b"".join(rest)
    if last:
        yield _lines(last if last.endswith(b"\n") else last + b"\n")


def _lines(block: bytes) -> bytes:
    return block.replace(b"\r\n", b"\n") if b"\r" in block else block
