"""Puts all parts of the embedded AWS in place, and makes the application that `local.server` serves.

What comes in passes these layers before MiniStack's app, which routes and authorises it:

    RequestGuard       refuses what a web page may have sent
    Answers            waits until what was changed is saved, where the server keeps its state
    OwnPaths           answers this server's own paths to whoever has its token
    AnswerUrls         takes answers for custom resources from whoever has their URL
    VerifiedRequests   verifies the signature

MiniStack and moto read the environment when they are imported: nothing here imports them before `build`.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import account
from local.assembly.answers import Answers
from local.assembly.keeping import Keeping, Saved
from local.assembly.parts import replace_parts, verify_callers
from local.assembly.paths import own_paths
from local.assembly.services import Services, start_services
from local.cloudformation.response_urls import AnswerUrls
from local.iam.own_paths import OwnPaths
from local.iam.request_guard import Application, Receive, RequestGuard, Scope, Send
from local.iam.signatures import VerifiedRequests
from local.lambda_.interpreters import Interpreters
from local.persistence.parts import Part, attributes
from local.persistence.stored_bytes import ByteStore


@dataclass(frozen=True)
class Options:
    """How to run: the port, the region, the programs that run functions, the folder for what is written.

    `failed_puts` is the fraction of the records put to Firehose that it shall refuse, for tests of who puts them.
    """

    port: int
    region: str
    interpreters: Interpreters
    folder: Path
    failed_puts: float = 0.0

    @property
    def endpoint(self) -> str:
        return f"http://{account.HOST}:{self.port}"


def build(options: Options, server: account.EmbeddedAws, saved: Saved | None = None) -> tuple[Any, Callable[[], None]]:
    """Put all parts in place; return the ASGI application, and what stops the processes it started.

    With `saved` the state is kept, and what is saved there is put back. Raises StateError.
    """
    from local.athena import engine
    from local.stepfunctions import batch_states, regions

    batch_states.import_alone()
    engine.import_without_duckdb()
    from ministack import app

    from local.cloudformation.unread_properties import UnreadProperties
    from local.cloudwatch.install import Metrics
    from local.iam import deep_json, malformed_requests, passed_roles, side_doors, unsupported
    from local.iam.used_grants import UsedGrants
    from local.protocols import model_texts, service_models
    from local.scheduler.ticker import Clock
    from local.stepfunctions.faults import Faults

    model_texts.install()
    deep_json.install()
    service_models.install()
    verify_callers(server)
    used_grants = UsedGrants()
    used_grants.install()
    clock = Clock()
    metrics = Metrics(clock)
    metrics.install()
    faults = Faults()
    store = ByteStore(options.folder / "objects" if saved is None else saved.folder.live)
    functions, lock, executions = replace_parts(options.interpreters, options.endpoint, clock.now, faults, store)
    regions.forget_endpoints()
    services = start_services(options.endpoint, clock, metrics, functions, options.failed_puts)
    unread = UnreadProperties()
    unread.install()
    passed_roles.install()
    side_doors.close()
    unsupported.install()
    malformed_requests.install()
    paths = own_paths(services, unread, used_grants, faults)
    application: Application = OwnPaths(AnswerUrls(VerifiedRequests(by_tls(app.app))), paths, server.token)
    stop = services.stop
    if saved is not None:
        keeping = keeping_of(saved, services, metrics, unread, faults, executions, lock, store)
        paths["/_local/state"] = keeping.own_path()
        keeping.put_back()
        keeping.mark_events()
        application = Answers(application, keeping.keeper, keeping.go_on, options.port)
        stop = in_order(keeping.keeper.close, stop)
    return RequestGuard(application, options.port), stop


def keeping_of(
    saved: Saved,
    services: Services,
    metrics: Any,
    unread: Any,
    faults: Any,
    executions: Part,
    lock: Any,
    store: ByteStore,
) -> Keeping:
    """What is kept of all services."""
    from local.assembly import ministack_stores
    from local.cloudformation import saving as stacks
    from local.sqs import actions as queues
    from local.stepfunctions import saving as states

    parts = [
        *ministack_stores.parts(),
        *services.parts(),
        *metrics.parts(),
        stacks.part(unread),
        attributes("stepfunctions-faults", faults, "_faults", "_injected"),
        executions,
    ]
    reducers = {**states.reducers(), **queues.reducers()}
    guards = [lock, *services.guards()]

    def is_busy() -> bool:
        return stacks.is_under_way() or states.is_at_work_that_is_whole()

    return Keeping(saved, parts, reducers, guards, is_busy, store)


def in_order(*functions: Callable[[], None]) -> Callable[[], None]:
    """A function that calls these, each of them whatever the ones before it raise."""

    def call() -> None:
        with contextlib.ExitStack() as stack:
            for function in reversed(functions):
                stack.callback(function)

    return call


def by_tls(application: Any) -> Application:
    """Hand requests on as if they had come by TLS: loopback stands for it, which bucket policies may insist on."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = [each for each in scope["headers"] if each[0].lower() != b"x-forwarded-proto"]
            scope = {**scope, "headers": [*headers, (b"x-forwarded-proto", b"https")]}
        await application(scope, receive, send)

    return answer
