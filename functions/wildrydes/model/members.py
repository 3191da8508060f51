"""Reads the plain kinds of tar and zip, of bytes in memory; what is not plain is refused.

`tarfile` and `zipfile` read every kind, and would take a fifth of predict's whole cold start to import
(docs/decisions/0011). Here there is no sparse file, no link that is followed, no size over four gigabytes, no
encryption, nothing in several parts. Nothing is copied before its size is known to fit.

    tar    blocks of 512 bytes: name 100 · mode, uid, gid 24 · size 12, octal · time 12 · checksum 8 · kind 1 · …
           Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block"
    zip    local headers and contents · a directory · where the directory is
           Source: PKWARE's APPNOTE.TXT 6.3, sections 4.3 and 4.4
"""

import zlib
from collections.abc import Iterator
from struct import Struct
from struct import error as StructError  # noqa: N812
from typing import NamedTuple

_BLOCK = 512
_REGULAR = (b"0", b"\0")
_PAX = (b"x", b"g")
_REDEFINING = (b"path=", b"size=", b"GNU.sparse")

_END, _DIRECTORY, _LOCAL = b"PK\5\6", b"PK\1\2", b"PK\3\4"
_END_FIELDS = Struct("<4s4H2LH")
_DIRECTORY_FIELDS = Struct("<4s6H3L5H2L")
_LOCAL_FIELDS = Struct("<4s5H3L2H")
_LONGEST_COMMENT = 0xFFFF
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 0x2041


class DamagedArchiveError(Exception):
    """The bytes are no tar or zip, or not a plain one; its text says why."""


class TarEntry(NamedTuple):
    """An entry of a tar; `content` is None for what is no regular file."""

    name: str
    content: bytes | None


class ZipEntry(NamedTuple):
    """A member of a zip, as the directory has it: where its local header is, and what it holds."""

    name: str
    flags: int
    method: int
    checksum: int
    packed: int
    size: int
    at: int


def tar_entries(data: bytes) -> Iterator[TarEntry]:
    """The entries of a tar, in their order, until its end. Raises DamagedArchiveError."""
    at = 0
    while at < len(data):
        header = data[at : at + _BLOCK]
        if not header.strip(b"\0"):
            return
        size = _tar_size(header)
        content = data[at + _BLOCK : at + _BLOCK + size]
        if len(content) < size:
            raise DamagedArchiveError(f"an entry of {size} bytes is cut short")
        at += _BLOCK + -(-size // _BLOCK) * _BLOCK
        kind = header[156:157]
        if kind not in _PAX:
            yield TarEntry(_tar_name(header), content if kind in _REGULAR else None)
        elif any(word in content for word in _REDEFINING):
            raise DamagedArchiveError("an extended header redefines a name or a size")


def zip_entries(data: bytes, most: int) -> list[ZipEntry]:
    """The members in a zip's directory, at most so many. Raises DamagedArchiveError."""
    try:
        end = data.rfind(_END, max(0, len(data) - _END_FIELDS.size - _LONGEST_COMMENT))
        _, disk, first_disk, here, count, size, at, comment = _END_FIELDS.unpack_from(data, max(end, 0))
        if end < 0 or disk or first_disk or here != count or at + size != end:
            raise DamagedArchiveError("it has no directory at its end")
        if end + _END_FIELDS.size + comment != len(data) or count > most:
            raise DamagedArchiveError(f"its directory says {count} members")
        entries = []
        for _ in range(count):
            entry, at = _directory_entry(data, at)
            entries.append(entry)
    except StructError as error:
        raise DamagedArchiveError(f"it is cut short: {error}") from None
    if at != end:
        raise DamagedArchiveError("its directory is of another size than it says")
    return entries


def zip_content(data: bytes, entry: ZipEntry, most: int) -> bytes:
    """The content of a member, if it has at most so many bytes. Raises DamagedArchiveError."""
    try:
        magic, _, _, _, _, _, _, _, _, name, extra = _LOCAL_FIELDS.unpack_from(data, entry.at)
    except StructError as error:
        raise DamagedArchiveError(f"{entry.name} is cut short: {error}") from None
    start = entry.at + _LOCAL_FIELDS.size
    if magic != _LOCAL or data[start : start + name] != entry.name.encode():
        raise DamagedArchiveError(f"{entry.name} is not where the directory says")
    if entry.flags & _ENCRYPTED or entry.method not in (_STORED, _DEFLATED):
        raise DamagedArchiveError(f"{entry.name} is encrypted, or packed by the method {entry.method}")
    start += name + extra
    if max(entry.size, entry.packed) > most:
        raise DamagedArchiveError(f"{entry.name} has more than {most} bytes")
    packed = data[start : start + entry.packed]
    content = packed if entry.method == _STORED else _inflated(packed, entry)
    if len(content) != entry.size or zlib.crc32(content) != entry.checksum:
        raise DamagedArchiveError(f"{entry.name} is not what the directory says of it")
    return content


def _tar_size(header: bytes) -> int:
    """The size in a header whose checksum is right."""
    try:
        checksum = int(header[148:156].strip(b" \0"), 8)
        size = int(header[124:136].strip(b" \0") or b"0", 8)
    except ValueError:
        raise DamagedArchiveError("an entry's header holds no numbers") from None
    blank = header[:148] + b" " * 8 + header[156:]
    if len(header) < _BLOCK or sum(blank) != checksum or size < 0:
        raise DamagedArchiveError("an entry's header is cut short, or its checksum is wrong")
    return size


def _tar_name(header: bytes) -> str:
    name, prefix = header[:100].partition(b"\0")[0], header[345:500].partition(b"\0")[0]
    whole = prefix + b"/" + name if prefix and header[257:263] == b"ustar\0" else name
    return whole.decode("utf-8", "replace")


def _directory_entry(data: bytes, at: int) -> tuple[ZipEntry, int]:
    """The entry at a place of the directory, and the place after it."""
    fields = _DIRECTORY_FIELDS.unpack_from(data, at)
    magic, _, _, flags, method, _, _, checksum, packed, size, name, extra, comment, _, _, _, local = fields
    at += _DIRECTORY_FIELDS.size
    try:
        entry = ZipEntry(data[at : at + name].decode(), flags, method, checksum, packed, size, local)
    except UnicodeDecodeError:
        raise DamagedArchiveError("a member's name is not in UTF-8") from None
    if magic != _DIRECTORY:
        raise DamagedArchiveError("its directory is damaged")
    return entry, at + name + extra + comment


def _inflated(packed: bytes, entry: ZipEntry) -> bytes:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        # A byte more than it says it has, so that one that has more is told from one that has as many.
        return stream.decompress(packed, entry.size + 1)
    except zlib.error as error:
        raise DamagedArchiveError(f"{entry.name} cannot be unpacked: {error}") from None
