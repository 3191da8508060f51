"""The embedded AWS: one process that serves one endpoint on 127.0.0.1.

    python -m local.server --port 4566

This module is the process: its options, its environment, its folder, its start and its end. What it serves is put
together in `local.assembly`.

The launcher makes keys for each start and hands them over as environment variables: `AWS_ACCESS_KEY_ID` and
`AWS_SECRET_ACCESS_KEY`, the root's, and `EMBEDDED_AWS_TOKEN`.

The process ends on SIGTERM or SIGINT; functions, training jobs and executions end with it, and its folder is removed.
With `--keep FOLDER` the state is saved there, and the next server with it goes on from it (`local.persistence`).
"""

import argparse
import asyncio
import contextlib
import ctypes
import gc
import json
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

from local import EmbeddedAwsError, account
from local.assembly.application import Options, build
from local.assembly.keeping import Saved, read
from local.iam import process_environment
from local.lambda_.interpreters import Interpreters
from local.persistence.folder import StateError, StateFolder

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
# The folder of what a server writes; in it a file says whose it is.
FOLDER_PREFIX = "embedded-aws-"
OWNER_FILE = "owner.json"
# The exit code where somebody has the port: another may do.
PORT_TAKEN = 98
# What malloc takes from the system by itself, and gives back as soon as it is free: pieces of a body, as they are read.
OWN_MAPPING_BYTES = 1 << 16
_M_MMAP_THRESHOLD = -3
# The runtime of this project's functions, and the interpreter that runs it where nobody names another one.
FUNCTIONS_RUNTIME = "python3.11"
FUNCTIONS_PYTHON = ROOT / ".venvs" / "lambda" / "bin" / "python"


class StartError(EmbeddedAwsError):
    """The server cannot start; the message says why and what to do."""

    exit_code = 1


class PortTakenError(StartError):
    """Somebody listens on the port."""

    exit_code = PORT_TAKEN


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal comes. Returns the exit code: 1, or PORT_TAKEN, where the server could not start."""
    flags = _parser().parse_args(arguments)
    # Until `serve` heeds the signal: the folder must go even where the server was ended while it starts.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    give_memory_back()
    folder = make_folder(tied=flags.until_stdin_closes)
    try:
        interpreters = Interpreters(
            {FUNCTIONS_RUNTIME: flags.functions_python} | dict(flags.runtimes), flags.functions_python
        )
        options = Options(flags.port, flags.region, interpreters, folder, flags.failed_puts)
        check(options)
        server = server_from(options, os.environ)
        # Before anything is built: of two servers that start at once, one has the port and the other ends here.
        listener = listen(options.port)
        prepare(options)
        with opened(flags.keep, options.port) as saved:
            asyncio.run(serve(options, server, saved, listener, until_stdin_closes=flags.until_stdin_closes))
    except (StartError, StateError) as fault:
        print(fault, file=sys.stderr)  # noqa: T201 - the command's own output
        return fault.exit_code if isinstance(fault, StartError) else 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    """The options of the process."""
    parser = argparse.ArgumentParser(prog="python -m local.server", description="Serve the embedded AWS on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=4566, help="port to listen on (default: %(default)s)")
    parser.add_argument("--region", default=account.DEFAULT_REGION, help="region to serve (default: %(default)s)")
    parser.add_argument(
        "--functions-python",
        type=Path,
        default=FUNCTIONS_PYTHON,
        help=f"interpreter of {FUNCTIONS_RUNTIME}, with the functions' packages (default: %(default)s)",
    )
    parser.add_argument(
        "--runtime",
        dest="runtimes",
        action="append",
        type=_runtime,
        default=[],
        metavar="NAME=PROGRAM",
        help="program of another runtime, such as python3.12=/opt/python3.12/bin/python; may be given many times",
    )
    parser.add_argument("--failed-puts", type=float, default=0.0, help="fraction of Firehose's records that fail")
    parser.add_argument("--keep", type=Path, help="folder to keep the state in, and to go on from")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when standard input is closed")
    return parser


def _runtime(text: str) -> tuple[str, Path]:
    """A runtime and its program, of an argument. Raises argparse.ArgumentTypeError."""
    name, equals, program = text.partition("=")
    if not (name and equals and program):
        raise argparse.ArgumentTypeError(f"{text!r} is no NAME=PROGRAM")
    return name, Path(program)


def make_folder(*, tied: bool) -> Path:
    """A new folder for what this server writes, which says whose it is: of which clone, process and start.

    A `tied` server is one command's and ends with it.
    """
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
    owner = {"clone": str(ROOT), "pid": os.getpid(), "started": psutil.Process().create_time(), "tied": tied}
    (folder / OWNER_FILE).write_text(json.dumps(owner) + "\n", encoding="utf-8")
    return folder


@contextlib.contextmanager
def opened(keep: Path | None, port: int) -> Iterator[Saved | None]:
    """Hold the folder to keep the state in, if there is one, and read what is in it. Raises StateError."""
    if keep is None:
        yield None
        return
    folder = StateFolder(keep.absolute())
    with folder.opened() as lock:
        yield read(folder, lock, port)


def check(options: Options) -> None:
    """Raise StartError where the functions have no interpreter."""
    for runtime, program in options.interpreters.programs.items():
        if not program.exists():
            raise StartError(f"{program}, of {runtime}, is missing: `make setup` builds the functions' environment.")


def listen(port: int) -> socket.socket:
    """A socket that listens on that port. Raises PortTakenError.

    It listens from now on: two that are only bound may have one port, and the second fails once the first listens.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((account.HOST, port))
        listener.listen()
    except OSError as fault:
        listener.close()
        raise PortTakenError(
            f"Port {port} on {account.HOST} cannot be opened ({fault.strerror}): "
            "stop what listens there (`make down`, if it is the embedded AWS) or choose another by PORT=."
        ) from None
    return listener


