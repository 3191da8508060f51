"""The folder of a kept state. It is its owner's alone (mode 0700): whoever may write there may run code here.

    lock                   held by the server that keeps its state here
    manifest-<number>.json what belongs together: when, of which versions, which port, the digest of each section
    sections/<name>-…      the state of a service, by its digest; one that is unchanged is not written again
    bodies/ab/ab…          long bytes, by their digest

Each file is written beside its place, flushed to the disk and renamed; a manifest comes last. So a manifest's files are
whole unless the disk lost them, which their digests show. The two newest snapshots are there.
"""

import contextlib
import fcntl
import hashlib
import itertools
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from local import EmbeddedAwsError
from local.persistence import pickling, versions

_MANIFEST = "manifest-"
_SNAPSHOTS = 2
_POLL_SECONDS = 0.05
# How long it is waited for a server that ends, before its state is forgotten.
FORGET_SECONDS = 5.0


class StateError(EmbeddedAwsError):
    """A kept state cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Manifest:
    """A snapshot: its number, when it was taken (ISO 8601), how the server ran, and the digests of its sections."""

    number: int
    saved: str
    port: int
    versions: Mapping[str, str]
    sections: Mapping[str, str]

    def to_json(self) -> str:
        """The content of its file, with a digest of the rest."""
        fields = asdict(self)
        return json.dumps(fields | {"digest": _digest_of(fields)}, indent=1) + "\n"

    @classmethod
    def of_json(cls, text: str) -> "Manifest":
        """Raises ValueError, TypeError or KeyError for what is none, or is damaged."""
        fields = json.loads(text)
        if fields.pop("digest") != _digest_of(fields):
            raise ValueError("its content is not what was written")
        return cls(**fields)


def _digest_of(fields: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Snapshot:
    """A snapshot that was read: its manifest, the content of each section, and what is to be told of it."""

    manifest: Manifest
    sections: Mapping[str, bytes]
    notes: tuple[str, ...] = ()


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
        path = self.path(digest)
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(path, body)
            flush_folder(path.parent)

    def read(self, digest: str) -> bytes:
        """The bytes with a digest. Raises StateError where they are missing or others."""
        path = self.path(digest)
        return _read(path, digest)

    def keep_only(self, digests: set[str]) -> None:
        """Remove all others."""
        for path in self.folder.glob("*/*"):
            if path.name not in digests:
                path.unlink(missing_ok=True)


@dataclass(frozen=True)
class StateFolder:
    """A folder that holds a state, or is to hold one."""

    path: Path

    @property
    def bodies(self) -> BodyFiles:
        return BodyFiles(self.path / "bodies")

    def exists(self) -> bool:
        """Whether a state was kept here."""
        return bool(self._manifests())

    def last_number(self) -> int:
        """The highest number of a snapshot, whole or not; 0 where there is none."""
        return max(map(_number, self._manifests()), default=0)

    def newest(self) -> Manifest | None:
        """The newest manifest that is whole, whatever its files are."""
        return next((manifest for _, manifest in self._whole()), None)

    def _whole(self) -> Iterator[tuple[Path, Manifest]]:
        for path in self._manifests():
            with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
                yield path, Manifest.of_json(path.read_text(encoding="utf-8"))

    def _manifests(self) -> list[Path]:
        """The files of the manifests, the newest first."""
        numbered = {_number(path): path for path in self.path.glob(f"{_MANIFEST}*.json")}
        return [numbered[number] for number in sorted(numbered, reverse=True) if number >= 0]

    @contextlib.contextmanager
    def opened(self, wait_seconds: float = 30.0) -> Iterator[IO[str]]:
        """Make the folder if there is none, and hold it for the length of the block; the file that is locked.

        Raises StateError where it is somebody else's, or another server holds it for longer than that.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_owner(self.path)
        with (self.path / "lock").open("a") as file:
            _lock(file, wait_seconds, self.path)
            for name in ("sections", "bodies"):
                (self.path / name).mkdir(mode=0o700, exist_ok=True)
            yield file

    def read(self, present: Mapping[str, str], port: int) -> Snapshot | None:
        """The newest snapshot that is whole; None where there is none at all.

        Raises StateError where none is whole, or it is of other versions or another port than these.
        """
        faults: list[str] = []
        for path in self._manifests():
            try:
                snapshot = self._snapshot(path)
            except StateError as fault:
                faults.append(str(fault))
                continue
            _check(snapshot.manifest, present, port, self.path)
            again = f"Going on from the snapshot before it, of {snapshot.manifest.saved}."
            return Snapshot(snapshot.manifest, snapshot.sections, (*faults, again) if faults else ())
        if not faults:
            return None
        raise StateError(
            "The kept state is damaged, and no snapshot of it is whole:\n  " + "\n  ".join(faults) + "\n"
            f"Bring {self.path} back from a copy, or remove it by `wildrydes down --forget`."
        )

    def _snapshot(self, path: Path) -> Snapshot:
        try:
            manifest = Manifest.of_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as fault:
            raise StateError(f"{path} is damaged: {fault}") from fault
        sections = {name: _read(self.section(name, digest), digest) for name, digest in manifest.sections.items()}
        for content in sections.values():
            for digest in pickling.digests_in(content):
                self.bodies.read(digest)
        return Snapshot(manifest, sections)

    def section(self, name: str, digest: str) -> Path:
        """The file of a section."""
        return self.path / "sections" / f"{name}-{digest[:32]}"

    def write(self, manifest: Manifest, dumps: Mapping[str, Callable[[], bytes]]) -> Manifest | None:
        """Write a snapshot with the sections that `dumps` give. Returns its manifest; None where nothing has changed.

        `manifest` is the one before, whose number and sections are looked at alone.
        """
        sections = {name: self._write_section(name, dump()) for name, dump in dumps.items()}
        if sections == manifest.sections:
            return None
        saved = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        new = Manifest(manifest.number + 1, saved, manifest.port, manifest.versions, sections)
        flush_folder(self.path / "sections")
        write_whole(self.path / f"{_MANIFEST}{new.number:09}.json", new.to_json().encode())
        flush_folder(self.path)
        return new

    def _write_section(self, name: str, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        path = self.section(name, digest)
        if not path.exists():
            write_whole(path, content)
        return digest

    def sweep(self, *, bodies: bool) -> None:
        """Remove what the newest snapshots do not need: manifests and sections, and `bodies` too."""
        newest = list(itertools.islice(self._whole(), _SNAPSHOTS))
        files = {self.section(name, digest) for _, each in newest for name, digest in each.sections.items()}
        needed = {*files, *(path for path, _ in newest)}
        for path in (*self.path.glob(f"{_MANIFEST}*"), *(self.path / "sections").iterdir()):
            if path not in needed:
                path.unlink(missing_ok=True)
        if bodies:
            self.bodies.keep_only({digest for file in files for digest in pickling.digests_in(file.read_bytes())})

    def forget(self) -> None:
        """Remove the state. Raises StateError where a server holds it."""
        if self.path.exists():
            with self.opened(wait_seconds=FORGET_SECONDS):
                shutil.rmtree(self.path)


def _number(path: Path) -> int:
    text = path.stem.removeprefix(_MANIFEST)
    return int(text) if text.isdecimal() else -1


def _check_owner(path: Path) -> None:
    status = path.lstat()
    if path.is_symlink() or not path.is_dir() or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise StateError(
            f"{path} must be a folder of yours that nobody else may enter (mode 0700): what is in it decides what this "
            "server executes."
        )


def _lock(file: IO[str], seconds: float, path: Path) -> None:
    """A server that was killed may still be writing its last snapshot: that process holds the lock as well."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise StateError(f"Another server keeps its state in {path}: `wildrydes down` ends it.") from None
            time.sleep(_POLL_SECONDS)
        else:
            return


def _check(manifest: Manifest, present: Mapping[str, str], port: int, path: Path) -> None:
    changed = versions.differences(dict(manifest.versions), dict(present))
    if changed:
        raise StateError(
            f"The state in {path}, of {manifest.saved}, is another version's ({'; '.join(changed)}). Go back to that "
            "version, or remove the state by `wildrydes down --forget` and start anew."
        )
    if manifest.port != port:
        raise StateError(
            f"The state in {path} is that of a server on port {manifest.port}: addresses of queues, topics and APIs "
            f"have the port in them. Start it there, by `--port {manifest.port}`."
        )


def _read(path: Path, digest: str) -> bytes:
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


def flush_folder(path: Path) -> None:
    """Bring what was renamed in a folder onto the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
