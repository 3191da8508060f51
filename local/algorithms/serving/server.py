"""The container's HTTP server, on a socket of loopback: GET /ping, GET /execution-parameters, POST /invocations.

Other than a container it asks each request for a token: whoever else is on this machine could reach the port.
"""

import hmac
import json
import logging
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from local.algorithms.serving import TOKEN_HEADER
from local.algorithms.serving.predictor import Predictor
from local.algorithms.serving.requests import RefusedPayloadError, read_features
from local.algorithms.serving.responses import Answer, choose_format, write_answer

LARGEST_PAYLOAD = 6 * 1024 * 1024
# MaxPayloadInMB of a transform job goes up to 100.
LARGEST_BATCH_PAYLOAD = 100 * 1024 * 1024
_LOGGER = logging.getLogger(__name__)
# Python reads no number of over 4,300 digits.
_MOST_DIGITS = 18
_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Service:
    """A model on the wire. In a `batch` transform payloads may be larger, and answers end in a line feed."""

    predictor: Predictor
    token: str = field(repr=False)
    batch: bool = False

    @property
    def largest_payload(self) -> int:
        """Bytes that a payload may have."""
        return LARGEST_BATCH_PAYLOAD if self.batch else LARGEST_PAYLOAD

    def invoke(self, body: bytes, content_type: str, accept: str) -> Answer:
        """Answer a payload. Raises RefusedPayloadError."""
        chosen = choose_format(accept, self.predictor)
        features = read_features(body, content_type, self.predictor)
        columns = self.predictor.predict(features, chosen.verbose)
        return write_answer(columns, chosen, self.predictor, batch=self.batch)


def serve(service: Service, listener: socket.socket) -> None:
    """Serve on a listening socket until the process ends."""

    class Handler(_Handler):
        served = service

    server = _Server(listener.getsockname(), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.serve_forever()


class _Server(ThreadingHTTPServer):
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    """One connection, which may bring many requests."""

    served: Service
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # A request that does not come to its end must not hold a thread for ever.
    timeout = 120

    def do_GET(self) -> None:
        if not self._is_ours():
            self._send(403, Answer(b"The token is missing or wrong.", _TEXT))
        elif self.path == "/ping":
            self._send(200, Answer(b"", _TEXT))
        elif self.path == "/execution-parameters":
            self._send(200, Answer(json.dumps(_EXECUTION_PARAMETERS).encode(), "application/json"))
        else:
            self._send(404, Answer(b"", _TEXT))

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not self._is_ours():
            self._refuse(403, "The token is missing or wrong.")
        elif self.path != "/invocations":
            self._refuse(404, "There is nothing at this path.")
        elif not length.isdecimal() or len(length) > _MOST_DIGITS or int(length) > self.served.largest_payload:
            self._refuse(413, f"The payload has more than {self.served.largest_payload} bytes.")
        else:
            self._invoke(self.rfile.read(int(length)))

    def _invoke(self, body: bytes) -> None:
        if not body:
            self._send(204, Answer(b"", _TEXT))
            return
        headers = self.headers
        try:
            answer = self.served.invoke(body, headers.get("Content-Type", ""), headers.get("Accept", ""))
        except RefusedPayloadError as refusal:
            _LOGGER.warning("%s", refusal)
            self._send(refusal.status, Answer(str(refusal).encode(), _TEXT))
            return
        self._send(200, answer)

    def _refuse(self, status: int, reason: str) -> None:
        """Answer without having read the body, which ends the connection."""
        self.close_connection = True
        self._send(status, Answer(reason.encode(), _TEXT), {"Connection": "close"})

    def _send(self, status: int, answer: Answer, more: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def _is_ours(self) -> bool:
        return hmac.compare_digest(self.headers.get(TOKEN_HEADER, "").encode(), self.served.token.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature is the library's
        """A line for each request would be most of the log."""


_EXECUTION_PARAMETERS = {"MaxConcurrentTransforms": 1, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}
