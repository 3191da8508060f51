"""Finds out who listens on a port, so that a command can say whose server is in its way."""

from dataclasses import dataclass
from pathlib import Path

import psutil

from cli.server_record import ServerProcess

_SERVER_MODULE = "local.server"


@dataclass(frozen=True)
class Listener:
    """A process that listens on a TCP port. `folder` is the clone of an embedded AWS, and None for another program."""

    process: ServerProcess
    name: str
    folder: Path | None

    def __str__(self) -> str:
        who = f"the embedded AWS of {self.folder}" if self.folder else self.name
        return f"{who} (pid {self.process.pid}, since {self.process.since})"


def listener(port: int) -> Listener | None:
    """Who listens on `port` of this machine; None where nobody does, or a process of another user that hides it."""
    for process in psutil.process_iter():
        try:
            if _listens(process, port):
                return _described(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return None


def _listens(process: psutil.Process, port: int) -> bool:
    return any(
        each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port
        for each in process.net_connections("tcp")
    )


def _described(process: psutil.Process) -> Listener:
    is_server = _SERVER_MODULE in process.cmdline()
    folder = Path(process.cwd()) if is_server else None
    return Listener(ServerProcess(process.pid, process.create_time()), process.name(), folder)
