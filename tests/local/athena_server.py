"""A MiniStack with the embedded Athena, served in a thread for one test module."""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass(frozen=True)
class AthenaServer:
    """Where the server listens, and clients of it."""

    endpoint_url: str
    session: boto3.Session

    def client(self, service: str, credentials: dict[str, str] | None = None) -> Any:
        """A client that signs with STS `credentials`, or as the account's root."""
        keys = credentials or {"AccessKeyId": "test", "SecretAccessKey": "test"}
        return self.session.client(
            service,
            endpoint_url=self.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys.get("SessionToken"),
        )


@contextmanager
def athena_server(*, auth: bool = False) -> Iterator[AthenaServer]:
    """Serve MiniStack with the embedded Athena on a free port; `auth` enforces roles."""
    port = free_port()
    os.environ.update(
        BIND_HOST="127.0.0.1", GATEWAY_PORT=str(port), AUTH="false", IOT_MTLS_ENABLED="0", SFTP_ENABLED="0"
    )
    import hypercorn.asyncio
    import hypercorn.config
    import ministack.app
    from ministack.services import athena as ministack_athena

    from local.athena.install import install

    endpoint_url = f"http://127.0.0.1:{port}"
    original = ministack_athena.handle_request
    executions = install(endpoint_url)
    ministack.app.AUTH = auth
    config = hypercorn.config.Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.loglevel = "WARNING"
    stop = threading.Event()

    async def serve() -> None:
        async def stopped() -> None:
            await asyncio.to_thread(stop.wait)

        await hypercorn.asyncio.serve(ministack.app.app, config, shutdown_trigger=stopped)  # type: ignore[arg-type]

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="athena-server")
    thread.start()
    try:
        _wait_until_listening(port)
        yield AthenaServer(endpoint_url, boto3.Session())
    finally:
        executions.close()
        stop.set()
        thread.join()
        ministack_athena.handle_request = original
        ministack.app.AUTH = False


def _wait_until_listening(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
        else:
            return
