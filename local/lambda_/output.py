"""What a function's process writes, line by line.

MiniStack reads the process's pipe in a thread, and after an answer waits some milliseconds for the thread to come by.
On a busy machine it does not: the lines are then of the next invocation, and the last of a process's are lost, with the
metrics in them. Here whoever has the answer reads what is in the pipe himself. A process writes its lines before its
answer, so none is missing, and nobody waits.
"""

import array
import fcntl
import os
import queue
import select
import termios
import threading
from typing import IO, Any

from local.seams import seam

_BLOCK_BYTES = 1 << 16


class Output:
    """Puts the lines of pipes into queues; by a thread, and by whoever has an answer of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rests: dict[IO[bytes], bytes] = {}

    def pump(self, pipe: IO[bytes], lines: queue.Queue[str]) -> None:
        """Take in what is written until the last writer has closed the pipe; then close it."""
        poll = select.poll()
        poll.register(pipe, select.POLLIN)
        while True:
            ((_, event),) = poll.poll()
            with self._lock:
                # Somebody else may have read it in between.
                if _available(pipe):
                    self._read(pipe, lines)
                elif event & (select.POLLHUP | select.POLLERR):
                    if rest := self._rests.pop(pipe, b""):
                        _put(lines, rest)
                    pipe.close()
                    return

    def take_in(self, pipe: IO[bytes], lines: queue.Queue[str]) -> None:
        """Take in all that has been written by now; what a thread of the process goes on writing is not waited for."""
        with self._lock:
            left = 0 if pipe.closed else _available(pipe)
            while left > 0:
                left -= self._read(pipe, lines)

    def _read(self, pipe: IO[bytes], lines: queue.Queue[str]) -> int:
        """Take in a block of what is there; how many bytes it had."""
        block = os.read(pipe.fileno(), _BLOCK_BYTES)
        *whole, rest = (self._rests.pop(pipe, b"") + block).split(b"\n")
        for line in whole:
            _put(lines, line)
        self._rests[pipe] = rest
        return len(block)


def reading_output(base: Any) -> Any:
    """MiniStack's worker of the class `base`, whose lines are read so."""
    for name in ("_drain_stderr", "_drain_stderr_bounded", "_pump_output", "_teardown"):
        seam(base, name)

    class ReadingWorker(base):
        """A process whose lines are those that it had written by its answer."""

        def __init__(self, *arguments: Any) -> None:
            self._output = Output()
            super().__init__(*arguments)

        def _pump_output(self, stream: Any, log_queue: Any) -> None:
            self._output.pump(stream, log_queue)

        def _drain_stderr_bounded(self, *_: float, **_options: float) -> str:
            if self._proc is not None:
                self._output.take_in(self._proc.stdout, self._stderr_queue)
            return self._drain_stderr()

        def _teardown(self) -> None:
            process = self._proc
            super()._teardown()
            if process is not None:
                self._output.take_in(process.stdout, self._stderr_queue)

    return ReadingWorker


def _available(pipe: IO[bytes]) -> int:
    """The bytes that can be read without waiting."""
    size = array.array("i", [0])
    fcntl.ioctl(pipe.fileno(), termios.FIONREAD, size)
    return size[0]


def _put(lines: queue.Queue[str], line: bytes) -> None:
    """Add a line; of too many the oldest go, since the pipe has to be emptied."""
    text = line.decode(errors="replace").rstrip("\r")
    while True:
        try:
            lines.put_nowait(text)
        except queue.Full:
            lines.get_nowait()
        else:
            return