def server_from(options: Options, environment: Mapping[str, str]) -> account.EmbeddedAws:
    """This server, with the keys that its launcher made. Raises StartError."""
    names = {"AWS_ACCESS_KEY_ID": 16, "AWS_SECRET_ACCESS_KEY": 32, account.TOKEN_VARIABLE: 32}
    for name, characters in names.items():
        if len(environment.get(name, "")) < characters:
            raise StartError(
                f"{name} has fewer than {characters} characters: `make up` starts a server with keys of its own. "
                f"To start one by hand, set {', '.join(names)} to random values."
            )
    return account.EmbeddedAws(options.endpoint, *(environment[name] for name in names), region=options.region)


def prepare(options: Options) -> None:
    """Set the process up: MiniStack and moto read their settings from the environment when they are imported.

    Whatever they start gets a copy of it, so that nothing of the user's is left in it, nor the root's secret.
    """
    environment = process_environment.inherited(os.environ) | {"LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING")}
    os.environ.clear()
    os.environ.update(environment)
    os.environ.update(
        {
            "AWS_ENDPOINT_URL": options.endpoint,
            "AWS_REGION": options.region,
            "AWS_DEFAULT_REGION": options.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AUTH": "true",
            "GATEWAY_PORT": str(options.port),
            "BIND_HOST": account.HOST,
            "MINISTACK_ACCOUNT_ID": account.ACCOUNT_ID,
            "MINISTACK_REGION": options.region,
            "MOTO_ACCOUNT_ID": account.ACCOUNT_ID,
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # No container of the user's may ever be looked at.
            "DOCKER_HOST": "unix:///nonexistent",
            "HOME": str(options.folder),
            "TMPDIR": str(options.folder),
        }
    )
    tempfile.tempdir = str(options.folder)


def give_memory_back() -> None:
    """Let glibc's malloc keep nothing of long bodies: it would raise its threshold with the first one that is freed."""
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, OWN_MAPPING_BYTES)


async def serve(
    options: Options,
    server: account.EmbeddedAws,
    saved: Saved | None,
    listener: socket.socket,
    *,
    until_stdin_closes: bool,
) -> None:
    """Serve until SIGTERM or SIGINT, or `until_stdin_closes`; then stop what was started. Raises StateError."""
    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config

    application, stop = build(options, server, saved)
    config = Config()
    # It is hypercorn's from now on, which closes it.
    config.bind = [f"fd://{listener.detach()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = os.environ["LOG_LEVEL"]
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    if until_stdin_closes:
        # Nothing is ever written there: it becomes readable at its end, which is that of the process that holds it.
        loop.add_reader(sys.stdin.fileno(), end.set)
    # What there is now stays until the end: a collection need not look at it again and again.
    gc.collect()
    gc.freeze()
    try:
        await hypercorn_serve(application, config, shutdown_trigger=end.wait)
    finally:
        await asyncio.to_thread(stop)


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stderr.flush()
    # All is ended and removed. What is left is memory, and Python would go through a gigabyte of it for many seconds.
    os._exit(code)
