"""Sends requests byte for byte as a test wants them, and signs them by the book (Signature Version 4).

The signer is no SDK's: it takes a wrong time, a wrong hash or headers to leave out.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import http.client
import socket
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote

REGION = "us-east-1"
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Keys:
    """What a request is signed with."""

    key_id: str
    secret: str
    token: str = ""


@dataclass(frozen=True)
class Request:
    """A request; the target has the path and the query, percent-encoded. Headers may repeat."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def with_headers(self, *headers: tuple[str, str]) -> "Request":
        """The same with these headers too."""
        return replace(self, headers=(*self.headers, *headers))

    def without(self, *names: str) -> "Request":
        """The same without the headers of these names."""
        return replace(self, headers=tuple(each for each in self.headers if each[0] not in names))

    def header(self, name: str) -> str:
        """The value of a header, or an empty string."""
        return dict(self.headers).get(name, "")


@dataclass(frozen=True)
class Reply:
    """What came back; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def send(port: int, request: Request) -> Reply:
    """Send `request` to 127.0.0.1 with no header of its own but Content-Length."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers:
            connection.putheader(name, value)
        if request.body and not request.header("content-length"):
            connection.putheader("content-length", str(len(request.body)))
        connection.endheaders(request.body)
        answer = connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def send_bytes(port: int, content: bytes, until: bytes) -> bytes:
    """Send bytes, and return what comes back until it holds `until`, or the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(content)
        received = b""
        while until not in received and (chunk := connection.recv(65536)):
            received += chunk
        return received


def sign(
    request: Request,
    keys: Keys,
    service: str,
    *,
    payload_hash: str | None = None,
    at: timedelta = timedelta(0),
    omitted: tuple[str, ...] = (),
) -> Request:
    """The request with an Authorization header. `at` is the signer's clock against the real one.

    `payload_hash` goes into X-Amz-Content-Sha256; S3 always gets one. Headers in `omitted` are not signed.
    """
    stamp = _stamp(at)
    added = [("x-amz-date", stamp)]
    if keys.token:
        added.append(("x-amz-security-token", keys.token))
    digest = hashlib.sha256(request.body).hexdigest()
    if service == "s3" or payload_hash:
        added.append(("x-amz-content-sha256", payload_hash or digest))
    ready = request.with_headers(*added)
    names = sorted({name.lower() for name, _ in ready.headers} - set(omitted))
    signature = _signature(ready, keys, service, stamp, names, payload_hash or digest)
    parts = f"Credential={keys.key_id}/{_scope(stamp, service)}, SignedHeaders={';'.join(names)}, Signature={signature}"
    return ready.with_headers(("authorization", f"{_ALGORITHM} {parts}"))


def presign(
    request: Request, keys: Keys, service: str, *, expires: str = "60", at: timedelta = timedelta(0)
) -> Request:
    """The request with its signature in the query."""
    stamp = _stamp(at)
    names = sorted(name.lower() for name, _ in request.headers)
    parameters = {
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{keys.key_id}/{_scope(stamp, service)}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": expires,
        "X-Amz-SignedHeaders": ";".join(names),
    }
    if keys.token:
        parameters["X-Amz-Security-Token"] = keys.token
    query = "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in parameters.items())
    ready = replace(request, target=request.target + ("&" if "?" in request.target else "?") + query)
    payload = UNSIGNED_PAYLOAD if service == "s3" else hashlib.sha256(request.body).hexdigest()
    signature = _signature(ready, keys, service, stamp, names, payload)
    return replace(ready, target=f"{ready.target}&X-Amz-Signature={signature}")


def signing_key(keys: Keys, stamp: str, service: str) -> bytes:
    """The key of a day, a region and a service."""
    key = f"AWS4{keys.secret}".encode()
    for part in (stamp[:8], REGION, service, "aws4_request"):
        key = _hmac(key, part)
    return key


def _signature(request: Request, keys: Keys, service: str, stamp: str, names: list[str], payload: str) -> str:
    path, _, query = request.target.partition("?")
    pairs = sorted((quote(n, safe="-_.~"), quote(v, safe="-_.~")) for n, v in parse_qsl(query, keep_blank_values=True))
    headers = "".join(
        f"{name}:{','.join(value.strip() for each, value in request.headers if each.lower() == name)}\n"
        for name in names
    )
    canonical = "\n".join(
        (
            request.method,
            path if service == "s3" else quote(path, safe="/-_.~"),
            "&".join("=".join(pair) for pair in pairs),
            headers,
            ";".join(names),
            payload,
        )
    )
    text = "\n".join((_ALGORITHM, stamp, _scope(stamp, service), hashlib.sha256(canonical.encode()).hexdigest()))
    return _hmac(signing_key(keys, stamp, service), text).hex()


def _scope(stamp: str, service: str) -> str:
    return f"{stamp[:8]}/{REGION}/{service}/aws4_request"


def _stamp(at: timedelta) -> str:
    return (datetime.now(UTC) + at).strftime("%Y%m%dT%H%M%SZ")


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
