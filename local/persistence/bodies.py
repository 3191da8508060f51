"""Writes long bytes ahead of the snapshot, in a thread of the server: the snapshot's process finds them written."""

from collections.abc import Iterable
from pathlib import Path

from local.persistence.files import BodyFiles
from local.persistence.pickling import LONG
from local.persistence.stored_bytes import StoredBytes


class PreparedBodies:
    """Knows of bytes that are in memory which file they are in; those that nobody holds any more are forgotten."""

    def __init__(self, files: BodyFiles) -> None:
        self._files = files
        # By the object's id. The object is held, so that no other can have its id.
        self._digests: dict[int, tuple[bytes, str]] = {}

    def prepare(self, bodies: Iterable[bytes | StoredBytes]) -> None:
        """Write those that are not written, and know these alone from now on."""
        digests: dict[int, tuple[bytes, str]] = {}
        for body in bodies:
            # What is in a file knows its digest itself.
            if isinstance(body, StoredBytes):
                self._files.link(body)
            elif len(body) >= LONG:
                digests[id(body)] = (body, self._digest(body))
        self._digests = digests

    def _digest(self, body: bytes) -> str:
        held, digest = self._digests.get(id(body), (None, ""))
        return digest if held is body else self._files.write(body)

    def write(self, body: bytes) -> str:
        """Write bytes, if they are not there. Returns their digest."""
        held, digest = self._digests.get(id(body), (None, ""))
        if held is not body:
            return self._files.write(body)
        self._files.write_as(digest, body)
        return digest

    def link(self, body: StoredBytes) -> str:
        """Write bytes that are in a file, if they are not there. Returns their digest."""
        return self._files.link(body)

    def path(self, digest: str) -> Path:
        """Where the bytes with a digest are."""
        return self._files.path(digest)

    def read(self, digest: str) -> bytes:
        """The bytes with a digest. Raises StateError."""
        return self._files.read(digest)
