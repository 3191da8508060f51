"""The console's process: started, recorded and ended by those who started it.

build/console.json   the process, by id and start time, its address, and the clone whose it is
build/console.log    what it says; its first line is the address, whose token is a secret: mode 0600
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import psutil

from cli import interrupts
from cli.errors import CommandError
from cli.server_record import BUILD, ServerProcess, clone_of, is_of_clone
from local.server import ROOT

_START_SECONDS = 60
_STOP_SECONDS = 5
_POLL_SECONDS = 0.05


class ConsoleError(CommandError):
    """The console did not start; the message says why."""


@dataclass(frozen=True)
class RunningConsole:
    """A console that runs: its process, and the address with the token."""

    process: ServerProcess
    address: str


@dataclass(frozen=True)
class ConsoleRecord:
    """What the folder `build` of a clone remembers of the console that `up` started."""

    build: Path = BUILD

    @property
    def state(self) -> Path:
        """The file with process and address; its owner alone may read it."""
        return self.build / "console.json"

    @property
    def log(self) -> Path:
        """What the process says."""
        return self.build / "console.log"

    def running(self) -> RunningConsole | None:
        """The recorded console, if that very process runs."""
        console = self._recorded()
        return console if console and console.address else None

    def _recorded(self) -> RunningConsole | None:
        """The recorded console whose process runs; its address is empty until it has said it."""
        try:
            saved = json.loads(self.state.read_text(encoding="utf-8"))
            console = RunningConsole(ServerProcess.saved(saved["process"]), str(saved["address"]))
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None
        return console if is_of_clone(saved, self.build) and console.process.is_running() else None

    def begin(self, arguments: Sequence[str] = ()) -> subprocess.Popen:
        """Start a console that outlives this process, and do not wait for it."""
        self.end()
        self.build.mkdir(exist_ok=True)
        with _private(self.log) as log, interrupts.held_back():
            process = subprocess.Popen(  # noqa: S603 - this module's own command
                [sys.executable, "-m", "console", *arguments],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            # Recorded before it answers: `down` must find one whose `up` was ended.
            self._save(RunningConsole(ServerProcess.of(process.pid), ""))
        return process

    def await_address(self, process: subprocess.Popen) -> str:
        """Wait for the address of the console that was begun, and record it. Raises ConsoleError."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            said = self.log.read_text(encoding="utf-8", errors="replace")
            if said.startswith("http") and "\n" in said:
                address = said.partition("\n")[0]
                self._save(RunningConsole(ServerProcess.of(process.pid), address))
                return address
            if process.poll() is not None:
                raise ConsoleError(f"The console could not start.\n{said.strip()}")
            time.sleep(_POLL_SECONDS)
        process.terminate()
        raise ConsoleError(f"The console did not start within {_START_SECONDS} s; its log is {self.log}.")

    def _save(self, console: RunningConsole) -> None:
        with _private(self.state) as file:
            file.write(json.dumps(asdict(console) | {"clone": clone_of(self.build)}).encode() + b"\n")

    def end(self) -> bool:
        """End the recorded console and forget it. Returns whether one ran."""
        console = self._recorded()
        if console is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(console.process.pid)
                process.terminate()
                with contextlib.suppress(psutil.TimeoutExpired):
                    process.wait(_STOP_SECONDS)
                if process.is_running():
                    process.kill()
        for file in (self.state, self.log):
            file.unlink(missing_ok=True)
        return console is not None


def _private(path: Path) -> BinaryIO:
    """A new file in the place of `path`, for its owner alone to read and write."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
