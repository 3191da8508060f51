"""Long bytes in files of the running server: a service holds their length and their place, and reads what it needs.

A file goes with the last that holds its bytes. While a snapshot is written the removal waits: the process that writes
it has the services of a moment ago, and reads what these have deleted since.
"""

import contextlib
import hashlib
import itertools
import os
import shutil
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SHORTEST = 4096
"""Bytes of this length and more are stored in files: what is shorter takes a block of the disk all the same."""
CHUNK_BYTES = 1 << 20


class StoredBytes:
    """Bytes in a file, which nobody changes. `len` and slices are those of bytes; `bytes` reads all of them."""

    __slots__ = ("_digest", "_length", "_store", "path")

    def __init__(self, store: "ByteStore", path: Path, length: int, digest: str = "") -> None:
        self._store = store
        self.path = path
        self._length = length
        self._digest = digest

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: slice) -> bytes:
        start, stop, step = part.indices(self._length)
        if step != 1:
            raise ValueError("Stored bytes are read one after the other")
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(max(0, stop - start))

    def __bytes__(self) -> bytes:
        return self[:]

    def __copy__(self) -> "StoredBytes":
        return self

    def __deepcopy__(self, _: dict[int, Any]) -> "StoredBytes":
        return self

    def __del__(self) -> None:
        self._store.discard(self.path)

    def chunks(self) -> Iterator[bytes]:
        """All bytes, some at a time."""
        with self.path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk

    def digest(self) -> str:
        """Their SHA-256, in hexadecimal digits; it is computed once."""
        if not self._digest:
            with self.path.open("rb") as file:
                self._digest = hashlib.file_digest(file, "sha256").hexdigest()
        return self._digest


class ByteStore:
    """A folder of such files, which this process alone writes. Its files may be read while they are removed."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder = folder
        self._numbers = itertools.count()
        self._process = os.getpid()
        self._holds = 0
        self._waiting: deque[Path] = deque()

    def put(self, body: bytes) -> bytes | StoredBytes:
        """Write bytes to a file; short ones are returned as they are. Raises OSError."""
        if len(body) < SHORTEST:
            return body
        path = self._new_path()
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(body)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return StoredBytes(self, path, len(body))

    def link(self, source: Path, digest: str) -> StoredBytes:
        """The bytes of a file that has this digest and is not changed any more. Raises OSError."""
        path = self._new_path()
        link_or_copy(source, path)
        return StoredBytes(self, path, path.stat().st_size, digest)

    def _new_path(self) -> Path:
        return self._folder / f"{next(self._numbers):x}"

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """A place for a file that is removed after the block."""
        path = self._new_path()
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Remove no file within the block."""
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1
            self._remove_waiting()

    def discard(self, path: Path) -> None:
        """Remove a file whose bytes nobody holds any more, now or once it may be. A fork leaves it to its parent."""
        if os.getpid() == self._process:
            self._waiting.append(path)
            self._remove_waiting()

    def _remove_waiting(self) -> None:
        with contextlib.suppress(IndexError):
            while not self._holds:
                self._waiting.popleft().unlink(missing_ok=True)


def link_or_copy(source: Path, path: Path) -> None:
    """Give a file a second name; a copy where the file system has none, or the two are on two of them."""
    try:
        os.link(source, path)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, path)
        path.chmod(0o600)
