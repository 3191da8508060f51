"""Takes snapshots: all services at one moment, soon after something has changed.

A snapshot is taken by a fork. The fork has the memory of all services as it was at one moment; it writes that, while
the server goes on. The server's loop forks, so that nothing that runs on the loop alone is half done. Other threads
stand between any two bytecodes: the locks in `guards`, which are held, keep the steps of executions, deliveries and
subscriptions whole. Nothing is written while `is_busy`, for no longer than two minutes, and not at all at the end.

`mark` says that something has changed, `saved` waits until a snapshot has it. While somebody waits, one snapshot comes
after the other; otherwise there is a pause. What changes without a mark, by the clock, is looked for now and then.
"""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import IO, Any

from local import EmbeddedAwsError
from local.persistence.bodies import PreparedBodies
from local.persistence.folder import Manifest, StateFolder
from local.persistence.parts import Part
from local.persistence.pickling import Reducers, dump
from local.persistence.stored_bytes import StoredBytes

log = logging.getLogger(__name__)

SHORTEST_PAUSE_SECONDS = 0.15
"""Between two snapshots, while nobody waits for one."""
_LONGEST_PAUSE_SECONDS = 2.0
_PAUSE_FACTOR = 2.0
# When it looks for changes that nobody has marked: at first, and at last, where nobody marks one any more. Each look
# doubles the time, so that the metrics of pollers alone make an idle server write twice a minute.
_SETTLING_SECONDS = 2.0
_QUIET_SECONDS = 30.0
_LONGEST_BUSY_SECONDS = 120.0
_LONGEST_LAST_SECONDS = 8.0
_LONGEST_WRITE_SECONDS = 60
_AFTER_FAULT_SECONDS = 1.0
_GUARD_SECONDS = 0.02
_RETRY_SECONDS = 0.02
_SWEEP_EVERY = 20
_CLOSE_SECONDS = 60.0
# What the process that writes a snapshot says after its manifest: the snapshot is whole. A fault comes before it, or
# after it where it is one of tidying up.
_WRITTEN = "\0"


class NotSavedError(EmbeddedAwsError):
    """A snapshot could not be written; the message says why."""


@dataclass(frozen=True)
class Contents:
    """What is kept, and where. `lock` is the folder's open lock, `guards` are held while the moment is taken.

    In the block of `hold` no file is removed that a part is in.
    """

    folder: StateFolder
    lock: IO[str]
    parts: Sequence[Part]
    reducers: Reducers
    guards: Sequence[Any] = ()
    is_busy: Callable[[], bool] = lambda: False
    hold: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext


@dataclass
class _Progress:
    """How many changes were marked, and how many of them are saved; who waits for one, until when."""

    marked: int = 0
    saved: int = 0
    waiters: list[tuple[int, asyncio.Future[None]]] = field(default_factory=list)
    is_closing: bool = False


