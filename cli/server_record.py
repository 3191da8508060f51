"""What a clone remembers of the server that `make up` started: which process it is, and how to reach it.

    build/embedded-aws.json   the process, by id and start time, the clone whose it is, and whether the stack is there
    build/embedded-aws.env    endpoint, keys and names of resources, for a shell to source; its owner alone may read it

A process id alone would not do: the system gives it to another process once the first has ended. Nor does a record
without its clone: a copy of the clone has a copy of the record, and must not end the other's server.
"""

import contextlib
import fcntl
import json
import math
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from cli.errors import CommandError
from local.account import CREDENTIAL_VARIABLES, TOKEN_VARIABLE, EmbeddedAws
from local.server import ROOT

BUILD = ROOT / "build"
LOG = BUILD / "embedded-aws.log"

# What a shell may have set already would lead elsewhere: another account, or another endpoint of one service.
_UNSET = f"""unset {" ".join(CREDENTIAL_VARIABLES)} $(env | sed -n 's/^\\(AWS_ENDPOINT_URL_[A-Z0-9_]*\\)=.*/\\1/p')
"""

# Start times are told to a hundredth of a second; after a correction of the clock they may differ by more.
_SAME_START_SECONDS = 1.0
_PROCESS_IDS = 1 << 31
_LONGEST_SHOWN = 200
_ENDPOINT = re.compile(r"http://127\.0\.0\.1:[0-9]{1,5}")


class ServerError(CommandError):
    """The server did not start, is not there or did not stop; the message says why."""


