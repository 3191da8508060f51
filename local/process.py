"""Starts and stops the server's process: for the length of a command, or from `make up` to `make down`."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from local import account
from local.server import ROOT

BUILD = ROOT / "build"
STATE = BUILD / "embedded-aws.json"
LOG = BUILD / "embedded-aws.log"
# What a shell sources to reach the server that `make up` started.
VARIABLES = BUILD / "embedded-aws.env"

_START_SECONDS = 60
_STOP_SECONDS = 20


class ServerError(Exception):
    """The server did not start or did not stop; the message says why."""


@dataclass(frozen=True)
class Running:
    """A server's process and where it listens."""

    pid: int
    endpoint: str


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((account.HOST, 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def temporary_server(log: Path) -> Iterator[str]:
    """Serve on a free port for the length of the block; gives the endpoint. Raises ServerError."""
    port = free_port()
    process = launch(port, log)
    try:
        yield endpoint_at(port)
    finally:
        end(process)


def end(process: subprocess.Popen) -> None:
    """Ask the server to end, as it does with all it started, and wait until it has; kill it when it does not."""
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def endpoint_at(port: int) -> str:
    """The URL of a server on `port`."""
    return f"http://{account.HOST}:{port}"


def launch(port: int, log: Path) -> subprocess.Popen:
    """Start a server on `port` that writes its log to `log`, and wait until it answers. Raises ServerError."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as file:
        # A session of its own: Ctrl-C must reach this process first, to stop what runs in the server.
        process = subprocess.Popen(  # noqa: S603 - this module's own command
            [sys.executable, "-m", "local.server", "--port", str(port)],
            cwd=ROOT,
            env=account.isolated_environment(endpoint_at(port), os.environ),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _await_ready(process, endpoint_at(port), log)
    except BaseException:
        end(process)
        raise
    return process


def _await_ready(process: subprocess.Popen, endpoint: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            tail = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:]
            raise ServerError("The embedded AWS could not start.\n" + "\n".join(tail))
        if answers(endpoint):
            return
        time.sleep(0.05)
    raise ServerError(f"The embedded AWS did not answer within {_START_SECONDS} s; its log is {log}.")


def answers(endpoint: str) -> bool:
    """Whether an embedded AWS serves at `endpoint`."""
    try:
        with urllib.request.urlopen(f"{endpoint}/_local/unread-properties", timeout=2) as answer:  # noqa: S310
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def stop(running: Running) -> None:
    """Ask a server that another process started to end, and wait until it has; kill it when it does not."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(running.pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline:
            os.kill(running.pid, 0)
            time.sleep(0.05)
        os.killpg(running.pid, signal.SIGKILL)


def save(running: Running) -> None:
    """Remember the server that `make up` started."""
    STATE.parent.mkdir(exist_ok=True)
    STATE.write_text(json.dumps(asdict(running)) + "\n", encoding="utf-8")


def kept() -> Running | None:
    """The server that `make up` started, if it still answers."""
    try:
        running = Running(**json.loads(STATE.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return running if answers(running.endpoint) else None
