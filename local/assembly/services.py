"""The services that have threads or processes of their own, and one clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local import account
from local.lambda_.fork_server import ForkServer
from local.persistence.parts import Part


@dataclass(frozen=True)
class Services:
    """What was started. `messages` are those that functions get of queues; `streams` are Firehose's,
    `functions` starts their processes."""

    messages: Any
    ticker: Any
    queries: Any
    streams: Any
    subscriptions: Any
    training: Any
    functions: ForkServer

    def parts(self) -> list[Part]:
        """What is kept of them beside what MiniStack holds."""
        from local.sagemaker import saving as sagemaker

        own = [self.queries.part(), self.streams.part(), self.subscriptions.part(), sagemaker.part(self.training)]
        return [*self.ticker.parts(), *self.messages.parts(), *own]

    def guards(self) -> list[Any]:
        """The locks under which what is kept goes from one place to another."""
        return [self.streams.lock, self.subscriptions.lock]

    def stop(self) -> None:
        """End executions, threads and processes."""
        from local.lambda_ import runtime
        from local.stepfunctions import mount

        mount.stop_executions()
        self.messages.stop()
        self.subscriptions.stop()
        self.streams.stop()
        self.queries.close()
        self.training.stop_all()
        runtime.stop_workers(self.functions)


def start_services(endpoint: str, clock: Any, metrics: Any, functions: ForkServer, failed_puts: float) -> Services:
    """Put them in place, by the server's clock."""
    from local.athena import install as athena
    from local.firehose import install as firehose
    from local.firehose import metrics as firehose_metrics
    from local.iam import mounting, resource_tags
    from local.iam.roles import RoleClients
    from local.lambda_ import install as queues
    from local.logs import install as logs
    from local.sagemaker import arns, service
    from local.scheduler import checks, listing, provisioning
    from local.scheduler.ticker import Ticker
    from local.sqs import metrics as sqs_metrics

    messages = queues.install(endpoint)
    ticker = Ticker(RoleClients(endpoint, checks.PRINCIPAL), clock, (metrics.tick,))
    ticker.install()
    checks.install()
    listing.install()
    provisioning.install()
    # Firehose writes under the days of the moved clock; projected days have to reach them.
    queries = athena.install(endpoint, now=lambda: datetime.fromtimestamp(clock.now(), UTC))
    streams = firehose.install(endpoint, clock.now, failed_puts)
    subscriptions = logs.install(streams.put_records, clock.now)
    metrics.take_in_log_lines()
    metrics.measure_with(sqs_metrics.Gauges(clock, metrics.set_gauge).measure)
    metrics.measure_with(lambda: firehose_metrics.measure(streams.ages(), metrics.set_gauge))
    training = sagemaker_service(endpoint, clock.now)
    mounting.mount("sagemaker", training, service.TARGET_PREFIX)
    resource_tags.install("sagemaker", arns.resource_of, training.tags_of)
    return Services(messages, ticker, queries, streams, subscriptions, training, functions)


def sagemaker_service(endpoint: str, clock: Callable[[], float]) -> Any:
    """SageMaker, whose jobs and endpoints act as the roles in their requests, and wait by `clock`."""
    from local.iam import roles
    from local.sagemaker.runner import Runner
    from local.sagemaker.service import PRINCIPAL, SageMakerService

    clients = roles.RoleClients(endpoint, PRINCIPAL)

    def client_of(name: str, role_arn: str, region: str = account.DEFAULT_REGION) -> Any:
        # Each job, model and endpoint has a role: a trust policy may ask for all of them, and for none alone.
        role = roles.LentRole(role_arn, f"arn:aws:sagemaker:{region}:{account.ACCOUNT_ID}:*")
        return clients.client(name, role, region)

    return SageMakerService(
        Runner(client_of),
        denies_pass_role=lambda access_key_id, role_arn: roles.denies_pass_role(access_key_id, role_arn, PRINCIPAL),
        clock=clock,
    )
