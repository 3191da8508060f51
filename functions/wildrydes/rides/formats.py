"""Which format a file is in, by its first bytes: text and gzip are read, every other format is refused by its name.

    reason of UnreadableBlocks   when
    utf_16, utf_32               the text is in another encoding than UTF-8, with a byte order mark or without
    zip, tar, 7z, rar            an archive of files
    bzip2, xz, zstd, …           another compression than gzip
    gzip_in_gzip                 it is compressed twice
    parquet, spreadsheet, csv, … another format of tables; FORMATS lists them all

Names and endings of files say nothing here. A file of none of these formats is taken for JSON in UTF-8.

    >>> list(plain([b"PK", bytes([3, 4, 20])]))
    Traceback (most recent call last):
    ...
    wildrydes.errors.UnreadableBlocks: zip: the file looks like a zip archive; unpack it and upload the files in it
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from wildrydes.errors import UnreadableBlocks
from wildrydes.rides.gzip_members import MAGIC, decompress

CONVERT = "convert it to JSON, one object a ride"
_RECOMPRESS = "decompress it, or compress it with gzip"
UNPACK = "unpack it and upload the files in it"
_ENCODE = "convert it to UTF-8"
_ZIP = b"PK\3\4"
_HEAD_BYTES = 1024


class Format(NamedTuple):
    """A format that is refused: its reason's code, its name, what to do, and the bytes that show it.

    Those are `magic` at the start; or `magic` at `place`, and `start` at the start.
    """

    reason: str
    name: str
    advice: str
    magic: bytes
    place: int = 0
    start: bytes = b""

    def matches(self, head: bytes) -> bool:
        """Whether a file that begins so is in this format."""
        return head.startswith(self.magic, self.place) and head.startswith(self.start)

    def fault(self) -> UnreadableBlocks:
        """What a file in this format is refused with."""
        return UnreadableBlocks(self.reason, f"the file looks like {self.name}; {self.advice}")


FORMATS = (
    # Longer marks stand before those that they begin with.
    Format("utf_32", "UTF-32", _ENCODE, b"\xff\xfe\0\0"),
    Format("utf_32", "UTF-32", _ENCODE, b"\0\0\xfe\xff"),
    Format("utf_16", "UTF-16", _ENCODE, b"\xff\xfe"),
    Format("utf_16", "UTF-16", _ENCODE, b"\xfe\xff"),
    Format("spreadsheet", "an Excel workbook", CONVERT, b"[Content_Types].xml", 30, _ZIP),
    Format("spreadsheet", "a spreadsheet", CONVERT, b"mimetypeapplication/vnd.oasis.opendocument.spread", 30, _ZIP),
    Format("spreadsheet", "an Excel workbook", CONVERT, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    Format("zip", "a zip archive", UNPACK, _ZIP),
    Format("zip", "a zip archive", UNPACK, b"PK\5\6"),
    Format("zip", "a zip archive", UNPACK, b"PK\7\x08"),
    Format("7z", "a 7z archive", UNPACK, b"7z\xbc\xaf\x27\x1c"),
    Format("rar", "a RAR archive", UNPACK, b"Rar!\x1a\7"),
    Format("tar", "a tar archive", UNPACK, b"ustar\0", 257),
    Format("tar", "a tar archive", UNPACK, b"ustar  \0", 257),
    Format("bzip2", "bzip2", _RECOMPRESS, b"BZh"),
    Format("xz", "xz", _RECOMPRESS, b"\xfd7zXZ\0"),
    Format("xz", "lzma", _RECOMPRESS, b"]\0\0"),
    Format("zstd", "zstd", _RECOMPRESS, b"\x28\xb5\x2f\xfd"),
    Format("lz4", "lz4", _RECOMPRESS, b"\4\x22\x4d\x18"),
    Format("snappy", "snappy", _RECOMPRESS, b"\xff\6\0\0sNaPpY"),
    Format("compress", "compress (.Z)", _RECOMPRESS, b"\x1f\x9d"),
    Format("zlib", "zlib without gzip's header", _RECOMPRESS, b"x\x01"),
    Format("zlib", "zlib without gzip's header", _RECOMPRESS, b"x\x9c"),
    Format("zlib", "zlib without gzip's header", _RECOMPRESS, b"x\xda"),
    Format("parquet", "Parquet", CONVERT, b"PAR1"),
    Format("parquet", "encrypted Parquet", CONVERT, b"PARE"),
    Format("orc", "ORC", CONVERT, b"ORC"),
    Format("avro", "Avro", CONVERT, b"Obj\1"),
    Format("arrow", "Arrow", CONVERT, b"ARROW1"),
    Format("arrow", "Feather", CONVERT, b"FEA1"),
    Format("hdf5", "HDF5", CONVERT, b"\x89HDF\r\n\x1a\n"),
    Format("sqlite", "an SQLite database", CONVERT, b"SQLite format 3\0"),
    Format("pdf", "PDF", CONVERT, b"%PDF-"),
    *(Format("pickle", "a Python pickle", CONVERT, bytes([0x80, version])) for version in range(2, 6)),
)
"""Formats by their first bytes. Each is as its own specification or the `file` command's list has it."""

_GZIP_IN_GZIP = Format("gzip_in_gzip", "gzip within gzip", "decompress it once", MAGIC)
_XML = Format("xml", "XML or HTML", CONVERT, b"<")
_CSV = Format("csv", "CSV", CONVERT, b"")
# Without a byte order mark an encoding shows by the zeros beside ASCII characters, as in RFC 4627, section 3.
_UNMARKED = (
    (re.compile(rb"\0\0\0[\t-~]|[\t-~]\0\0\0"), FORMATS[0]),
    (re.compile(rb"(?:\0[\t-~]){2}|(?:[\t-~]\0){2}"), FORMATS[2]),
)
_MARKS = "\ufeff\x1e \t\r\n"
_ROW = re.compile(r"[^\x00-\x1f,;|]+[,;\t|]")


def is_gzip(head: bytes) -> bool:
    """Whether a file that begins so is compressed with gzip."""
    return head.startswith(MAGIC)


def peek(blocks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes of blocks, some thousand, and all the blocks."""
    rest, first, fault = iter(blocks), [], None
    try:
        while sum(map(len, first)) < _HEAD_BYTES and (block := next(rest, None)) is not None:
            first.append(block)
    except UnreadableBlocks as unreadable:
        fault = unreadable

    def all_blocks() -> Iterator[bytes]:
        yield from first
        if fault:
            raise fault
        yield from rest

    return b"".join(first)[:_HEAD_BYTES], all_blocks()


def plain(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The blocks of a file, decompressed if it is gzip. Raises UnreadableBlocks."""
    head, all_blocks = peek(blocks)
    if is_gzip(head):
        head, all_blocks = peek(decompress(all_blocks))
        if is_gzip(head):
            raise _GZIP_IN_GZIP.fault()
    if foreign := foreign_format(head):
        raise foreign.fault()
    yield from all_blocks


def foreign_format(head: bytes) -> Format | None:
    """The format of a file that begins so, if it is one that is refused."""
    for each in FORMATS:
        if each.matches(head):
            return each
    for pattern, encoding in _UNMARKED:
        if pattern.match(head):
            return encoding
    return _text_format(head.decode(errors="ignore").lstrip(_MARKS))


def _text_format(text: str) -> Format | None:
    if text.startswith("<"):
        return _XML
    return _CSV if text[:1] not in "[{" and _ROW.match(text) else None
