"""An API that answers over HTTP on a free port as a test says, and what it was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answers = list[tuple[int, Any]]


class Served:
    """The answers of an API, one after the other and then the last for good, and what it was asked."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.requests: list[tuple[str, dict[str, str], Any]] = []


@contextmanager
def serve(answers: Answers) -> Iterator[tuple[str, Served]]:
    """An HTTP server on a free port: its address."""
    served = Served(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def do_GET(self) -> None:
            self.answer(None)

        def answer(self, body: Any) -> None:
            served.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            status, answer = served.answers[min(len(served.requests), len(served.answers)) - 1]
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Not to standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
