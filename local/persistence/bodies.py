"""Writes long bytes ahead of the snapshot, in a thread of the server: the snapshot's process finds them written."""

from collections.abc import Iterable

from local.persistence.files import BodyFiles
from local.persistence.pickling import LONG


class PreparedBodies:
    """Knows of bytes that are in memory which file they are in; those that nobody holds any more are forgotten."""

    def __init__(self, files: BodyFiles) -> None:
        self._files = files
        # By the object's id. The object is held, so that no other can have its id.
        self._digests: dict[int, tuple[bytes, str]] = {}

    def prepare(self, bodies: Iterable[bytes]) -> None:
        """Write those that are not written, and know these alone from now on."""
        self._digests = {id(body): (body, self._digest(body)) for body in bodies if len(body) >= LONG}

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

    def read(self, digest: str) -> bytes:
        """The bytes with a digest. Raises StateError."""
        return self._files.read(digest)
