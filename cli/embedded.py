"""Starts and ends the server's process: for the length of a command, or from `make up` to `make down`."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
from collections.abc import Iterator, Sequence
from pathlib import Path

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError

from cli.errors import CommandError
from cli.listeners import listener
from cli.server_record import ServerError, ServerProcess, ServerRecord
from local import account
from local.server import PORT_TAKEN, ROOT

# A machine that is busy with other work takes minutes; a server that fails to start has ended long before.
_START_SECONDS = 240
_STOP_SECONDS = 20
_KILL_SECONDS = 5
# A foreign process may hold the port and never answer: then the server's own end says why, and is looked at again.
_PROBE_SECONDS = 2
_POLL_SECONDS = 0.05
_OTHER_PORTS = 4
# Connections to a server that ends are refused a moment before its process is gone.
END_SECONDS = 2
_OF_A_LOST_SERVER = (BotoCoreError, Boto3Error, CommandError, OSError)


class PortTakenError(ServerError):
    """Somebody has the port, or took it while the server started; the message says who."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((account.HOST, 0))
        return probe.getsockname()[1]


def refuse_taken(port: int) -> None:
    """Raise PortTakenError where `port` cannot be listened on; the message says whose it is."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((account.HOST, port))
        except OSError as fault:
            owner = listener(port)
            reason = f"is used by {owner}" if owner else f"cannot be opened ({fault.strerror})"
            advice = f"`make down` in {owner.folder} ends it" if owner and owner.folder else "End what listens there"
            raise PortTakenError(
                f"Port {port} of {account.HOST} {reason}. {advice}; or choose another port by PORT=."
            ) from None


@contextlib.contextmanager
def temporary_server(log: Path, *options: str) -> Iterator[account.EmbeddedAws]:
    """Serve on a free port for the length of the block. Raises ServerError, also where a fault of the block is that the
    server has ended. `options` are the server's own.

    The server ends with this process too, however that ends.
    """
    server, process = _launch_somewhere(log, options)
    with contextlib.ExitStack() as at_end:
        at_end.callback(end, process)
        try:
            yield server
        except KeyboardInterrupt:
            # Ctrl-C is answered at once: the server ends what it started, and then itself, without this process.
            at_end.pop_all()
            process.terminate()
            _untie(process)
            raise
        except _OF_A_LOST_SERVER as fault:
            _refuse_ended(process, log, fault)
            raise


def _refuse_ended(process: subprocess.Popen, log: Path, fault: Exception) -> None:
    """Raise ServerError where a server has ended, which is then what the fault comes from."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        code = process.wait(END_SECONDS)
        raise ServerError(
            f"The embedded AWS of this command has ended in the middle of it (exit code {code}). Its log is {log}; to "
            "try again, run the command again."
        ) from fault


def _launch_somewhere(log: Path, options: Sequence[str]) -> tuple[account.EmbeddedAws, subprocess.Popen]:
    """A server on a free port, tied to this process; on another one if somebody took the first meanwhile."""
    for _ in range(_OTHER_PORTS):
        server = account.EmbeddedAws.on_port(free_port())
        with contextlib.suppress(PortTakenError):
            return server, launch(server, log, tied=True, options=options)
    server = account.EmbeddedAws.on_port(free_port())
    return server, launch(server, log, tied=True, options=options)


def launch(
    server: account.EmbeddedAws, log: Path, *, tied: bool = False, options: Sequence[str] = ()
) -> subprocess.Popen:
    """Start `server`, which writes its log to `log`, and wait until it answers. Raises ServerError."""
    process = spawn(server, log, tied=tied, options=options)
    with contextlib.ExitStack() as on_failure:
        on_failure.callback(end, process)
        await_ready(process, server, log)
        on_failure.pop_all()
    return process


def spawn(
    server: account.EmbeddedAws, log: Path, *, tied: bool = False, options: Sequence[str] = ()
) -> subprocess.Popen:
    """Start the process of `server`, which writes its log to `log`.

    A `tied` server ends as soon as its standard input is closed, which happens at the latest with this process.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "local.server", "--port", str(server.port), *options]
    with log.open("wb") as file:
        # A session of its own: Ctrl-C must reach this process first, to stop what runs in the server.
        return subprocess.Popen(  # noqa: S603 - this module's own command
            [*command, "--until-stdin-closes"] if tied else command,
            cwd=ROOT,
            env=server.isolated(os.environ) | {account.TOKEN_VARIABLE: server.token},
            stdin=subprocess.PIPE if tied else subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def await_ready(process: subprocess.Popen, server: account.EmbeddedAws, log: Path) -> None:
    """Wait until a server answers. Raises ServerError where it ends before, and PortTakenError if that is why."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            tail = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:]
            message = "The embedded AWS could not start.\n" + "\n".join(tail)
            if process.returncode != PORT_TAKEN:
                raise ServerError(message)
            refuse_taken(server.port)
            # Whoever had the port has ended meanwhile.
            raise PortTakenError(message)
        if answers(server, _PROBE_SECONDS):
            return
        time.sleep(_POLL_SECONDS)
    raise ServerError(
        f"The embedded AWS did not answer within {_START_SECONDS} s; its log is {log}. Is the machine busy? Try again."
    )


def answers(server: account.EmbeddedAws, seconds: float = 30, path: str = "/_local/unread-properties") -> bool:
    """Whether `server` serves this path of its own within so many seconds, and takes its token."""
    try:
        server.request(path, timeout=seconds)
    except (urllib.error.URLError, OSError):
        return False
    return True


def end(process: subprocess.Popen) -> None:
    """Ask the server to end, as it does with all it started, and wait until it has; kill it when it does not."""
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    _untie(process)


def _untie(process: subprocess.Popen) -> None:
    if process.stdin:
        process.stdin.close()


def stop(process: ServerProcess) -> None:
    """Ask a server that another process started to end, and wait until it has; kill it when it does not.

    Raises ServerError where it did not end even so.
    """
    for number, seconds in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, _KILL_SECONDS)):
        if not process.is_running():
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)
        if ends_within(process, seconds):
            return
    raise ServerError(
        f"The embedded AWS (pid {process.pid}) did not end: {ServerRecord().state.name} keeps its record."
    )


def ends_within(process: ServerProcess, seconds: float) -> bool:
    """Wait for the end of `process`, for so many seconds; whether it came."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not process.is_running():
            return True
        time.sleep(_POLL_SECONDS)
    return False
