"""The embedded AWS: one process that serves one endpoint on 127.0.0.1.

    python -m local.server --port 4566

What comes in passes three layers: the first refuses what a web page may have sent (`local.iam.request_guard`), the
second answers this server's own paths to whoever has its token (`local.iam.own_paths`), the third verifies the
signature (`local.iam.signatures`). Then it goes to MiniStack's app, which routes and authorises it. Before it serves,
the server replaces the parts that differ from AWS: Step Functions (`local.stepfunctions`), Athena
(`local.athena`), SageMaker (`local.sagemaker`), Lambda and what feeds it (`local.lambda_`), topics (`local.sns`),
queues (`local.sqs`), API Gateway (`local.apigateway`), schedules (`local.scheduler`), delivery streams
(`local.firehose`), and more. Where the pinned versions lack a part that is to be replaced, the server stops at once and
names it.

The launcher makes keys for each start and hands them over as environment variables: `AWS_ACCESS_KEY_ID` and
`AWS_SECRET_ACCESS_KEY`, the root's, and `EMBEDDED_AWS_TOKEN`.

The process ends on SIGTERM or SIGINT; functions, training jobs and executions end with it, and its folder is removed.
"""

import argparse
import asyncio
import gc
import json
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from local import EmbeddedAwsError, account
from local.iam import process_environment
from local.iam.own_paths import OwnPath, OwnPaths, seconds_to_advance
from local.iam.request_guard import Application, Receive, RequestGuard, Scope, Send
from local.iam.signatures import VerifiedRequests

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
# The folder of what a server writes; in it a file says whose it is.
FOLDER_PREFIX = "embedded-aws-"
OWNER_FILE = "owner.json"
# The exit code where somebody has the port: another may do.
PORT_TAKEN = 98
FUNCTIONS_PYTHON = ROOT / ".venvs" / "lambda" / "bin" / "python"


@dataclass(frozen=True)
class Options:
    """How to run: the port, the region, the interpreter of the functions, the folder for what is written.

    `failed_puts` is the fraction of the records put to Firehose that it shall refuse, for tests of who puts them.
    """

    port: int
    region: str
    functions_python: Path
    folder: Path
    failed_puts: float = 0.0

    @property
    def endpoint(self) -> str:
        return f"http://{account.HOST}:{self.port}"


class StartError(EmbeddedAwsError):
    """The server cannot start; the message says why and what to do."""

    exit_code = 1


