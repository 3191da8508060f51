"""Lines as gzip: the same bytes for the same lines, with modification time 0 and by one compression level.

What is written for each chunk is compressed by ISA-L (docs/decisions/0073), everything else by zlib.
"""

import zlib
from collections.abc import Iterable
from typing import Any

_LEVEL = 4  # 7 % larger than level 9 makes it, in a third of the time
_FAST_LEVEL = 1  # of ISA-L: no larger than zlib's level 4, in a seventh of the time
_GZIP = 16 + zlib.MAX_WBITS
_LINES_AT_ONCE = 512


class GzipLines:
    """Lines into a gzip stream, compressed as they come."""

    def __init__(self, compressor: Any) -> None:
        self._compressor = compressor
        self._pieces: list[bytes] = []
        self._lines: list[str] = []

    def line(self, line: str) -> None:
        self._lines.append(line)
        if len(self._lines) >= _LINES_AT_ONCE:
            self._flush()

    def data(self, data: bytes) -> None:
        """Adds lines that are in UTF-8."""
        self._flush()
        self._pieces.append(self._compressor.compress(data))

    def end(self) -> bytes:
        self._flush()
        return b"".join(self._pieces) + self._compressor.flush()

    def _flush(self) -> None:
        self._pieces.append(self._compressor.compress("".join(self._lines).encode()))
        self._lines.clear()


def gzipped(lines: Iterable[str]) -> bytes:
    """Lines as gzip, the same bytes for the same lines."""
    compressed = small_lines()
    for line in lines:
        compressed.line(line)
    return compressed.end()


def small_lines() -> GzipLines:
    """Lines compressed by zlib."""
    return GzipLines(zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP))


def fast_lines() -> GzipLines:
    """Lines compressed by ISA-L."""
    # Who writes no chunk does not pay for it.
    from isal import isal_zlib

    return GzipLines(isal_zlib.compressobj(_FAST_LEVEL, isal_zlib.DEFLATED, _GZIP))
