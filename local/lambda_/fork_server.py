"""The process that functions are forked from, seen from the server: it starts processes, and is told when they end.

A new interpreter that imports botocore takes a quarter of a second of CPU; a fork of one that has imported it, some
milliseconds. The other end of the socket is `forked_functions.py`.
"""

import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from local import EmbeddedAwsError

_START_SECONDS = 60.0
_SCRIPT = Path(__file__).parent / "forked_functions.py"


class NoForkServerError(EmbeddedAwsError, OSError):
    """The process that forks the functions has ended, or cannot be started."""


class ForkedProcess:
    """A function's process, with as much of the interface of `subprocess.Popen` as MiniStack uses."""

    def __init__(self, server: "ForkServer", key: int, output: IO[bytes]) -> None:
        self._server = server
        self.key = key
        self._started = threading.Event()
        self._ended = threading.Event()
        self.stdout = output
        self.pid = 0
        self.returncode: int | None = None

    def start(self, pid: int) -> None:
        """Take in that it runs, as `pid`."""
        self.pid = pid
        self._started.set()

    def end(self, code: int) -> None:
        """Take in that it has ended: with `code`, or by the signal `-code`."""
        self.returncode = code
        self._ended.set()
        self._started.set()

    def wait_until_started(self, timeout: float) -> bool:
        """Wait until it runs, or has ended; False where `timeout` seconds did not do."""
        return self._started.wait(timeout)

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises subprocess.TimeoutExpired after `timeout` seconds."""
        if not self._ended.wait(timeout):
            raise subprocess.TimeoutExpired(f"function {self.pid}", timeout or 0)
        return self.returncode or 0

    def send_signal(self, number: int) -> None:
        """Send it a signal; one that has ended gets none, and neither does another that has its pid by now."""
        if self.returncode is None:
            self._server.signal(self.key, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


@dataclass
class _Parent:
    """A process that forks, the socket to it, and the processes that it forked, by the ids of their requests."""

    process: subprocess.Popen[bytes]
    requests: socket.socket
    forks: dict[int, ForkedProcess] = field(default_factory=dict)

    def take_in(self, answer: Mapping[str, int]) -> None:
        """Take in what became of a fork."""
        if "pid" in answer:
            self.forks[answer["id"]].start(answer["pid"])
        else:
            self.forks.pop(answer["id"]).end(answer["code"])

    def send(self, request: Mapping[str, Any], descriptors: list[int]) -> None:
        """Send a request. Raises NoForkServerError."""
        line = json.dumps(request).encode() + b"\n"
        try:
            sent = socket.send_fds(self.requests, [line], descriptors) if descriptors else 0
            self.requests.sendall(line[sent:])
        except OSError as fault:
            raise NoForkServerError(f"The process that starts functions has ended: {fault}.") from fault


class ForkServer:
    """Starts processes of functions by the interpreter `python`; the one that forks them starts with the first."""

    def __init__(self, python: str) -> None:
        self._python = python
        self._lock = threading.Lock()
        self._keys = itertools.count(1)
        self._parent: _Parent | None = None
        self._listener: threading.Thread | None = None

    def start(self, folder: str, environment: Mapping[str, str]) -> ForkedProcess:
        """Start a function whose code is in `folder`. Raises NoForkServerError."""
        reading, writing = os.pipe()
        fork = ForkedProcess(self, next(self._keys), os.fdopen(reading, "rb"))
        try:
            self._start(fork, {"folder": folder, "environment": dict(environment)}, writing)
        except NoForkServerError:
            fork.stdout.close()
            raise
        finally:
            os.close(writing)
        return fork

    def _start(self, fork: ForkedProcess, request: Mapping[str, Any], output: int) -> None:
        with self._lock:
            parent = self._running()
            parent.forks[fork.key] = fork
            parent.send({"id": fork.key, **request}, [output])
        if not fork.wait_until_started(_START_SECONDS):
            # Whatever holds it up: its end is that of its forks, and the next function has another.
            parent.process.kill()
            raise NoForkServerError(f"The process that starts functions did not answer for {_START_SECONDS:g} s.")

    def signal(self, key: int, number: int) -> None:
        """Send a signal to the process of the request `key`."""
        with self._lock, contextlib.suppress(NoForkServerError):
            if self._parent is not None and key in self._parent.forks:
                self._parent.send({"id": key, "signal": number}, [])

    def stop(self) -> None:
        """End it, and what it forked."""
        with self._lock:
            parent, listener = self._parent, self._listener
            self._parent = self._listener = None
        if parent is not None and listener is not None:
            parent.requests.shutdown(socket.SHUT_RDWR)
            listener.join()

    def _running(self) -> _Parent:
        """The process that forks, which is started where there is none."""
        if self._parent is None:
            requests, other = socket.socketpair()
            with other:
                process = subprocess.Popen(  # noqa: S603 - the interpreter of the functions
                    # Neither the script's folder nor the user's packages are on the path of a function.
                    [self._python, "-P", "-s", str(_SCRIPT)],
                    stdin=other.fileno(),
                    stdout=subprocess.DEVNULL,
                )
            self._parent = _Parent(process, requests)
            self._listener = threading.Thread(target=self._listen, args=(self._parent,), daemon=True)
            self._listener.start()
        return self._parent

    def _listen(self, parent: _Parent) -> None:
        """Take in what becomes of the forks. Where the process that forks ends, so do they, and no others."""
        with contextlib.suppress(OSError), parent.requests.makefile("rb") as answers:
            for line in answers:
                parent.take_in(json.loads(line))
        with self._lock:
            if self._parent is parent:
                self._parent = self._listener = None
        parent.requests.close()
        parent.process.wait()
        for fork in parent.forks.values():
            if fork.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(fork.pid, signal.SIGKILL)
            fork.end(-signal.SIGKILL)
