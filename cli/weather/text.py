"""The lines of a weather file: plain or gzip, told apart by the first bytes and not by the name.

Files of many gigabytes are read a block at a time. What is no text of lines is refused by its name.
"""

import codecs
import gzip
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from cli.weather.observations import BadValueError
from wildrydes.rides.formats import CONVERT, FORMATS, UNPACK

Advance = Callable[[int], object]
"""Takes how many bytes of the file have been read."""

_GZIP = b"\x1f\x8b"
_BLOCK_BYTES = 1 << 20
_MOST_LINE_BYTES = 1 << 16
_AS_CSV = "download CSV instead"
# What to do about a format that is none of ride files either, where it is something else.
_ADVICE = {CONVERT: _AS_CSV, UNPACK: "unpack it, and name what is in it"}
# The first bytes of what is no weather and is not in FORMATS, what that is called, and what to do about it.
_NO_WEATHER = (
    (_GZIP, "a gzip file within another", "decompress it once"),
    (b"{", "JSON", _AS_CSV),
    (b"[", "JSON", _AS_CSV),
    (b"<", "a web page, as a failed download leaves one", "download it again"),
)


class Lines:
    """The lines of a file, without their ends; `number` is that of the line at hand, from 1, for messages.

    `start` is the text of the first block.
    """

    def __init__(self, raw: BinaryIO, advance: Advance) -> None:
        """Read the first block. Raises BadValueError for what is no text of lines, by the name of what it is."""
        self.number = 0
        self._advance = advance
        self._raw = raw
        compressed = raw.read(len(_GZIP)) == _GZIP
        raw.seek(0)
        self._content = gzip.GzipFile(fileobj=raw) if compressed else raw
        self._first = self._read().removeprefix(codecs.BOM_UTF8)
        self.start = _text(self._first)

    def __iter__(self) -> Iterator[str]:
        """Each line that is not blank. Raises BadValueError."""
        for first, batch in self.batches():
            for self.number, line in enumerate(batch, first):
                if line.strip():
                    yield decoded(line)

    def batches(self) -> Iterator[tuple[int, list[bytes]]]:
        """The lines in the bytes of the file, many at a time, and the number of the first of them."""
        number, rest, block = 1, b"", self._first
        while block:
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            if len(rest) > _MOST_LINE_BYTES:
                self.number = number + len(lines)
                raise BadValueError(f"the line has more than {_MOST_LINE_BYTES:,} bytes")
            yield number, lines
            number += len(lines)
            block = self._read()
        if rest:
            yield number, [rest]

    def _read(self) -> bytes:
        try:
            block = self._content.read(_BLOCK_BYTES)
        except (gzip.BadGzipFile, EOFError, zlib.error) as fault:
            raise BadValueError(f"the gzip file is damaged or cut off: {fault}") from None
        self._advance(self._raw.tell())
        return block


def decoded(line: bytes) -> str:
    """A line as text. Raises BadValueError."""
    try:
        return line.decode().rstrip("\r")
    except UnicodeDecodeError:
        raise BadValueError("the line is no text in UTF-8") from None


def _text(block: bytes) -> str:
    """The first block as text. Raises BadValueError for a file of another kind, by its name."""
    for magic, name, advice in _NO_WEATHER:
        if block.startswith(magic):
            raise BadValueError(f"it looks like {name}: {advice}")
    for each in FORMATS:
        if each.matches(block):
            raise BadValueError(f"it looks like {each.name}: {_ADVICE.get(each.advice, each.advice)}")
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(block)
    except UnicodeDecodeError:
        raise BadValueError("it is no text in UTF-8") from None
    if "\0" in text:
        raise BadValueError("it is no text")
    return text
