"""A container that ends while it is being started again: it is started once more, however late that is looked at."""

import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local.sagemaker.job_log import JobLog
from local.sagemaker.model_server import ModelServer
from machines import until

# Answers each ping on the socket with the file descriptor in its first argument, until standard input ends.
SERVE = """
import http.server, os, socket, sys, threading

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

def end():
    sys.stdin.read()
    os._exit(0)

sys.stdin.readline()
threading.Thread(target=end, daemon=True).start()
listener = socket.socket(fileno=int(sys.argv[1]))
server = http.server.HTTPServer(listener.getsockname(), Handler, bind_and_activate=False)
server.socket = listener
server.serve_forever()
"""


class Logs:
    """CloudWatch Logs, which forgets."""

    def __getattr__(self, _: str) -> Any:
        return lambda **_: None


@dataclass
class LatePings(ModelServer):
    """Looks at the second process's ping only once there is a third."""

    third: threading.Event = field(default_factory=threading.Event)

    def _ping(self, running: Any, seconds: float) -> bool:
        answer = super()._ping(running, seconds)
        if not answer:
            self.third.wait(60)
        return answer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LatePings]:
    """Its second process ends at once."""
    starts: list[int] = []

    def command(listener: int) -> Sequence[str]:
        starts.append(listener)
        if len(starts) == 3:
            late.third.set()
        return (sys.executable, "-c", "" if len(starts) == 2 else SERVE, str(listener))

    log: Any = JobLog(Logs(), "stream", group="group")  # pyright: ignore[reportArgumentType]
    late = LatePings("late", command, {"HOME": str(tmp_path)}, log)
    yield late
    late.third.set()
    late.stop()


def test_a_container_that_ends_while_it_is_started_again_is_started_once_more(server: LatePings) -> None:
    assert server.start(60)
    running = server._running
    assert running is not None

    running.process.kill()

    until(lambda: server.restarts == 2 and server.is_healthy, bool, 30)
