"""Starts and stops the server's process: for the length of a command, or from `make up` to `make down`."""

import contextlib
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
    """A server's process and how to reach it."""

    pid: int
    server: account.EmbeddedAws


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((account.HOST, 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def temporary_server(log: Path) -> Iterator[account.EmbeddedAws]:
    """Serve on a free port for the length of the block. Raises ServerError."""
    server = account.EmbeddedAws.on_port(free_port())
    process = launch(server, log)
    try:
        yield server
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


def launch(server: account.EmbeddedAws, log: Path) -> subprocess.Popen:
    """Start `server`, which writes its log to `log`, and wait until it answers. Raises ServerError."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as file:
        # A session of its own: Ctrl-C must reach this process first, to stop what runs in the server.
        process = subprocess.Popen(  # noqa: S603 - this module's own command
            [sys.executable, "-m", "local.server", "--port", str(server.port)],
            cwd=ROOT,
            env=server.isolated(os.environ) | {account.TOKEN_VARIABLE: server.token},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _await_ready(process, server, log)
    except BaseException:
        end(process)
        raise
    return process


def _await_ready(process: subprocess.Popen, server: account.EmbeddedAws, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            tail = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:]
            raise ServerError("The embedded AWS could not start.\n" + "\n".join(tail))
        if answers(server):
            return
        time.sleep(0.05)
    raise ServerError(f"The embedded AWS did not answer within {_START_SECONDS} s; its log is {log}.")


def answers(server: account.EmbeddedAws) -> bool:
    """Whether `server` serves, and takes its token."""
    try:
        server.request("/_local/unread-properties")
    except (urllib.error.URLError, OSError):
        return False
    return True


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
    """Remember the server that `make up` started; its keys are in the file of its variables alone."""
    STATE.parent.mkdir(exist_ok=True)
    STATE.write_text(json.dumps({"pid": running.pid}) + "\n", encoding="utf-8")


def save_variables(variables: Mapping[str, str], path: Path = VARIABLES) -> str:
    """Write the file that a shell sources, for its owner's eyes alone. Returns what it holds."""
    lines = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(lines)
    return lines


def _variables() -> dict[str, str]:
    words = [shlex.split(line) for line in VARIABLES.read_text(encoding="utf-8").splitlines()]
    return dict(word[1].split("=", 1) for word in words)


def kept() -> Running | None:
    """The server that `make up` started, if it still answers."""
    try:
        variables = _variables()
        server = account.EmbeddedAws(
            variables["AWS_ENDPOINT_URL"],
            variables["AWS_ACCESS_KEY_ID"],
            variables["AWS_SECRET_ACCESS_KEY"],
            variables[account.TOKEN_VARIABLE],
        )
        running = Running(json.loads(STATE.read_text(encoding="utf-8"))["pid"], server)
    except (FileNotFoundError, ValueError, TypeError, KeyError, IndexError):
        return None
    return running if answers(running.server) else None
