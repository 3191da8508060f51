"""Puts all parts of the embedded AWS in place, and makes the application that `local.server` serves.

What comes in passes three layers before MiniStack's app, which routes and authorises it:

    RequestGuard       refuses what a web page may have sent
    OwnPaths           answers this server's own paths to whoever has its token
    VerifiedRequests   verifies the signature

The parts that differ from AWS are replaced: each service's folder says in its docstring what it replaces. Where the
pinned versions lack a part that is to be replaced, MissingSeamError names it.

MiniStack and moto read the environment when they are imported: nothing here imports them before `build`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local import account
from local.iam.own_paths import OwnPath, OwnPaths, seconds_to_advance
from local.iam.request_guard import Application, Receive, RequestGuard, Scope, Send
from local.iam.signatures import VerifiedRequests


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
    from local.iam.used_grants import UsedGrants
    from local.lambda_ import install as queues
    from local.lambda_ import runtime
    from local.logs import install as logs
    from local.sagemaker import arns, service
    from local.scheduler import checks, provisioning
    from local.scheduler.ticker import Clock, Ticker
    from local.sqs import metrics as sqs_metrics
    from local.stepfunctions import mount

    verify_callers(server)
    used_grants = UsedGrants()
    used_grants.install()
    clock = Clock()
    metrics = Metrics(clock)
    metrics.install()
    replace_parts(options)
    messages = queues.install(options.endpoint)
    ticker = Ticker(RoleClients(options.endpoint, "scheduler.amazonaws.com"), clock, (metrics.tick,))
    ticker.install()
    checks.install()
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
        OwnPaths(verified, own_paths(ticker, subscriptions, streams, unread, used_grants), server.token), options.port
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
    mounting.authorise_calls_of("scheduler", schedules.resource_of_call)
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


def own_paths(ticker: Any, subscriptions: Any, streams: Any, unread: Any, used_grants: Any) -> dict[str, OwnPath]:
    """The paths of this server alone.

    They move its clock on, and name the unsupported properties of templates and the grants that allowed a call.
    """

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

    async def grants(_: dict[str, Any]) -> dict[str, Any]:
        return used_grants.to_json()

    return {
        "/_local/clock": OwnPath(("POST",), advance),
        "/_local/unread-properties": OwnPath(("GET", "POST"), unread_properties),
        "/_local/used-grants": OwnPath(("GET", "POST"), grants),
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
