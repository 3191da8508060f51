"""The one account of the embedded AWS: its number, region and credentials, and what a client needs to reach it."""

import json
import os
import secrets
import threading
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import botocore.session
from boto3.session import Session
from botocore.client import BaseClient
from botocore.config import Config

ACCOUNT_ID = "123456789012"
DEFAULT_REGION = "us-east-1"
HOST = "127.0.0.1"

# What a caller of the server's own paths (`/_local/…`) shows, and the variable that hands it to the server's process.
TOKEN_HEADER = "X-Embedded-Aws-Token"  # noqa: S105 - a header's name
TOKEN_VARIABLE = "EMBEDDED_AWS_TOKEN"  # noqa: S105 - a variable's name

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_MAKING_CLIENTS = threading.Lock()
# TestState runs a state for up to five minutes.
_READ_TIMEOUT = 310.0

# Anything by which a client could find real credentials. The server's own process and its children run without them.
CREDENTIAL_VARIABLES = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)


@dataclass(frozen=True)
class EmbeddedAws:
    """A server as its clients know it: where it listens, the keys of the account's root, and the server's own token.

    The keys are random and new with each start.
    """

    endpoint: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    token: str = field(repr=False)
    region: str = DEFAULT_REGION

    @classmethod
    def on_port(cls, port: int) -> "EmbeddedAws":
        """A server that is to be started on `port` of 127.0.0.1, with new keys."""
        access_key_id = "AKIA" + "".join(secrets.choice(_BASE32) for _ in range(16))
        return cls(f"http://{HOST}:{port}", access_key_id, secrets.token_urlsafe(30), secrets.token_urlsafe(30))

    @property
    def port(self) -> int:
        """The TCP port of the endpoint."""
        return int(self.endpoint.rpartition(":")[2])

    def client(self, service: str, read_timeout: float = _READ_TIMEOUT) -> Any:
        """A boto3 client of `service` as the account's root. It cannot reach the real AWS: endpoint and keys are given.

        One for all who ask: threads may share it, and making one takes longer than most calls. It waits for
        `read_timeout` seconds for an answer.
        """
        return _client(self, service, read_timeout)

    def variables(self) -> dict[str, str]:
        """The environment variables with which any AWS SDK or CLI talks to this server and nothing else."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            # No shared file of the user may bring a profile, an endpoint or a role of its own.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            # AWS's hosts of TestState and StartSyncExecution have names of their own; here there is one host.
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        }

    def isolated(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """`inherited` without a trace of real credentials or endpoints, and with this server's own."""
        rest = {
            name: value
            for name, value in inherited.items()
            if name not in CREDENTIAL_VARIABLES and not name.startswith("AWS_ENDPOINT_URL")
        }
        return rest | self.variables()

    def request(self, path: str, *, timeout: float = 30, **parameters: Any) -> Any:
        """Ask one of the server's own paths (`/_local/clock`), which AWS does not have: JSON to JSON."""
        request = urllib.request.Request(  # noqa: S310 - the endpoint is http
            self.endpoint + path,
            data=json.dumps(parameters).encode(),
            headers={"Content-Type": "application/json", TOKEN_HEADER: self.token},
        )
        with urllib.request.urlopen(request, timeout=timeout) as response:  # noqa: S310
            return json.load(response)


@cache
def _client(server: EmbeddedAws, service: str, read_timeout: float) -> BaseClient:
    return make_client(
        service,
        endpoint_url=server.endpoint,
        region_name=server.region,
        aws_access_key_id=server.access_key_id,
        aws_secret_access_key=server.secret_access_key,
        config=Config(
            retries={"max_attempts": 1},
            read_timeout=read_timeout,
            inject_host_prefix=False,
            s3={"addressing_style": "path"},
        ),
    )


def make_client(service: str, **settings: Any) -> BaseClient:
    """A boto3 client by these settings of `Session.client`, which are to name endpoint, region and keys.

    One session makes all clients of a process. Of sessions of their own each would read and keep the descriptions of
    its services: some megabytes of objects a client. A session makes one client at a time.
    """
    with _MAKING_CLIENTS:
        return _session().client(service, **settings)  # pyright: ignore[reportArgumentType, reportCallIssue]


def service_model(service: str) -> Any:
    """botocore's model of a service, of the session that makes the clients. Raises UnknownServiceError.

    What is read for a client is not read again for the model, and the other way round.
    """
    with _MAKING_CLIENTS:
        return _models().get_service_model(service)


@cache
def _session() -> Session:
    return Session(botocore_session=_models())


@cache
def _models() -> botocore.session.Session:
    return botocore.session.get_session()


def entries(client: Any, operation: str, member: str, **parameters: Any) -> list[Any]:
    """All that an operation lists, of all its pages: what each page has in `member`.

    A call gives the first page alone, which is all there is until there is more: 25 API keys, 100 executions, one
    megabyte of log.
    """
    pages = client.get_paginator(operation).paginate(**parameters)
    return [entry for page in pages for entry in page.get(member, ())]
