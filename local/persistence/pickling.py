"""Writes objects of the services as bytes, and reads them.

Locks, events and conditions are written as new ones: what they stood for has ended with the threads that held them.
Long bytes, such as objects of S3 and packages of functions, are written once, to files that are named by their content.

What is read here was written by this user's own server, by the same code, and its digest was compared before:
unpickling executes what the bytes say.
"""

import copyreg
import io
import pickle  # nosec B403 - see above
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from local.persistence.stored_bytes import ByteStore, StoredBytes

LONG = 1024
"""Bytes of this length and more are kept as bodies."""

Reducers = Mapping[type, Callable[[Any], Any]]


class Bodies(Protocol):
    """Where long bytes are."""

    def write(self, body: bytes) -> str:
        """Write bytes, if they are not there. Returns their digest."""
        ...

    def link(self, body: StoredBytes) -> str:
        """Write bytes that are in a file, if they are not there. Returns their digest."""
        ...

    def path(self, digest: str) -> Path:
        """Where the bytes with a digest are."""
        ...

    def read(self, digest: str) -> bytes:
        """The bytes with a digest."""
        ...


def _event(is_set: bool) -> threading.Event:
    event = threading.Event()
    if is_set:
        event.set()
    return event


_NEW: Reducers = {
    type(threading.Lock()): lambda _: (threading.Lock, ()),
    type(threading.RLock()): lambda _: (threading.RLock, ()),
    threading.Condition: lambda _: (threading.Condition, ()),
    threading.Event: lambda event: (_event, (event.is_set(),)),
}


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, reducers: Reducers) -> None:
        super().__init__(file, protocol=5)
        self.dispatch_table = {**copyreg.dispatch_table, **_NEW, **reducers}


class _PicklerOfBodies(_Pickler):
    """Asked of each object, which takes its time: for parts with bodies alone."""

    def __init__(self, file: io.BytesIO, reducers: Reducers, bodies: Bodies) -> None:
        super().__init__(file, reducers)
        self._bodies = bodies
        self.digests: set[str] = set()

    def persistent_id(self, obj: Any) -> str | tuple[str] | None:
        if type(obj) is StoredBytes:
            digest = self._bodies.link(obj)
            self.digests.add(digest)
            return (digest,)
        if type(obj) is not bytes or len(obj) < LONG:
            return None
        digest = self._bodies.write(obj)
        self.digests.add(digest)
        return digest


class _Unpickler(pickle.Unpickler):
    """Reads bytes by their digest; what was in a file, by a digest in a tuple, is in a file of `store` again."""

    def __init__(self, file: io.BytesIO, bodies: Bodies, store: ByteStore | None) -> None:
        super().__init__(file)
        self._bodies = bodies
        self._store = store
        self._read: dict[str | tuple[str], bytes | StoredBytes] = {}

    def persistent_load(self, pid: str | tuple[str]) -> bytes | StoredBytes:
        if pid not in self._read:
            self._read[pid] = self._bodies.read(pid) if isinstance(pid, str) else self._stored(*pid)
        return self._read[pid]

    def _stored(self, digest: str) -> bytes | StoredBytes:
        return self._store.link(self._bodies.path(digest), digest) if self._store else self._bodies.read(digest)


def dump(value: Any, reducers: Reducers, bodies: Bodies | None = None) -> bytes:
    """The bytes of a value: first the list of the bodies in it, then the value itself.

    `reducers` say of types how they are written, as copyreg has it. Bodies are written to `bodies`, if that is given.
    """
    file = io.BytesIO()
    pickler = _Pickler(file, reducers) if bodies is None else _PicklerOfBodies(file, reducers, bodies)
    pickler.dump(value)
    digests = sorted(pickler.digests) if isinstance(pickler, _PicklerOfBodies) else []
    return pickle.dumps(digests) + file.getvalue()


def digests_in(content: bytes) -> list[str]:
    """The digests of the bodies in a value's bytes, which were verified."""
    return pickle.loads(content)  # noqa: S301 # nosec B301 - see the module's docstring


def load(content: bytes, bodies: Bodies | None = None, store: ByteStore | None = None) -> Any:
    """The value of bytes that were verified, or that this process has written itself.

    What was in a file is in one of `store` again, if that is given. Raises OSError where that cannot be written.
    """
    file = io.BytesIO(content)
    pickle.load(file)  # noqa: S301 # nosec B301 - the digests, see the module's docstring
    return (_Unpickler(file, bodies, store) if bodies else pickle.Unpickler(file)).load()  # noqa: S301 # nosec B301
