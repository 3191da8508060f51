"""A gzip file -> the bytes that were compressed, as a stream: memory is bounded by one block, whatever is in the file.

A file has one member or many, one after the other (RFC 1952, section 2.2), as Firehose writes them and as compressed
files put together are. Zeros between members and after the last are skipped, as gzip itself does.

    reason of UnreadableBlocks   when
    truncated_gzip               the file ends within a member
    corrupt_gzip                 the data or a checksum is wrong, or after a member comes something else
    gzip_bomb                    it expands to more than MOST_TIMES its size, past the first _UNSUSPECTED bytes
    gzip_too_large               it expands to more than MOST_BYTES

    >>> from gzip import compress
    >>> b"".join(decompress([compress(b"[1,"), compress(b"2]")]))
    b'[1,2]'
"""

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from wildrydes.errors import UnreadableBlocks

MAGIC = b"\x1f\x8b"
MOST_BYTES = 256 << 20
"""The bytes that a file may expand to: one function ingests them as one chunk, some million rides, in its memory."""

MOST_TIMES = 200
"""How many times its size a file may expand to. Rides do some 7 times; deflate at most 1,032 times."""

_UNSUSPECTED = 16 << 20
_PIECE = 1 << 18
_GZIP = 16 + zlib.MAX_WBITS


def decompress(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The decompressed bytes, in pieces of some 256 KiB. Raises UnreadableBlocks, after what is before the fault."""
    members, size = _Members(), 0
    for block in blocks:
        for piece in members.feed(block):
            yield piece[: MOST_BYTES - size]
            size += len(piece)
            _check_size(size, members.consumed)
    members.end()


def _check_size(size: int, compressed_size: int) -> None:
    if size > MOST_BYTES:
        detail = f"it expands to more than {MOST_BYTES:,} bytes; upload it in smaller files, or decompressed"
        raise UnreadableBlocks("gzip_too_large", detail)
    if size > max(_UNSUSPECTED, MOST_TIMES * compressed_size):
        detail = (
            f"its first {compressed_size:,} bytes expand to more than {MOST_TIMES} times as many; if they are rides, "
            "upload them decompressed"
        )
        raise UnreadableBlocks("gzip_bomb", detail)


class _Members:
    """Decompresses blocks of a file; `consumed` counts the bytes that were decompressed."""

    def __init__(self) -> None:
        self.consumed = 0
        self._member: Any = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What the next bytes of the file expand to."""
        more = bool(data)
        while more:
            if not self._member:
                data = self._open(data)
            if not data and not self._member:
                return
            piece, fault = self._decompress(data)
            if fault:
                yield piece
                raise fault
            data = self._close(data)
            yield piece
            # A full piece may not be all that the member has to give, though it has taken all bytes.
            more = bool(data) or len(piece) == _PIECE

    def end(self) -> None:
        """Raises UnreadableBlocks unless the last member is complete."""
        if self._member:
            detail = f"the file ends at byte {self.consumed:,}, within its compressed data; upload it again, whole"
            raise UnreadableBlocks("truncated_gzip", detail)

    def _open(self, data: bytes) -> bytes:
        """Begins a member with the first byte that is not zero. Gives the bytes from there on."""
        rest = data.lstrip(b"\0")
        self.consumed += len(data) - len(rest)
        self._member = zlib.decompressobj(_GZIP) if rest else None
        return rest

    def _close(self, data: bytes) -> bytes:
        """Counts what was taken of `data`, and ends a member that is complete. Gives the bytes that were not taken."""
        rest = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        self.consumed += len(data) - len(rest)
        if self._member.eof:
            self._member = None
        return rest

    def _decompress(self, data: bytes) -> tuple[bytes, UnreadableBlocks | None]:
        before = self._member.copy()
        try:
            return self._member.decompress(data, _PIECE), None
        except zlib.error:
            return self._decompress_to_fault(before, data)

    def _decompress_to_fault(self, member: Any, data: bytes) -> tuple[bytes, UnreadableBlocks]:
        """What stands before the fault in `data`, byte by byte: the same, however the file is cut into blocks."""
        pieces: list[bytes] = []
        for place in range(len(data)):
            try:
                pieces.append(member.decompress(data[place : place + 1]))
            except zlib.error as fault:
                reason = str(fault).partition(": ")[2] or str(fault)
                detail = f"the compressed data is corrupt at byte {self.consumed + place:,} ({reason}); upload it again"
                return b"".join(pieces), UnreadableBlocks("corrupt_gzip", detail)
        raise AssertionError("the same bytes were refused before")
