"""Asks a SageMaker endpoint with the standard library alone, as `signed_s3` reads objects (docs/decisions/0011).

    host          runtime.sagemaker.<region>.amazonaws.com over TLS, or what AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME or
                  AWS_ENDPOINT_URL names
    credentials   those of `signed_s3`
    retries       a lost or slow connection, 429, 5xx: an invocation changes nothing, so it may be repeated

Source: InvokeEndpoint in the API reference of Amazon SageMaker Runtime.
"""

import os
import time
from collections.abc import Callable
from typing import NamedTuple

from aws.http_connection import OK, Answer, Connection
from aws.signature import Call, sign
from aws.signed_s3 import authority_of, credentials_of_function, region_of_function
from wildrydes.errors import EndpointNotAsked

_TRIES = ((0.0, 3.0), (0.1, 4.0))
"""Of each try, the pause before it and what it may take, in seconds: together less than the function's 10."""
_MOST = 6_291_456
_TOO_MANY = 429
_TLS_PORT = 443


class Scores(NamedTuple):
    """What an endpoint answered: the body, its content type, and the production variant that gave it."""

    body: bytes
    content_type: str
    variant: str


class EndpointClient:
    """Asks one endpoint, over one connection as long as it lasts. Raises MissingSetting."""

    def __init__(self, endpoint: str) -> None:
        self._path = f"/endpoints/{endpoint}/invocations"
        self._name = endpoint
        self._region = region_of_function()
        url = os.environ.get("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME") or os.environ.get("AWS_ENDPOINT_URL")
        self._host = authority_of(url) if url else (f"runtime.sagemaker.{self._region}.amazonaws.com", _TLS_PORT, True)
        self._connection: Connection | None = None

    def ask(self, rows: bytes, pause: Callable[[float], None] = time.sleep) -> Scores:
        """The endpoint's answer to rows of CSV. Raises EndpointNotAsked."""
        fault = "want of time"
        for seconds, patience in _TRIES:
            if seconds:
                pause(seconds)
            try:
                answer = self._post(rows, time.monotonic() + patience)
            except OSError as error:
                self.close()
                fault = f"{type(error).__name__}: {error}"
                continue
            if answer.status == OK and answer.length <= _MOST:
                variant = answer.headers.get("x-amzn-invoked-production-variant", "")
                return Scores(answer.body, answer.headers.get("content-type", ""), variant)
            fault = f"{answer.status} {answer.body[:500].decode('utf-8', 'replace')}"
            if answer.status < 500 and answer.status != _TOO_MANY:
                break
        raise EndpointNotAsked(f"the endpoint {self._name} gave no scores, at last for {fault}")

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def _post(self, rows: bytes, deadline: float) -> Answer:
        host, port, secure = self._host
        if self._connection is None:
            self._connection = Connection(host, port, secure, deadline)
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        authority = host if port == (_TLS_PORT if secure else 80) else f"{host}:{port}"
        headers = {"content-type": "text/csv"}
        call = Call("POST", authority, self._path, "sagemaker", self._region, rows, headers)
        # Lambda may restart the process with others, and never changes them in one.
        signed = sign(call, credentials_of_function(), now)
        answer = self._connection.post(self._path, signed, rows, _MOST, deadline)
        if self._connection.spent:
            self.close()
        return answer
