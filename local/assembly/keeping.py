"""Puts together what a server keeps, reads what an earlier one kept, and says what came of it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from local.background.surviving import surviving
from local.iam.own_paths import OwnPath, refuse_fields
from local.persistence import pickling, versions
from local.persistence.folder import Manifest, Snapshot, StateError, StateFolder
from local.persistence.keeper import Contents, Keeper
from local.persistence.parts import Part
from local.persistence.stored_bytes import ByteStore
from local.seams import replace, seam

log = logging.getLogger(__name__)

CODE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Saved:
    """A folder that this server holds, the snapshot in it, and of which versions the next one is."""

    folder: StateFolder
    lock: IO[str]
    snapshot: Snapshot | None
    versions: dict[str, str]
    port: int

    def manifest(self) -> Manifest:
        """That of the snapshot; one of number 0 where there is none."""
        number = self.folder.last_number()
        sections = self.snapshot.manifest.sections if self.snapshot else {}
        return Manifest(number, "", self.port, self.versions, sections)


def read(folder: StateFolder, lock: IO[str], port: int) -> Saved:
    """Read what is kept in a folder that is held. Raises StateError where it cannot be used."""
    present = versions.versions_of(CODE)
    return Saved(folder, lock, folder.read(present, port), present, port)


class Keeping:
    """What is kept of this server: `parts`, taken while `guards` are held and nothing `is_busy`."""

    def __init__(
        self,
        saved: Saved,
        parts: Sequence[Part],
        reducers: pickling.Reducers,
        guards: Sequence[Any],
        is_busy: Callable[[], bool],
        store: ByteStore,
    ) -> None:
        self._saved = saved
        self._store = store
        self._parts = parts
        contents = Contents(saved.folder, saved.lock, parts, reducers, guards, is_busy, store.held)
        self.keeper = Keeper(contents, saved.manifest())
        self._interrupted: list[str] = []

    def put_back(self) -> None:
        """Give the services what was kept, all of it or none. Raises StateError."""
        if self._saved.snapshot is None:
            return
        sections = self._saved.snapshot.sections
        values = {part.name: self._load(part.name, sections[part.name]) for part in self._parts}
        for part in self._parts:
            part.put_back(values[part.name])

    def _load(self, name: str, content: bytes) -> Any:
        try:
            return pickling.load(content, self._saved.folder.bodies, self._store)
        except (AttributeError, ImportError, TypeError, ValueError, LookupError, EOFError, OSError) as fault:
            raise StateError(f"The section {name} of the kept state cannot be read: {fault!r}") from fault

    def go_on(self) -> None:
        """Let the services go on, now that they reach each other. One that meets a fault holds up no other."""
        if self._saved.snapshot is None:
            return
        self._interrupted = _running_executions()
        for part in self._parts:
            with surviving(f"What goes on of {part.name}"):
                part.go_on()

    def mark_events(self) -> None:
        """Let each event of an execution count as a change."""
        from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager

        publish = seam(EventManager, "_publish_history_event")

        def publish_and_mark(*arguments: Any, **keywords: Any) -> None:
            publish(*arguments, **keywords)
            self.keeper.mark()

        replace(EventManager, "_publish_history_event", publish_and_mark)

    def own_path(self) -> OwnPath:
        """What `/_local/state` answers: where the state is, and what this server went on from."""

        async def describe(parameters: dict[str, Any]) -> dict[str, Any]:
            refuse_fields(parameters)
            return self.description()

        return OwnPath(("GET", "POST"), describe)

    def description(self) -> dict[str, Any]:
        """Where the state is; the snapshot that this server went on from, and what was interrupted."""
        snapshot = self._saved.snapshot
        answer: dict[str, Any] = {"folder": str(self._saved.folder.path)}
        if snapshot is None:
            return answer
        restored = {
            "saved": snapshot.manifest.saved,
            "number": snapshot.manifest.number,
            "notes": list(snapshot.notes),
            "interrupted": self._interrupted,
        }
        return answer | {"restored": restored}


def _running_executions() -> list[str]:
    """The names of the executions that ran when the state was kept."""
    from local.stepfunctions import saving

    return sorted(execution.name for execution in saving.running())
