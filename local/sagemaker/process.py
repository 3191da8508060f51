"""The algorithm's process: started under a job's folder, its lines read as they come, ended in time.

To end it early it gets SIGTERM and, after a grace, SIGKILL, as StopTrainingJob does on AWS (there 120 seconds). It
runs in a session of its own, so that whatever it started ends with it.
"""

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_WAKE_SECONDS = 0.1


@dataclass(frozen=True)
class Outcome:
    """How a process ended: its exit code (128 + signal where a signal ended it), and whether its time ran out."""

    exit_code: int
    timed_out: bool


@dataclass
class AlgorithmProcess:
    """One run of `command` in `folder`; `on_line` gets each line, `on_pause` is called some times a second."""

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    on_line: Callable[[str], None]
    on_pause: Callable[[], None]
    stop: threading.Event
    max_seconds: float
    grace_seconds: float
    _lines: queue.SimpleQueue[str | None] = field(default_factory=queue.SimpleQueue)
    _terminated_at: float | None = None
    _process: subprocess.Popen[str] | None = None

    def run(self) -> Outcome:
        """Run to the end. Raises OSError where it cannot be started."""
        process = subprocess.Popen(  # noqa: S603
            self.command,
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._process = process
        reader = threading.Thread(target=self._read, args=(process,), name=f"output of {process.pid}", daemon=True)
        reader.start()
        try:
            timed_out = self._follow(process)
            exit_code = process.wait()
        finally:
            _signal(process, signal.SIGKILL)
            process.wait()
        return Outcome(exit_code if exit_code >= 0 else 128 - exit_code, timed_out)

    def kill(self) -> None:
        """End the process at once; from any thread."""
        if self._process is not None and self._process.poll() is None:
            _signal(self._process, signal.SIGKILL)

    def _read(self, process: subprocess.Popen[str]) -> None:
        if process.stdout is not None:
            with process.stdout:
                for line in process.stdout:
                    self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def _follow(self, process: subprocess.Popen[str]) -> bool:
        """Pass lines on until the output ends; return whether the time ran out."""
        deadline, timed_out = time.monotonic() + self.max_seconds, False
        while True:
            try:
                line = self._lines.get(timeout=_WAKE_SECONDS)
            except queue.Empty:
                self.on_pause()
            else:
                if line is None:
                    return timed_out
                self.on_line(line)
            timed_out = timed_out or (time.monotonic() > deadline and not self.stop.is_set())
            if timed_out or self.stop.is_set():
                self._end(process)

    def _end(self, process: subprocess.Popen[str]) -> None:
        now = time.monotonic()
        if self._terminated_at is None:
            self._terminated_at = now
            _signal(process, signal.SIGTERM)
        elif now - self._terminated_at > self.grace_seconds:
            _signal(process, signal.SIGKILL)


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Send a signal to the process and what it started; nothing where none of them is left."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
