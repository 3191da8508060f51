"""The embedded AWS: one process that serves one endpoint on 127.0.0.1.

    python -m local.server --port 4566

What comes in goes to MiniStack's gateway, which routes, authenticates and authorises it. Before it serves, the parts
that AWS does otherwise are put in their places: Step Functions (`local.states`), Athena (`local.athena`), SageMaker
(`local.sagemaker`), the Lambda runtime (`local.lambda_runtime`), queues and what they feed (`local.queues`), API
Gateway (`local.apis`) and schedules (`local.schedules`). A part that is not where the pinned versions had it stops the
server at once, by name.

The process ends on SIGTERM or SIGINT; functions, training jobs and executions end with it, and its folder is removed.
"""

import argparse
import asyncio
import json
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from local import account

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
# The folder of what a server writes; in it a file says whose it is.
FOLDER_PREFIX = "embedded-aws-"
OWNER_FILE = "owner.json"
FUNCTIONS_PYTHON = ROOT / ".venvs" / "lambda" / "bin" / "python"


@dataclass(frozen=True)
class Options:
    """How to run: the port, the region, the interpreter of the functions, the folder for what is written."""

    port: int
    region: str
    functions_python: Path
    folder: Path

    @property
    def endpoint(self) -> str:
        return f"http://{account.HOST}:{self.port}"


