"""Unpacks a model.tar.gz into a folder, in bounded memory and on bounded disk, whatever its bytes are.

Python's tarfile takes what an archive says of itself: a header may announce another header of any size, which it reads
whole. Here an archive holds regular files and folders under plain names, as SageMaker's algorithms write them, and
everything else is refused: links, devices, names that lead out of the folder, a name twice.

Format: the ustar interchange format of POSIX.1-2001, pax extended headers included as far as they rename nothing.
"""

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from local import EmbeddedAwsError

_BLOCK = 512
_CHUNK = 64 * 1024
_LARGEST_EXTENDED_HEADER = 16 * 1024
_DEEPEST = 8
_LONGEST_PART = 200
_REGULAR, _FOLDER, _EXTENDED = (b"0", b"\0"), b"5", (b"x", b"g")
# What an extended header may not say: another name, another size, a sparse file.
_MEANINGFUL = ("path", "linkpath", "size", "GNU.sparse", "SCHILY.realsize")


class UnpackingError(EmbeddedAwsError):
    """The archive is damaged, too large, or holds what no algorithm writes; the message says which."""


@dataclass(frozen=True)
class Limits:
    """What an archive may hold: bytes unpacked, headers included, and files."""

    most_bytes: int = 512 * 1024 * 1024
    most_members: int = 256


@dataclass(frozen=True)
class _Header:
    name: str
    size: int
    kind: bytes


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Reader:
    """The unpacked bytes, up to a limit."""

    def __init__(self, stream: _Stream, most_bytes: int) -> None:
        self._stream = stream
        self._left = most_bytes
        self._most = most_bytes

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, at most a chunk. Raises UnpackingError."""
        self._left -= size
        if self._left < 0:
            raise UnpackingError(f"it holds more than {self._most} bytes")
        data = self._stream.read(size)
        if len(data) < size:
            raise UnpackingError("it is cut short")
        return data


def unpack(archive: Path, folder: Path, limits: Limits | None = None) -> None:
    """Write the files of `archive` under `folder`, which exists. Raises UnpackingError."""
    limits = limits or Limits()
    try:
        with gzip.open(archive, "rb") as stream:
            _unpack(_Reader(stream, limits.most_bytes), folder, limits.most_members)
    except (OSError, EOFError, zlib.error) as error:
        raise UnpackingError(f"it is no tar.gz, or a damaged one: {error}") from None


def _unpack(reader: _Reader, folder: Path, most_members: int) -> None:
    members = 0
    while header := _header(reader.read(_BLOCK)):
        members += 1
        if members > most_members:
            raise UnpackingError(f"it holds more than {most_members} members")
        if header.kind in _EXTENDED:
            _check_extended(reader, header)
        elif header.kind == _FOLDER and not header.size:
            _path(folder, header.name).mkdir(parents=True, exist_ok=True)
        elif header.kind in _REGULAR:
            _write(reader, _path(folder, header.name), header.size)
        else:
            raise UnpackingError(f"{header.name[:100]!r} is neither a regular file nor a folder")


def _header(block: bytes) -> _Header | None:
    """The header of a member, or None at the archive's end."""
    if not any(block):
        return None
    if _octal(block[148:156]) != sum(block[:148]) + 8 * 32 + sum(block[156:]):
        raise UnpackingError("a member's header is damaged")
    name = block[:100].partition(b"\0")[0]
    prefix = block[345:500].partition(b"\0")[0] if block[257:263] == b"ustar\0" else b""
    try:
        text = (prefix + b"/" + name if prefix else name).decode()
    except UnicodeDecodeError:
        raise UnpackingError("a member's name is no UTF-8") from None
    return _Header(text, _octal(block[124:136]), block[156:157])


def _octal(field: bytes) -> int:
    text = field.partition(b"\0")[0].strip(b" ")
    if not text or text.strip(b"01234567"):
        raise UnpackingError("a number in a member's header is damaged, or of a size that no model has")
    return int(text, 8)


def _check_extended(reader: _Reader, header: _Header) -> None:
    """Read a pax header. What it says of times and owners is of no use here."""
    if header.size > _LARGEST_EXTENDED_HEADER:
        raise UnpackingError(f"an extended header has {header.size} bytes")
    text = reader.read(header.size).decode("utf-8", "replace")
    reader.read(-header.size % _BLOCK)
    keys = [record.partition(" ")[2].partition("=")[0] for record in text.split("\n") if record]
    if any(key.startswith(_MEANINGFUL) for key in keys):
        raise UnpackingError("an extended header gives a member another name or size")


def _path(folder: Path, name: str) -> Path:
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if (
        name.startswith("/")
        or ".." in PurePosixPath(name).parts
        or len(parts) > _DEEPEST
        or any(len(part) > _LONGEST_PART or not part.isprintable() for part in parts)
    ):
        raise UnpackingError(f"{name[:100]!r} is no name of a file in a model")
    return folder.joinpath(*parts)


def _write(reader: _Reader, path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as file:
            for start in range(0, size, _CHUNK):
                file.write(reader.read(min(_CHUNK, size - start)))
    except FileExistsError:
        raise UnpackingError(f"it holds {path.name!r} twice") from None
    reader.read(-size % _BLOCK)
