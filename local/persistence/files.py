"""Files that are whole as soon as they are there, and whose content is compared with its digest when it is read."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local import EmbeddedAwsError
from local.persistence.stored_bytes import StoredBytes, link_or_copy


class StateError(EmbeddedAwsError):
    """A kept state cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class BodyFiles:
    """Long bytes, each in a file of its own, which is named by its SHA-256."""

    folder: Path

    def path(self, digest: str) -> Path:
        """Where the bytes with a digest are."""
        return self.folder / digest[:2] / digest

    def write(self, body: bytes) -> str:
        """Write bytes, if they are not there. Returns their digest."""
        digest = hashlib.sha256(body).hexdigest()
        self.write_as(digest, body)
        return digest

    def write_as(self, digest: str, body: bytes) -> None:
        """Write bytes whose digest is at hand, if they are not there."""
        self._add(digest, lambda path: write_whole(path, body))

    def link(self, body: StoredBytes) -> str:
        """Give bytes that are in a file a second name here, if they have none. Returns their digest."""
        digest = body.digest()
        self._add(digest, lambda path: link_whole(path, body.path))
        return digest

    def _add(self, digest: str, write: Callable[[Path], None]) -> None:
        path = self.path(digest)
        if path.exists():
            return
        is_first = not path.parent.exists()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write(path)
        flush_folder(path.parent)
        if is_first:
            # The folder's own name has to be on the disk as well.
            flush_folder(self.folder)

    def read(self, digest: str) -> bytes:
        """The bytes with a digest. Raises StateError where they are missing or others."""
        return read_verified(self.path(digest), digest)

    def verify(self, digest: str) -> None:
        """Raise StateError where the bytes with a digest are missing or others."""
        path = self.path(digest)
        try:
            with path.open("rb") as file:
                present = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as fault:
            raise StateError(f"{path} cannot be read: {fault.strerror}") from fault
        if present != digest:
            raise StateError(f"{path} is damaged: it does not have the content that was written")

    def keep_only(self, digests: set[str]) -> None:
        """Remove all others."""
        for path in self.folder.glob("*/*"):
            if path.name not in digests:
                path.unlink(missing_ok=True)


def read_verified(path: Path, digest: str) -> bytes:
    """The content of a file with this SHA-256. Raises StateError where it is missing or another."""
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise StateError(f"{path} cannot be read: {fault.strerror}") from fault
    if hashlib.sha256(content).hexdigest() != digest:
        raise StateError(f"{path} is damaged: it does not have the content that was written")
    return content


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it has all of `content`, on the disk, as soon as it is there at all."""
    replacement = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(replacement, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    replacement.replace(path)


def link_whole(path: Path, source: Path) -> None:
    """Give the file `source` the name `path` as well, so that it is whole, on the disk, as soon as it is there."""
    replacement = path.with_name(f"{path.name}.new")
    replacement.unlink(missing_ok=True)
    link_or_copy(source, replacement)
    with replacement.open("rb") as file:
        os.fsync(file.fileno())
    replacement.replace(path)


def flush_folder(path: Path) -> None:
    """Bring what was renamed in a folder onto the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