class CannotStartError(Exception):
    """The server cannot start; the message says why and what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal comes. Returns the exit code: 1 where the server could not start."""
    parser = argparse.ArgumentParser(prog="python -m local.server", description="Serve the embedded AWS on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=4566, help="port to listen on (default: %(default)s)")
    parser.add_argument("--region", default=account.DEFAULT_REGION, help="region to play (default: %(default)s)")
    parser.add_argument("--functions-python", type=Path, default=FUNCTIONS_PYTHON, help="interpreter of the functions")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when standard input is closed")
    given = parser.parse_args(arguments)
    folder = own_folder()
    options = Options(given.port, given.region, given.functions_python, folder)
    try:
        check(options)
        prepare(options)
        asyncio.run(serve(options, tied=given.until_stdin_closes))
    except CannotStartError as fault:
        print(fault, file=sys.stderr)  # noqa: T201 - the command's own output
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def own_folder() -> Path:
    """A new folder for what this server writes, which says whose it is: of which clone, process and start."""
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
    owner = {"clone": str(ROOT), "pid": os.getpid(), "started": psutil.Process().create_time()}
    (folder / OWNER_FILE).write_text(json.dumps(owner) + "\n", encoding="utf-8")
    return folder


def check(options: Options) -> None:
    """Raise CannotStartError where the port is taken or the functions have no interpreter."""
    if not options.functions_python.exists():
        raise CannotStartError(
            f"{options.functions_python} is missing: `make setup` builds the functions' environment."
        )
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((account.HOST, options.port))
        except OSError as fault:
            raise CannotStartError(
                f"Port {options.port} on {account.HOST} cannot be opened ({fault.strerror}): "
                "stop what listens there (`make down`, if it is the embedded AWS) or choose another by PORT=."
            ) from None


def server_of(options: Options) -> account.EmbeddedAws:
    """This server, with the keys that its launcher made. Raises CannotStartError."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", account.TOKEN_VARIABLE)
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        raise CannotStartError(f"{', '.join(missing)} is not set: `make up` starts a server with keys of its own.")
    access_key_id, secret_access_key, token = (os.environ[name] for name in names)
    return account.EmbeddedAws(options.endpoint, access_key_id, secret_access_key, token, options.region)


def prepare(options: Options) -> None:
    """Set the process up: MiniStack and moto read their settings from the environment when they are imported."""
    isolated = server_of(options).isolated(os.environ)
    os.environ.clear()
    os.environ.update(isolated)
    os.environ.update(
        {
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
            "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
            "TMPDIR": str(options.folder),
        }
    )
    tempfile.tempdir = str(options.folder)


async def serve(options: Options, *, tied: bool) -> None:
    """Serve until SIGTERM or SIGINT, or the end of standard input if `tied` to it; then stop what was started."""
    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config

    application, stop = build(options)
    config = Config()
    config.bind = [f"{account.HOST}:{options.port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = os.environ["LOG_LEVEL"]
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    if tied:
        # Nothing is ever written there: it becomes readable at its end, which is that of the process that holds it.
        loop.add_reader(sys.stdin.fileno(), ended.set)
    try:
        await hypercorn_serve(application, config, shutdown_trigger=ended.wait)
    finally:
        await asyncio.to_thread(stop)


def build(options: Options) -> tuple[Any, Callable[[], None]]:
    """Put all parts in place; return the ASGI application, and what stops the processes it started."""
    from ministack import app

    from local import alarms, aliases, aliases_authorisation, authorisation, gateway, image_registry, lambda_runtime
    from local.apis import install as apis
    from local.athena import install as athena
    from local.queues import install as queues
    from local.roles import RoleClients
    from local.sagemaker.service import TARGET_PREFIX
    from local.schedules import Ticker
    from local.states import install as states
    from local.states import mount
    from local.unread_properties import UnreadProperties

    gateway.authorise_by(authorisation.resources())
    states.install(options.endpoint)
    lambda_runtime.install(str(options.functions_python), options.endpoint)
    aliases.install()
    aliases_authorisation.install()
    alarms.install()
    apis.install()
    image_registry.install()
    messages = queues.install(options.endpoint)
    queries = athena.install(options.endpoint)
    training = training_jobs(options.endpoint)
    gateway.mount("sagemaker", training, TARGET_PREFIX)
    ticker = Ticker(RoleClients(options.endpoint, "scheduler.amazonaws.com"))
    ticker.install()
    unread = UnreadProperties()
    unread.install()

    def stop() -> None:
        mount.stop_executions()
        messages.stop()
        queries.close()
        training.stop_all()
        lambda_runtime.stop_workers()

    return with_own_paths(app.app, own_paths(ticker, unread)), stop


def own_paths(ticker: Any, unread: Any) -> dict[str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]]:
    """What is asked of this server alone: to move its clock on, and which properties of a template it did not read."""

    async def advance(parameters: dict[str, Any]) -> dict[str, Any]:
        return {"fired": await asyncio.to_thread(ticker.advance, float(parameters.get("advance_seconds", 0)))}

    async def unread_properties(_: dict[str, Any]) -> dict[str, Any]:
        return dict(unread)

    return {"/_local/clock": advance, "/_local/unread-properties": unread_properties}


def training_jobs(endpoint: str) -> Any:
    """SageMaker, whose jobs act as the roles they are given."""
    from local import roles
    from local.sagemaker.runner import Runner
    from local.sagemaker.service import PRINCIPAL, SageMakerService

    clients = roles.RoleClients(endpoint, PRINCIPAL)
    return SageMakerService(
        Runner(clients.client),
        denies_pass_role=lambda access_key_id, role_arn: roles.denies_pass_role(access_key_id, role_arn, PRINCIPAL),
    )


def with_own_paths(application: Any, own: dict[str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]]) -> Any:
    """Answer the paths in `own`, which AWS does not have, JSON to JSON; hand on everything else."""

    async def answer(scope: dict, receive: Callable[[], Awaitable[dict]], send: Callable[[dict], Awaitable]) -> None:
        if scope["type"] != "http" or scope["path"] not in own:
            # Loopback stands for the TLS that every call of AWS has, which bucket policies may insist on.
            headers = [*scope.get("headers", []), (b"x-forwarded-proto", b"https")]
            await application({**scope, "headers": headers}, receive, send)
            return
        message = await receive()
        content = json.dumps(await own[scope["path"]](json.loads(message.get("body") or b"{}"))).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": content})

    return answer


if __name__ == "__main__":
    sys.exit(main())