@dataclass(frozen=True)
class ServerProcess:
    """A process, by its id and the time it was started (seconds since 1970)."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "ServerProcess":
        """The process that has `pid` now. Raises ServerError where none has."""
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.NoSuchProcess:
            raise ServerError(f"The process {pid} of the embedded AWS has ended.") from None

    @classmethod
    def saved(cls, record: Any) -> "ServerProcess":
        """The process in a record, as JSON has it. Raises ValueError, TypeError or KeyError for what is none."""
        pid = record["pid"]
        try:
            started = float(record["started"])
        except OverflowError as fault:
            raise ValueError(f"{str(record)[:_LONGEST_SHOWN]} is no process") from fault
        if type(pid) is not int or not 0 < pid < _PROCESS_IDS or not math.isfinite(started):
            raise ValueError(f"{str(record)[:_LONGEST_SHOWN]} is no process")
        return cls(pid, started)

    def is_running(self) -> bool:
        """Whether this very process runs, and not another one that was given its id. One that has ended does not."""
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < _SAME_START_SECONDS
            return same and process.status() != psutil.STATUS_ZOMBIE
        return False

    @property
    def since(self) -> str:
        """When it was started, in ISO 8601, local time."""
        return datetime.fromtimestamp(self.started, UTC).astimezone().isoformat(sep=" ", timespec="seconds")


@dataclass(frozen=True)
class ServerRecord:
    """The record in the folder `build` of a clone."""

    build: Path = BUILD

    @property
    def state(self) -> Path:
        """The file that says which process it is."""
        return self.build / "embedded-aws.json"

    @property
    def variables_file(self) -> Path:
        """What a shell sources to reach the server."""
        return self.build / "embedded-aws.env"

    def save(self, process: ServerProcess, variables: Mapping[str, str]) -> None:
        """Remember a server that has no stack yet: its process, and the variables with which it is reached."""
        self._write(process, variables, deployed=False)

    def complete(self, process: ServerProcess, variables: Mapping[str, str]) -> None:
        """Remember that the stack is deployed on that server, and all variables."""
        self._write(process, variables, deployed=True)

    def _write(self, process: ServerProcess, variables: Mapping[str, str], *, deployed: bool) -> None:
        write_variables(variables, self.variables_file)
        replacement = self.state.with_suffix(".json.new")
        record = asdict(process) | {"clone": clone_of(self.build), "deployed": deployed}
        replacement.write_text(json.dumps(record) + "\n", encoding="utf-8")
        replacement.replace(self.state)

    def forget(self) -> None:
        """Remove the record."""
        for file in (self.state, self.variables_file):
            file.unlink(missing_ok=True)

    def process(self) -> ServerProcess | None:
        """The process that is remembered, whether it runs or not; None where none of this clone is."""
        try:
            record = json.loads(self.state.read_text(encoding="utf-8"))
            process = ServerProcess.saved(record)
            return process if is_of_clone(record, self.build) else None
        except (FileNotFoundError, ValueError, TypeError, KeyError, RecursionError):
            return None

    def is_half_filled(self) -> bool:
        """Whether an `up` was killed before it had deployed its stack on the server that is remembered."""
        if self.process() is None:
            return False
        return json.loads(self.state.read_text(encoding="utf-8")).get("deployed") is False

    def running_server(self) -> EmbeddedAws | None:
        """The server that `make up` started, if its process runs, whether it is quick to answer or not.

        Raises ServerError where it runs, and its keys are lost.
        """
        process = self.process()
        if process is None or not process.is_running():
            return None
        try:
            variables = read_variables(self.variables_file)
            endpoint = variables["AWS_ENDPOINT_URL"]
            if not _ENDPOINT.fullmatch(endpoint):
                raise ValueError(f"{endpoint!r} is no address of this machine")
            return EmbeddedAws(
                endpoint,
                variables["AWS_ACCESS_KEY_ID"],
                variables["AWS_SECRET_ACCESS_KEY"],
                variables[TOKEN_VARIABLE],
            )
        except (FileNotFoundError, ValueError, KeyError, IndexError) as fault:
            raise ServerError(
                f"The embedded AWS of this clone runs (pid {process.pid}), but {self.variables_file} does not hold its "
                "keys any more: end it by `make down`, and start it again by `make up`."
            ) from fault

    def required_server(self) -> EmbeddedAws:
        """The server that `make up` started. Raises ServerError where none runs."""
        server = self.running_server()
        if server is None:
            raise ServerError("No embedded AWS is running: `make up` starts one.")
        return server

    @contextlib.contextmanager
    def starting(self) -> Iterator[None]:
        """Keep `up` and `down` from each other for the length of the block. Raises ServerError if one is under way."""
        self.build.mkdir(exist_ok=True)
        with (self.build / "embedded-aws.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ServerError(
                    "Another `make up` or `make down` of this clone is under way: wait, or stop it by Ctrl-C."
                ) from None
            yield

    def is_starting(self) -> bool:
        """Whether an `up` or a `down` of this clone is under way."""
        try:
            with self.starting():
                return False
        except ServerError:
            return True


def clone_of(build: Path) -> str:
    """The clone whose folder `build` is, as records name it."""
    return str(build.resolve().parent)


def is_of_clone(record: Mapping[str, Any], build: Path) -> bool:
    """Whether a record was written in the clone of this folder `build`, or in one that was moved here since.

    A record without a clone is of a version that wrote none.
    """
    clone = record.get("clone", clone_of(build))
    return clone == clone_of(build) or not (isinstance(clone, str) and Path(clone).exists())


def write_variables(variables: Mapping[str, str], path: Path) -> None:
    """Write a file that a shell sources, for its owner alone to read (mode 0600)."""
    lines = _UNSET + "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    path.parent.mkdir(exist_ok=True)
    replacement = path.with_suffix(".env.new")
    replacement.unlink(missing_ok=True)
    with os.fdopen(os.open(replacement, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(lines)
    replacement.replace(path)


def read_variables(path: Path) -> dict[str, str]:
    """The variables of such a file, by name. Raises FileNotFoundError, and ValueError for another file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    words = [shlex.split(line.removeprefix("export "))[0] for line in lines if line.startswith("export ")]
    return dict(word.split("=", 1) for word in words)