class PortTakenError(StartError):
    """Somebody listens on the port."""

    exit_code = PORT_TAKEN


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal comes. Returns the exit code: 1, or PORT_TAKEN, where the server could not start."""
    parser = argparse.ArgumentParser(prog="python -m local.server", description="Serve the embedded AWS on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=4566, help="port to listen on (default: %(default)s)")
    parser.add_argument("--region", default=account.DEFAULT_REGION, help="region to serve (default: %(default)s)")
    parser.add_argument("--functions-python", type=Path, default=FUNCTIONS_PYTHON, help="interpreter of the functions")
    parser.add_argument("--failed-puts", type=float, default=0.0, help="fraction of Firehose's records that fail")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when standard input is closed")
    flags = parser.parse_args(arguments)
    # Until `serve` heeds the signal: the folder must go even where the server was ended while it starts.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    folder = make_folder(tied=flags.until_stdin_closes)
    try:
        options = Options(flags.port, flags.region, flags.functions_python, folder, flags.failed_puts)
        check(options)
        server = server_from(options, os.environ)
        prepare(options)
        asyncio.run(serve(options, server, until_stdin_closes=flags.until_stdin_closes))
    except StartError as fault:
        print(fault, file=sys.stderr)  # noqa: T201 - the command's own output
        return fault.exit_code
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def make_folder(*, tied: bool) -> Path:
    """A new folder for what this server writes, which says whose it is: of which clone, process and start.

    A `tied` server is one command's and ends with it.
    """
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
    owner = {"clone": str(ROOT), "pid": os.getpid(), "started": psutil.Process().create_time(), "tied": tied}
    (folder / OWNER_FILE).write_text(json.dumps(owner) + "\n", encoding="utf-8")
    return folder


def check(options: Options) -> None:
    """Raise StartError where the port is taken or the functions have no interpreter."""
    if not options.functions_python.exists():
        raise StartError(f"{options.functions_python} is missing: `make setup` builds the functions' environment.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((account.HOST, options.port))
        except OSError as fault:
            raise PortTakenError(
                f"Port {options.port} on {account.HOST} cannot be opened ({fault.strerror}): "
                "stop what listens there (`make down`, if it is the embedded AWS) or choose another by PORT=."
            ) from None


def server_from(options: Options, environment: Mapping[str, str]) -> account.EmbeddedAws:
    """This server, with the keys that its launcher made. Raises StartError."""
    names = {"AWS_ACCESS_KEY_ID": 16, "AWS_SECRET_ACCESS_KEY": 32, account.TOKEN_VARIABLE: 32}
    for name, characters in names.items():
        if len(environment.get(name, "")) < characters:
            raise StartError(
                f"{name} has fewer than {characters} characters: `make up` starts a server with keys of its own. "
                f"To start one by hand, set {', '.join(names)} to random values."
            )
    return account.EmbeddedAws(options.endpoint, *(environment[name] for name in names), region=options.region)


def prepare(options: Options) -> None:
    """Set the process up: MiniStack and moto read their settings from the environment when they are imported.

    Whatever they start gets a copy of it, so that nothing of the user's is left in it, nor the root's secret.
    """
    environment = process_environment.inherited(os.environ) | {"LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING")}
    os.environ.clear()
    os.environ.update(environment)
    os.environ.update(
        {
            "AWS_ENDPOINT_URL": options.endpoint,
            "AWS_REGION": options.region,
            "AWS_DEFAULT_REGION": options.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
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
            "HOME": str(options.folder),
            "TMPDIR": str(options.folder),
        }
    )
    tempfile.tempdir = str(options.folder)


async def serve(options: Options, server: account.EmbeddedAws, *, until_stdin_closes: bool) -> None:
    """Serve until SIGTERM or SIGINT, or `until_stdin_closes`; then stop what was started."""
    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config

    application, stop = build(options, server)
    config = Config()
    config.bind = [f"{account.HOST}:{options.port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    config.loglevel = os.environ["LOG_LEVEL"]
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    if until_stdin_closes:
        # Nothing is ever written there: it becomes readable at its end, which is that of the process that holds it.
        loop.add_reader(sys.stdin.fileno(), end.set)
    # What there is now stays until the end: a collection need not look at it again and again.
    gc.freeze()
    try:
        await hypercorn_serve(application, config, shutdown_trigger=end.wait)
    finally:
        await asyncio.to_thread(stop)


def build(options: Options, server: account.EmbeddedAws) -> tuple[Any, Callable[[], None]]:
    """Put all parts in place; return the ASGI application, and what stops the processes it started."""
    from ministack import app

    from local.athena import install as athena
    from local.cloudformation.unread_properties import UnreadProperties
    from local.cloudwatch.install import Metrics
    from local.firehose import install as firehose
    from local.firehose import metrics as firehose_metrics
    from local.iam import mounting, resource_tags, side_doors
    from local.iam.roles import RoleClients
    from local.lambda_ import install as queues
    from local.lambda_ import runtime
    from local.logs import install as logs
    from local.sagemaker import arns, service
    from local.scheduler import provisioning
    from local.scheduler.ticker import Clock, Ticker
    from local.sqs import metrics as sqs_metrics
    from local.stepfunctions import mount

    verify_callers(server)
    clock = Clock()
    metrics = Metrics(clock)
    metrics.install()
    replace_parts(options)
    messages = queues.install(options.endpoint)
    ticker = Ticker(RoleClients(options.endpoint, "scheduler.amazonaws.com"), clock, (metrics.tick,))
    ticker.install()
    provisioning.install()
    # Firehose writes under the days of the moved clock; projected days have to reach them.
    queries = athena.install(options.endpoint, now=lambda: datetime.fromtimestamp(clock.now(), UTC))
    streams = firehose.install(options.endpoint, clock.now, options.failed_puts)
    subscriptions = logs.install(streams.put_records, clock.now)
    metrics.take_in_log_lines()
    metrics.measure_with(sqs_metrics.Gauges(clock, metrics.set_gauge).measure)
    metrics.measure_with(lambda: firehose_metrics.measure(streams.ages(), metrics.set_gauge))
    training = sagemaker_service(options.endpoint, clock.now)
    mounting.mount("sagemaker", training, service.TARGET_PREFIX)
    resource_tags.install("sagemaker", arns.resource_of, training.tags_of)
    unread = UnreadProperties()
    unread.install()
    side_doors.close()

    def stop() -> None:
        mount.stop_executions()
        messages.stop()
        subscriptions.stop()
        streams.stop()
        queries.close()
        training.stop_all()
        runtime.stop_workers()

    verified = VerifiedRequests(by_tls(app.app))
    return RequestGuard(
        OwnPaths(verified, own_paths(ticker, subscriptions, streams, unread), server.token), options.port
    ), stop


def verify_callers(server: account.EmbeddedAws) -> None:
    """Put the parts in place that say who calls, and on which resource a call is authorised."""
    from local.ecr import registry
    from local.iam import credentials, metric_namespaces, mounting, resources, signatures, wildcards
    from local.sagemaker import arns
    from local.scheduler import authorisation as schedules

    credentials.install(server)
    signatures.install()
    wildcards.install()
    metric_namespaces.install()
    mounting.authorise_by(resources.resources() | {"ecr": registry.resource_of, "sagemaker": arns.resource_of})
    schedules.install()
    mounting.authorise_requests_of("sagemaker", arns.action_of, arns.resource_of_path)


def replace_parts(options: Options) -> None:
    """Put the parts in place that start nothing of their own."""
    from local.apigateway import install as apis
    from local.budgets import install as budgets
    from local.ecr import registry
    from local.lambda_ import alias_arns, aliases, runtime
    from local.lambda_ import metrics as function_metrics
    from local.logs import stream_prefixes
    from local.s3 import version_ranges
    from local.sns import deliveries as topics
    from local.sns import metrics as topic_metrics
    from local.stepfunctions import install as states

    states.install(options.endpoint)
    runtime.install(str(options.functions_python), options.endpoint)
    aliases.install()
    function_metrics.install()
    alias_arns.install()
    stream_prefixes.install()
    version_ranges.install()
    apis.install()
    registry.install()
    topics.install()
    topic_metrics.install()
    budgets.install()


def own_paths(ticker: Any, subscriptions: Any, streams: Any, unread: Any) -> dict[str, OwnPath]:
    """The paths of this server alone: one moves its clock on, one names the unsupported properties of templates."""

    def advance_and_look(seconds: float) -> dict[str, Any]:
        # What was logged before the clock moves is in the stream by then.
        subscriptions.flush()
        with streams.paused():
            fired, delivered = ticker.advance(seconds), streams.deliver_due()
            return {"fired": fired, "delivered": delivered, "now": ticker.clock.now()}

    async def advance(parameters: dict[str, Any]) -> dict[str, Any]:
        return await asyncio.to_thread(advance_and_look, seconds_to_advance(parameters))

    async def unread_properties(_: dict[str, Any]) -> dict[str, Any]:
        return dict(unread)

    return {
        "/_local/clock": OwnPath(("POST",), advance),
        "/_local/unread-properties": OwnPath(("GET", "POST"), unread_properties),
    }


def sagemaker_service(endpoint: str, clock: Callable[[], float]) -> Any:
    """SageMaker, whose jobs and endpoints act as the roles in their requests, and wait by `clock`."""
    from local.iam import roles
    from local.sagemaker.runner import Runner
    from local.sagemaker.service import PRINCIPAL, SageMakerService

    clients = roles.RoleClients(endpoint, PRINCIPAL)
    return SageMakerService(
        Runner(clients.client),
        denies_pass_role=lambda access_key_id, role_arn: roles.denies_pass_role(access_key_id, role_arn, PRINCIPAL),
        clock=clock,
    )


def by_tls(application: Any) -> Application:
    """Hand requests on as if they had come by TLS: loopback stands for it, which bucket policies may insist on."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = [each for each in scope["headers"] if each[0].lower() != b"x-forwarded-proto"]
            scope = {**scope, "headers": [*headers, (b"x-forwarded-proto", b"https")]}
        await application(scope, receive, send)

    return answer


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stderr.flush()
    # All is ended and removed. What is left is memory, and Python would go through a gigabyte of it for many seconds.
    os._exit(code)
