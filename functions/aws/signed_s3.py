"""Reads objects of S3 with the standard library alone.

For predict: boto3 would take ten times as long to import and to make a client as all else until the first answer
(docs/decisions/0011). The other functions have `aws.s3`.

    endpoint      <bucket>.s3.<region>.amazonaws.com over TLS, or <endpoint>/<bucket> where AWS_ENDPOINT_URL_S3 or
                  AWS_ENDPOINT_URL names one
    credentials   AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN: Lambda sets them, and restarts the
                  process before they expire
    retries       a lost or slow connection, 429, 5xx: three tries in all, each more patient than the one before
"""

import os
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from aws.http_connection import OK, Answer, Connection
from aws.signature import Credentials, encoded_path, signed_headers
from wildrydes.errors import MissingObject, MissingSetting, ObjectNotRead

_TRIES = ((0.0, 1.0), (0.1, 2.5), (0.4, 5.0))
"""Of each try, the pause before it and what it may take, connecting included, in seconds: a lost connection is noticed
soon, and an S3 that has much to do is waited for."""

_ALL_SECONDS = 9.0
"""What all objects of a call may take together: less than the function's 10 seconds."""

_STATUSES_WHEN_GONE = (403, 404)
_TOO_MANY = 429
_TLS_PORT = 443


class Endpoint(NamedTuple):
    """Where a bucket's objects are: `prefix` goes before the key."""

    host: str
    port: int
    secure: bool
    prefix: str

    @property
    def authority(self) -> str:
        """What the header Host says."""
        return self.host if self.port == (_TLS_PORT if self.secure else 80) else f"{self.host}:{self.port}"


def read(bucket: str, limits: Mapping[str, int], pause: Callable[[float], None] = time.sleep) -> list[bytes]:
    """The objects of these keys, in their order, over one connection; each may have at most so many bytes.

    Raises MissingObject, ObjectNotRead and MissingSetting.
    """
    with Reader(bucket, pause) as reader:
        return [reader.read(key, most) for key, most in limits.items()]


def endpoint_of(bucket: str, region: str) -> Endpoint:
    """Where the environment says that a bucket is."""
    url = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if not url:
        return Endpoint(f"{bucket}.s3.{region}.amazonaws.com", _TLS_PORT, True, "/")
    path = url.partition("://")[2].partition("/")[2]
    folder = f"/{path.strip('/')}" if path.strip("/") else ""
    return Endpoint(*authority_of(url), f"{folder}/{bucket}/")


def authority_of(url: str) -> tuple[str, int, bool]:
    """Host, port, and whether it is TLS, of a URL.

    >>> authority_of("http://127.0.0.1:4566/"), authority_of("https://localhost")
    (('127.0.0.1', 4566, False), ('localhost', 443, True))
    """
    scheme, _, rest = url.partition("://")
    authority = rest.partition("/")[0]
    host, _, port = authority.rpartition(":") if ":" in authority else (authority, "", "")
    secure = scheme == "https"
    return host, int(port or (_TLS_PORT if secure else 80)), secure


def region_of_function() -> str:
    """The region that the function runs in. Raises MissingSetting."""
    return os.environ.get("AWS_REGION") or _variable("AWS_DEFAULT_REGION")


def credentials_of_function() -> Credentials:
    """The credentials of the function's role. Raises MissingSetting."""
    token = os.environ.get("AWS_SESSION_TOKEN", "")
    return Credentials(_variable("AWS_ACCESS_KEY_ID"), _variable("AWS_SECRET_ACCESS_KEY"), token)


class Reader:
    """Reads objects of one bucket, over one connection as long as it lasts. Raises MissingSetting."""

    def __init__(self, bucket: str, pause: Callable[[float], None] = time.sleep) -> None:
        self._bucket = bucket
        self._pause = pause
        self._region = region_of_function()
        self._credentials = credentials_of_function()
        self._endpoint = endpoint_of(bucket, self._region)
        self._connection: Connection | None = None
        self._until = time.monotonic() + _ALL_SECONDS

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, key: str, most: int) -> bytes:
        """The object of this key, of at most so many bytes. Raises MissingObject and ObjectNotRead."""
        where = f"s3://{self._bucket}/{key}"
        fault = "want of time"
        for seconds, patience in _TRIES:
            if seconds:
                self._pause(seconds)
            deadline = min(time.monotonic() + patience, self._until)
            if deadline <= time.monotonic():
                break
            try:
                answer = self._request(key, most, deadline)
            except OSError as error:
                fault = f"{type(error).__name__}: {error}"
                continue
            if answer.status < 500 and answer.status != _TOO_MANY:
                return _body(answer, where, most)
            fault = f"{answer.status} {_code(answer)}"
        raise ObjectNotRead(f"{where} could not be read, at last for {fault}")

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection:
            self._connection.close()

    def _request(self, key: str, most: int, deadline: float) -> Answer:
        connection = self._connect(deadline)
        path = encoded_path(self._endpoint.prefix + key)
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        headers = signed_headers(self._endpoint.authority, path, self._region, self._credentials, now)
        return connection.get(path, headers, most, deadline)

    def _connect(self, deadline: float) -> Connection:
        if self._connection is None or self._connection.spent:
            self.close()
            self._connection = None
            host, port, secure, _ = self._endpoint
            self._connection = Connection(host, port, secure, deadline)
        return self._connection


def _body(answer: Answer, where: str, most: int) -> bytes:
    """The object in an answer that is not to be tried again."""
    if answer.status == OK and answer.length <= most:
        return answer.body
    if answer.status == OK:
        raise ObjectNotRead(f"{where} has {answer.length} bytes, more than the {most} that are read")
    if answer.status in _STATUSES_WHEN_GONE:
        # A caller that may not list a bucket gets 403 for an object that is not there.
        raise MissingObject(f"{where} is not there, or this function's role may not read it ({_code(answer)})")
    raise ObjectNotRead(f"{where} could not be read: {answer.status} {_code(answer)}")


def _code(answer: Answer) -> str:
    """S3's code for an error, AccessDenied for one; empty where its answer has none."""
    return answer.body.partition(b"<Code>")[2].partition(b"</Code>")[0][:60].decode("ascii", "replace")


def _variable(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise MissingSetting(f"the environment variable {name} is not set; Lambda sets it")
    return value
