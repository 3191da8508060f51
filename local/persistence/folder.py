"""The folder of a kept state. It is its owner's alone (mode 0700): whoever may write there may run code here.

    lock                   held by the server that keeps its state here
    manifest-<number>.json what belongs together: when, of which versions, which port, the digest of each section
    sections/<name>-…      the state of a service, by its digest; one that is unchanged is not written again
    bodies/ab/ab…          long bytes, by their digest
    live/                  what the server that runs has in files of its own; most are second names of bodies

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

from local.persistence import pickling, versions
from local.persistence.files import BodyFiles, StateError, flush_folder, read_verified, write_whole

_MANIFEST = "manifest-"
_SNAPSHOTS = 2
_POLL_SECONDS = 0.05
# How long it is waited for a server that ends, before its state is forgotten.
FORGET_SECONDS = 5.0


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
class StateFolder:
    """A folder that holds a state, or is to hold one."""

    path: Path

    @property
    def bodies(self) -> BodyFiles:
        return BodyFiles(self.path / "bodies")

    @property
    def live(self) -> Path:
        """Where the server that holds the folder has its own files."""
        return self.path / "live"

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
            # A server that was killed has left it.
            shutil.rmtree(self.live, ignore_errors=True)
            try:
                yield file
            finally:
                shutil.rmtree(self.live, ignore_errors=True)

    def read(self, present: Mapping[str, str], port: int) -> Snapshot | None:
        """The newest snapshot that is whole; None where there is none at all.

        Raises StateError where none is whole, or it is of other versions or another port than these.
        """
        whole, faults = self._sorted_out()
        if not whole:
            if not faults:
                return None
            raise StateError(
                "The kept state is damaged, and no snapshot of it is whole:\n  " + "\n  ".join(faults.values()) + "\n"
                f"Bring {self.path} back from a copy, or remove it by `wildrydes down --forget`."
            )
        snapshot = whole[0]
        _check(snapshot.manifest, present, port, self.path)
        if not faults:
            return snapshot
        # What is damaged would be taken for written when a state has the same content again.
        self._keep_only(whole)
        notes = list(faults.values())
        if max(faults) > snapshot.manifest.number:
            notes.append(f"Going on from the snapshot before it, of {snapshot.manifest.saved}.")
        return Snapshot(snapshot.manifest, snapshot.sections, tuple(notes))

    def _sorted_out(self) -> tuple[list[Snapshot], dict[int, str]]:
        """The snapshots that are whole, the newest first, and what is wrong with others, by their numbers."""
        whole: list[Snapshot] = []
        faults: dict[int, str] = {}
        for path in self._manifests():
            try:
                whole.append(self._snapshot(path))
            except StateError as fault:
                faults[_number(path)] = str(fault)
        return whole, faults

    def _snapshot(self, path: Path) -> Snapshot:
        try:
            manifest = Manifest.of_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as fault:
            raise StateError(f"{path} is damaged: {fault}") from fault
        snapshot = self._with_sections(manifest)
        for digest in _bodies_of(snapshot):
            self.bodies.verify(digest)
        return snapshot

    def _with_sections(self, manifest: Manifest) -> Snapshot:
        """Raises StateError where a section is damaged."""
        files = {name: (self.section(name, digest), digest) for name, digest in manifest.sections.items()}
        return Snapshot(manifest, {name: read_verified(*file) for name, file in files.items()})

    def section(self, name: str, digest: str) -> Path:
        """The file of a section."""
        return self.path / "sections" / f"{name}-{digest[:32]}"

    def _manifest_file(self, manifest: Manifest) -> Path:
        return self.path / f"{_MANIFEST}{manifest.number:09}.json"

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
        write_whole(self._manifest_file(new), new.to_json().encode())
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
        if bodies:
            self._keep_only(list(itertools.islice(self._readable(), _SNAPSHOTS)))
        else:
            self._keep_files(list(itertools.islice(self._complete(), _SNAPSHOTS)))

    def _readable(self) -> Iterator[Snapshot]:
        for manifest in self._complete():
            with contextlib.suppress(StateError):
                yield self._with_sections(manifest)

    def _complete(self) -> Iterator[Manifest]:
        """The manifests whose sections are there."""
        for _, manifest in self._whole():
            if all(self.section(name, digest).exists() for name, digest in manifest.sections.items()):
                yield manifest

    def _keep_only(self, snapshots: list[Snapshot]) -> None:
        """Remove all that these do not need."""
        self._keep_files([each.manifest for each in snapshots])
        if snapshots:
            self.bodies.keep_only({digest for each in snapshots for digest in _bodies_of(each)})

    def _keep_files(self, manifests: list[Manifest]) -> None:
        """Remove the manifests and sections that these do not need; nothing where there are none of these."""
        needed = {self.section(name, digest) for each in manifests for name, digest in each.sections.items()}
        needed |= {self._manifest_file(each) for each in manifests}
        present = (*self.path.glob(f"{_MANIFEST}*"), *(self.path / "sections").iterdir()) if manifests else ()
        for path in present:
            if path not in needed:
                path.unlink(missing_ok=True)

    def forget(self) -> None:
        """Remove the state. Raises StateError where a server holds it."""
        if self.path.exists():
            with self.opened(wait_seconds=FORGET_SECONDS):
                shutil.rmtree(self.path)


def _bodies_of(snapshot: Snapshot) -> set[str]:
    """The digests of the bodies in a snapshot that was read."""
    return {digest for content in snapshot.sections.values() for digest in pickling.digests_in(content)}


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
