"""Forks a function's process for each request; run by the functions' interpreter, as a script, with a socket as input.

It has imported what takes most of a function's start, botocore and Powertools, and read botocore's descriptions of the
services that functions call. A fork has them at once, and shares their memory. The runtime client and the function's
own modules are imported after the fork, since they read the function's variables as they are imported.

One request, and one answer, is a line of JSON. The pipe for the function's output comes with the request as a file
descriptor.

    {"id": 1, "folder": "/…/code", "environment": {"_HANDLER": "predict.app.handler", …}}   ->  {"id": 1, "pid": 4711}
    {"id": 1, "signal": 15}
                                                                                          ->  {"id": 1, "code": -15}

It ends when the other end closes the socket, and its forks with it.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PRELOADED = (
    "aws_lambda_powertools.metrics",
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.utilities.typing",
    "botocore.client",
    "botocore.httpsession",
    "botocore.session",
    "concurrent.futures",
    "csv",
    "dataclasses",
    "decimal",
    "gzip",
    "statistics",
    "urllib.request",
)
DESCRIBED = ("cloudwatch", "dynamodb", "lambda", "s3", "sns", "sqs", "stepfunctions")


def main() -> None:
    """Serve requests from standard input until it is closed."""
    for module in PRELOADED:
        with contextlib.suppress(ModuleNotFoundError):  # an environment need not have all of them
            importlib.import_module(module)
    with contextlib.suppress(ModuleNotFoundError):
        read_descriptions()
    # The forks keep these objects for good; a collection that looked at them would copy their pages.
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=os.dup(0)) as requests:
        Forks(requests).serve()


def read_descriptions() -> None:
    """Let botocore's sessions share what they read from files for a client; each would read it anew.

    A session that is to look elsewhere (`AWS_DATA_PATH`) reads by itself. Nothing is called: the keys are none.
    """
    sessions: Any = importlib.import_module("botocore.session")
    make_loader, loader = sessions.create_loader, sessions.create_loader()
    sessions.create_loader = lambda path=None: make_loader(path) if path else loader
    session, keys = sessions.Session(), dict.fromkeys(("aws_access_key_id", "aws_secret_access_key"), "-")
    for service in DESCRIBED:
        session.create_client(service, "us-east-1", **keys).close()


class Forks:
    """The processes that run, by the id of their request."""

    def __init__(self, requests: socket.socket) -> None:
        self._requests = requests
        self._pids: dict[int, int] = {}
        self._rest = b""
        self._pipes: list[int] = []

    def serve(self) -> None:
        """Heed requests and ended processes until the socket is closed."""
        woken, waker = socket.socketpair()
        for end in (woken, waker):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._requests, selectors.EVENT_READ)
            selector.register(woken, selectors.EVENT_READ)
            while True:
                sources = {key.fileobj for key, _ in selector.select()}
                if woken in sources:
                    woken.recv(4096)
                    self._report_ended()
                if self._requests in sources and not self._heed_requests():
                    break
        for pid in self._pids.values():
            os.kill(pid, signal.SIGKILL)

    def _heed_requests(self) -> bool:
        """Heed what has come; False where the other end is closed."""
        block, pipes, _, _ = socket.recv_fds(self._requests, 1 << 16, 16)
        self._pipes += pipes
        *lines, self._rest = (self._rest + block).split(b"\n")
        for line in lines:
            self._heed(json.loads(line))
        return bool(block)

    def _heed(self, request: dict[str, Any]) -> None:
        if "signal" not in request:
            self._fork(request)
        elif request["id"] in self._pids:
            os.kill(self._pids[request["id"]], request["signal"])

    def _fork(self, request: dict[str, Any]) -> None:
        output = self._pipes.pop(0)
        pid = os.fork()
        if pid == 0:
            os._exit(exit_code(lambda: run(request["folder"], request["environment"], output)))
        os.close(output)
        self._pids[request["id"]] = pid
        self._answer({"id": request["id"], "pid": pid})

    def _report_ended(self) -> None:
        ended = dict(_ended())
        for key, pid in [item for item in self._pids.items() if item[1] in ended]:
            del self._pids[key]
            self._answer({"id": key, "code": os.waitstatus_to_exitcode(ended[pid])})

    def _answer(self, answer: dict[str, int]) -> None:
        self._requests.sendall(json.dumps(answer).encode() + b"\n")


def _ended() -> Iterator[tuple[int, int]]:
    """The pids of processes that have ended, with the status of each."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            yield ended


def run(folder: str, environment: dict[str, str], output: int) -> None:
    """Be the function's process, as `python -m awslambdaric` in its folder is: with its variables and output alone."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    for descriptor in [int(path.name) for path in Path("/dev/fd").iterdir() if int(path.name) > 2]:
        with contextlib.suppress(OSError):  # the one that listed them is closed by now
            os.close(descriptor)
    with contextlib.suppress(OSError):
        # What `ps` and `top` show, on Linux.
        Path("/proc/self/comm").write_text(environment["_HANDLER"].partition(".")[0])
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    path = environment.get("PYTHONPATH")
    sys.path[:0] = [folder, *(str(Path(entry).absolute()) for entry in path.split(os.pathsep))] if path else [folder]
    sys.argv = ["awslambdaric", environment["_HANDLER"]]
    runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)


def exit_code(run: Callable[[], None]) -> int:
    """Run it as an interpreter runs its program, and return the code that this ends with."""
    try:
        run()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - what an interpreter does with an exception that nobody caught
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    main()
