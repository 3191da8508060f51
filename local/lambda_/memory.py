"""Ends a function that takes more memory than its MemorySize, as Lambda's sandbox does.

What counts is what is resident, of the function's process and of those that it has started. A limit on the address
space would be another one: an interpreter with its threads and libraries maps several times of what it uses, and Python
would raise MemoryError, where Lambda kills (docs/decisions/0052-memory-by-what-is-resident.md).

One thread looks at the functions that work. It sleeps while none does.
"""

import contextlib
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from local.background.surviving import surviving
from local.seams import replace, seam

MEGABYTE = 1024 * 1024

_LEAST_MEGABYTES = 128
_LOOK_SECONDS = 0.05
_EXIT = "Runtime.ExitError"
# What the invocation of this thread took at most.
_PEAK: ContextVar[int] = ContextVar("peak", default=0)


@dataclass(eq=False)
class Work:
    """An invocation: what gives its process, how many bytes this may take, the most that were seen, how it ended."""

    process_id: Callable[[], int | None]
    most_bytes: int
    peak_bytes: int = 0
    is_ended: bool = False

    def look(self) -> None:
        """Take down what is resident, and end what takes too much."""
        pid = self.process_id()
        if pid is None or self.is_ended:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            processes = processes_of(pid)
            resident = sum(map(_resident_bytes, processes))
            self.peak_bytes = max(self.peak_bytes, resident)
            if resident > self.most_bytes:
                for process in processes:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.kill()
                self.is_ended = True


@dataclass
class MemoryWatch:
    """Looks at processes as long as they work."""

    _at_work: set[Work] = field(default_factory=set)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def start(self) -> None:
        """Begin to look."""
        threading.Thread(target=self._look_on, daemon=True, name="memory-of-functions").start()

    @contextmanager
    def during(self, work: Work) -> Iterator[None]:
        """Within the block, look at this work."""
        with self._changed:
            self._at_work.add(work)
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._at_work.discard(work)

    def _look_on(self) -> None:
        pause = threading.Event()
        while True:
            with self._changed:
                while not self._at_work:
                    self._changed.wait()
                at_work = list(self._at_work)
            with surviving("The watch of functions' memory"):
                for work in at_work:
                    work.look()
            pause.wait(_LOOK_SECONDS)


def _resident_bytes(process: psutil.Process) -> int:
    """What is resident of a process; 0 of one that has ended meanwhile."""
    try:
        return process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0


def processes_of(pid: int) -> list[psutil.Process]:
    """The process and those that it has started, and these. Raises psutil.NoSuchProcess."""
    processes = [psutil.Process(pid)]
    for child in _children(pid):
        with contextlib.suppress(psutil.NoSuchProcess):
            processes += processes_of(child)
    return processes


def _children(pid: int) -> list[int]:
    """By Linux's own list: to look through all processes of the machine takes too long. Elsewhere there are none."""
    children: list[int] = []
    for entry in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            children += [int(each) for each in entry.read_text(encoding="ascii").split()]
    return children


def limiting_memory(base: Any, watch: MemoryWatch, runtime_error: type[Exception]) -> Any:
    """MiniStack's worker of the class `base`, whose process may take so much memory as its function has.

    `runtime_error` is what a worker raises whose process does not get to its first event.
    """
    seam(base, "invoke")

    class LimitedWorker(base):
        """An execution environment of MemorySize megabytes."""

        def invoke(self, event: Any, request_id: str, **details: Any) -> dict[str, Any]:
            megabytes = int(self.config.get("MemorySize") or _LEAST_MEGABYTES)
            work = Work(self._running_pid, megabytes * MEGABYTE)
            try:
                with watch.during(work):
                    result = super().invoke(event, request_id, **details)
                    work.look()
            except runtime_error:
                if not work.is_ended:
                    raise
                result = {"status": "error", "cold_start": True, "log": self._drain_stderr()}
            _PEAK.set(work.peak_bytes)
            return killed(result, request_id) if work.is_ended and result["status"] == "error" else result

        def _running_pid(self) -> int | None:
            process = self._proc
            return process.pid if process is not None and process.poll() is None else None

    return LimitedWorker


def killed(result: dict[str, Any], request_id: str) -> dict[str, Any]:
    """The result of an invocation that took too much, as Lambda gives and logs it."""
    message = f"RequestId: {request_id} Error: Runtime exited with error: signal: killed"
    error = {"errorType": _EXIT, "errorMessage": message}
    log_text = "\n".join(filter(None, (result.get("log", ""), message, _EXIT)))
    return {**result, "error": message, "error_payload": error, "log": log_text}


def report_peaks() -> None:
    """Let the REPORT lines of logs have what an invocation took, and not the largest process that ever ended."""
    from ministack.services import lambda_svc

    replace(lambda_svc, "_probe_peak_memory_mb", lambda _function: math.ceil(_PEAK.get() / MEGABYTE))
