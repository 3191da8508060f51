"""Puts queues, mappings and notifications in the place of MiniStack's."""

from dataclasses import dataclass

from ministack.services import lambda_svc

from local.iam.roles import RoleClients
from local.lambda_ import deliveries, updates
from local.lambda_.destinations import Destinations
from local.lambda_.invocations import Invocations
from local.lambda_.pollers import Pollers
from local.persistence.parts import Part, go_on_only
from local.sqs import actions, authorisation, checks, dead_letters
from local.sqs.move_tasks import MoveTasks


@dataclass(frozen=True)
class Queues:
    """What runs on its own and has to be stopped with the server."""

    pollers: Pollers
    move_tasks: MoveTasks
    invocations: Invocations

    def parts(self) -> list[Part]:
        """What is kept: asynchronous invocations, and tasks that move messages. Mappings are polled again."""
        return [self.move_tasks.part(), self.invocations.part(), go_on_only("lambda-mappings", functions_go_on)]

    def stop(self) -> None:
        """Take no more messages. It comes before the functions' processes are ended."""
        self.pollers.stop()
        self.move_tasks.stop()


def install(endpoint: str) -> Queues:
    """Install all of it, before CloudFormation's provisioners are watched for properties they do not read.

    `endpoint` is where the embedded AWS listens.
    """
    invocations = Invocations(Destinations(RoleClients(endpoint, "lambda.amazonaws.com")))
    queues = Queues(Pollers(), MoveTasks(), invocations)
    actions.install()
    checks.install()
    dead_letters.install()
    authorisation.install()
    queues.move_tasks.install()
    queues.pollers.install()
    invocations.install()
    deliveries.install()
    return queues


def functions_go_on() -> None:
    """Let functions whose update was under way be active, and mappings be polled."""
    for function in list(lambda_svc._functions._data.values()):
        if function.get("config", {}).get("LastUpdateStatus") == "InProgress":
            updates.settle(function["config"])
    if lambda_svc._esms._data:
        lambda_svc._ensure_poller()