class Keeper:
    """Keeps the state of `contents`; `manifest` is that of the snapshot before, or one of number 0."""

    def __init__(self, contents: Contents, manifest: Manifest) -> None:
        self._contents = contents
        self._manifest = manifest
        self._bodies = PreparedBodies(contents.folder.bodies)
        self._progress = _Progress()
        self._changed = threading.Condition()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, daemon=True, name="keeper")
        self._seconds = 0.0
        self._silent_seconds = _SETTLING_SECONDS

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Keep the state from now on, unless the server ends already. `loop` is the server's."""
        if self._progress.is_closing:
            return
        self._loop = loop
        self._thread.start()

    def mark(self) -> int:
        """Something has changed. Returns the number of the change."""
        with self._changed:
            self._progress.marked += 1
            self._changed.notify()
            return self._progress.marked

    async def saved(self, change: int) -> None:
        """Return once a snapshot has the change of this number. Raises NotSavedError. It is called on the loop."""
        if change <= self._progress.saved:
            return
        if not self._thread.is_alive():
            raise NotSavedError("The state is not kept any more: the server ends.")
        future = asyncio.get_running_loop().create_future()
        with self._changed:
            self._progress.waiters.append((change, future))
            self._changed.notify()
        await future

    def close(self) -> None:
        """Take a last snapshot, unless it is busy until then. It is not to be called on the loop, which must go on."""
        with self._changed:
            self._progress.is_closing = True
            self._changed.notify()
        # A server may end before its services go on: nothing was kept then.
        if self._thread.ident is not None:
            self._thread.join(_CLOSE_SECONDS)

    def _run(self) -> None:
        while True:
            is_last = self._wait()
            self._save()
            if is_last:
                return

    def _wait(self) -> bool:
        """Wait until there is something to do; whether it is the last."""
        progress, ended = self._progress, time.monotonic()
        with self._changed:
            while not progress.is_closing:
                is_changed = progress.marked > progress.saved
                due = 0.0 if progress.waiters else self._pause() if is_changed else self._silent_seconds
                rest = ended + due - time.monotonic()
                if rest <= 0:
                    self._silent_seconds = _next_silence(self._silent_seconds, is_changed=is_changed)
                    break
                self._changed.wait(rest)
            return progress.is_closing

    def _pause(self) -> float:
        return min(_LONGEST_PAUSE_SECONDS, max(SHORTEST_PAUSE_SECONDS, _PAUSE_FACTOR * self._seconds))

    def _save(self) -> None:
        began = time.monotonic()
        change, fault = self._progress.marked, None
        try:
            change, manifest = self._snapshot()
        except Exception as caught:
            # Whatever it is, who waits is told, and the next change is tried again.
            fault = NotSavedError(f"The state could not be saved: {caught}")
            log.exception("The state could not be saved")
        else:
            self._manifest = manifest or self._manifest
        self._seconds = time.monotonic() - began if fault is None else _AFTER_FAULT_SECONDS
        self._release(change, fault)

    def _release(self, change: int, fault: NotSavedError | None) -> None:
        progress = self._progress
        with self._changed:
            if fault is None:
                progress.saved = change
            ready = [future for number, future in progress.waiters if number <= change]
            progress.waiters = [each for each in progress.waiters if each[0] > change]
        self._call(lambda: [_finish(future, fault) for future in ready])

    def _call(self, function: Callable[[], Any]) -> None:
        # The loop has ended where the server did: nobody waits any more then.
        with contextlib.suppress(RuntimeError):
            assert self._loop is not None
            self._loop.call_soon_threadsafe(function)

    def _snapshot(self) -> tuple[int, Manifest | None]:
        """Take a snapshot. Returns the number of the last change that it has, and its manifest, if it has a new one."""
        self._bodies.prepare(_bodies_of(self._contents.parts))
        with self._contents.hold():
            change, process, answer = self._fork()
            with answer:
                text = answer.read()
            _, status = os.waitpid(process, 0)
        text, is_written, fault = text.partition(_WRITTEN)
        if fault:
            log.error("The state is saved, but what it does not need any more could not be removed: %s", fault)
        if not is_written:
            log.error("The process that writes the state: %s", text)
            raise NotSavedError((text.splitlines() or [f"its process ended with status {status}"])[-1])
        return change, Manifest.of_json(text) if text else None

    def _fork(self) -> tuple[int, int, IO[str]]:
        """Fork on the loop. Returns the last change, the process, and what it will say. Raises NotSavedError."""
        deadline, last = time.monotonic() + _LONGEST_BUSY_SECONDS, None
        while True:
            is_urgent = time.monotonic() > deadline
            if self._progress.is_closing:
                # The next server goes on from what is whole: the snapshot before, rather than one of what is half done.
                is_urgent, last = False, last or time.monotonic() + _LONGEST_LAST_SECONDS
                if time.monotonic() > last:
                    raise NotSavedError("The server ends while something is half done: the snapshot before stays.")
            assert self._loop is not None
            forked = asyncio.run_coroutine_threadsafe(self._try_fork(is_urgent=is_urgent), self._loop).result()
            if forked is not None:
                return forked
            time.sleep(_RETRY_SECONDS)

    async def _try_fork(self, *, is_urgent: bool) -> tuple[int, int, IO[str]] | None:
        """Fork, if all guards can be had at once, and nothing is busy that may still be waited for."""
        with contextlib.ExitStack() as held:
            for guard in self._contents.guards:
                if not guard.acquire(timeout=_GUARD_SECONDS):
                    return None
                held.callback(guard.release)
            if not is_urgent and self._contents.is_busy():
                return None
            change = self._progress.marked
            reader, writer = os.pipe()
            try:
                process = os.fork()
            except OSError:
                # Without memory for it; the next attempt has pipes of its own.
                os.close(reader)
                os.close(writer)
                raise
            if process == 0:
                self._write_and_end(writer)
            os.close(writer)
            return change, process, os.fdopen(reader, encoding="utf-8")

    def _write_and_end(self, writer: int) -> None:
        """In the fork: write the snapshot, and end. There is no other thread; nothing of the server's is to be used."""
        code = 1
        try:
            gc.disable()
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
                signal.signal(number, signal.SIG_DFL)
            signal.alarm(_LONGEST_WRITE_SECONDS)
            _close_all_but({writer, self._contents.lock.fileno()})
            manifest = self._write()
            os.write(writer, ((manifest.to_json() if manifest else "") + _WRITTEN).encode())
            if manifest is not None:
                self._contents.folder.sweep(bodies=manifest.number % _SWEEP_EVERY == 0)
            code = 0
        except BaseException:  # noqa: BLE001 - whatever it is, this process must not go on as the server
            os.write(writer, traceback.format_exc()[-4000:].encode())
        finally:
            os._exit(code)

    def _write(self) -> Manifest | None:
        reducers, bodies = self._contents.reducers, self._bodies
        dumps = {part.name: _dumping(part, reducers, bodies) for part in self._contents.parts}
        return self._contents.folder.write(self._manifest, dumps)


def _next_silence(seconds: float, *, is_changed: bool) -> float:
    return _SETTLING_SECONDS if is_changed else min(2 * seconds, _QUIET_SECONDS)


def _dumping(part: Part, reducers: Reducers, bodies: PreparedBodies) -> Callable[[], bytes]:
    return lambda: dump(part.take(), reducers, None if part.bodies is None else bodies)


def _bodies_of(parts: Iterable[Part]) -> Iterable[bytes | StoredBytes]:
    for part in parts:
        if part.bodies is not None:
            yield from part.bodies()


def _finish(future: asyncio.Future[None], fault: NotSavedError | None) -> None:
    if future.done():
        return
    if fault is None:
        future.set_result(None)
    else:
        future.set_exception(fault)


def _close_all_but(descriptors: set[int]) -> None:
    """Close what the server has open: a connection would stay open until this process ends."""
    first = 3
    for descriptor in sorted(descriptors):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))
