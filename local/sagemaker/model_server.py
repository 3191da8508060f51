"""A container that serves a model: started, asked, started again where it crashes, and ended.

The server opens the socket that the process is to listen on. So the port is there before the process is, and a ping
waits in the socket's queue until the model is loaded, or fails at once where the process ends. The token goes over
standard input, whose end is the process's too: none is left where the server is killed.
"""

import contextlib
import http.client
import logging
import queue
import secrets
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from local import account
from local.algorithms.serving import TOKEN_HEADER
from local.sagemaker.job_log import JobLog

_LOGGER = logging.getLogger(__name__)
_BACKLOG = 128
_FLUSH_SECONDS = 0.5
_GRACE_SECONDS = 2.0
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.1, 5.0
# A container must answer within a minute: "InvokeEndpoint" of the API reference.
INVOCATION_SECONDS = 60.0
_LARGEST_ANSWER = 100 * 1024 * 1024

# The command that serves on the socket with this file descriptor.
Command = Callable[[int], Sequence[str]]


@dataclass(frozen=True)
class ContainerResponse:
    """What the container answered: status, content type, body, and the attributes that it sent back."""

    status: int
    content_type: str
    body: bytes
    custom_attributes: str | None = None


@dataclass(frozen=True)
class _Running:
    """One life of the process."""

    process: subprocess.Popen[str]
    port: int
    token: str = field(repr=False)


@dataclass
class ModelServer:
    """Serves by `command`; its lines go to `log`. Every method may be called from any thread."""

    name: str
    command: Command
    environment: Mapping[str, str]
    log: JobLog
    restarts: int = 0
    _running: _Running | None = None
    _ready: threading.Event = field(default_factory=threading.Event)
    # Set once the first ping has been answered or not; _passed says which. Before that an end says nothing yet.
    _pinged: threading.Event = field(default_factory=threading.Event)
    _passed: bool = False
    _ending: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None

    def start(self, seconds: float) -> bool:
        """Start the process; return whether it answered a ping within `seconds`.

        From then on it is started again whenever it ends. Raises OSError where it cannot be started.
        """
        running = self._spawn()
        self._thread = threading.Thread(target=self._supervise, args=(running,), name=self.name, daemon=True)
        self._thread.start()
        self._passed = self._ping(running, seconds)
        if self._passed:
            self._ready.set()
        self._pinged.set()
        return self._passed

    @property
    def is_healthy(self) -> bool:
        """Whether a process is there that has answered a ping."""
        running = self._running
        return self._ready.is_set() and running is not None and running.process.poll() is None

    @property
    def process_id(self) -> int | None:
        """The process's id, or None while there is none."""
        return self._running.process.pid if self._running else None

    def invoke(self, body: bytes, headers: Mapping[str, str], seconds: float = INVOCATION_SECONDS) -> ContainerResponse:
        """POST /invocations. Raises ConnectionError where no process answers, TimeoutError after `seconds`."""
        running = self._running
        if running is None or not self._ready.is_set():
            raise ConnectionRefusedError(f"{self.name} is being started again")
        return _exchange(running, "POST", "/invocations", body, headers, seconds)

    def execution_parameters(self) -> ContainerResponse:
        """GET /execution-parameters. Raises ConnectionError, TimeoutError."""
        if self._running is None:
            raise ConnectionRefusedError(f"{self.name} is not there")
        return _exchange(self._running, "GET", "/execution-parameters", b"", {}, INVOCATION_SECONDS)

    def stop(self) -> None:
        """End the process and return when it has ended."""
        with self._lock:
            self._ending.set()
            running = self._running
        if running is not None:
            _end(running.process)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_GRACE_SECONDS * 2)

    def _spawn(self) -> _Running:
        token = secrets.token_urlsafe(32)
        with socket.create_server((account.HOST, 0), backlog=_BACKLOG) as listener:
            process = subprocess.Popen(  # noqa: S603
                self.command(listener.fileno()),
                env=dict(self.environment),
                cwd=self.environment["HOME"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
                pass_fds=(listener.fileno(),),
            )
            port = listener.getsockname()[1]
        running = _Running(process, port, token)
        with self._lock:
            self._running = running
            ending = self._ending.is_set()
        if ending:
            _end(process)
        elif process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(token + "\n")
                process.stdin.flush()
        return running

    def _ping(self, running: _Running, seconds: float) -> bool:
        try:
            return _exchange(running, "GET", "/ping", b"", {}, seconds).status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False

    def _supervise(self, running: _Running) -> None:
        """Log what the process says, and start it again, each time a little later, until it is to end."""
        wait = _FIRST_WAIT_SECONDS
        while True:
            began = time.monotonic()
            self._follow(running)
            code = running.process.wait()
            _close(running.process)
            self._pinged.wait()
            self._ready.clear()
            # Whether the process that has just ended was ready by now is nothing to go by: its own ping, which fails
            # for the same reason, may be looked at later than its end is.
            if self._ending.is_set() or not self._passed:
                self.log.flush()
                return
            wait = _FIRST_WAIT_SECONDS if time.monotonic() - began > _LONGEST_WAIT_SECONDS else wait * 2
            line = f"The container ended with exit code {code if code >= 0 else 128 - code}: it is started again."
            _LOGGER.warning("%s: %s", self.name, line)
            self.log.add(line, time.time())
            self.log.flush()
            if self._ending.wait(min(wait, _LONGEST_WAIT_SECONDS)):
                return
            running = self._spawn()
            self.restarts += 1
            threading.Thread(target=self._await, args=(running,), name=f"{self.name} ping", daemon=True).start()

    def _await(self, running: _Running) -> None:
        while running.process.poll() is None and not self._ending.is_set():
            if self._ping(running, INVOCATION_SECONDS):
                self._ready.set()
                return
            self._ending.wait(_FIRST_WAIT_SECONDS)

    def _follow(self, running: _Running) -> None:
        lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        reader = threading.Thread(target=_read, args=(running.process, lines), name=f"{self.name} output", daemon=True)
        reader.start()
        while True:
            try:
                line = lines.get(timeout=_FLUSH_SECONDS)
            except queue.Empty:
                self._flush()
                continue
            if line is None:
                return
            self.log.add(line, time.time())

    def _flush(self) -> None:
        # While the server ends, nothing answers who writes a log.
        if not self._ending.is_set():
            self.log.flush()


def _read(process: subprocess.Popen[str], lines: "queue.SimpleQueue[str | None]") -> None:
    if process.stdout is not None:
        with process.stdout:
            for line in process.stdout:
                lines.put(line.rstrip("\n"))
    lines.put(None)


def _exchange(
    running: _Running, method: str, path: str, body: bytes, headers: Mapping[str, str], seconds: float
) -> ContainerResponse:
    connection = http.client.HTTPConnection(account.HOST, running.port, timeout=seconds)
    try:
        connection.request(method, path, body or None, {**headers, TOKEN_HEADER: running.token})
        response = connection.getresponse()
        content = response.read(_LARGEST_ANSWER)
    except http.client.HTTPException as error:
        raise ConnectionResetError(str(error)) from error
    finally:
        connection.close()
    attributes = response.headers.get("X-Amzn-SageMaker-Custom-Attributes")
    return ContainerResponse(response.status, response.headers.get("Content-Type", ""), content, attributes)


def _close(process: subprocess.Popen[str]) -> None:
    """Close the process's standard input; whether it is there to see that or not."""
    with contextlib.suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()


def _end(process: subprocess.Popen[str]) -> None:
    """Close standard input, which ends the process; kill what does not heed it, with what it has started."""
    _close(process)
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
