"""Puts queues, mappings and notifications in the place of MiniStack's."""

from dataclasses import dataclass

from local.iam.roles import RoleClients
from local.lambda_ import deliveries
from local.lambda_.destinations import Destinations
from local.lambda_.invocations import Invocations
from local.lambda_.pollers import Pollers
from local.sqs import actions, authorisation, checks, dead_letters
from local.sqs.move_tasks import MoveTasks


@dataclass(frozen=True)
class Queues:
    """What runs on its own and has to be stopped with the server."""

    pollers: Pollers
    move_tasks: MoveTasks

    def stop(self) -> None:
        """Take no more messages. It comes before the functions' processes are ended."""
        self.pollers.stop()
        self.move_tasks.stop()


def install(endpoint: str) -> Queues:
    """Install all of it, before CloudFormation's provisioners are watched for properties they do not read.

    `endpoint` is where the embedded AWS listens.
    """
    queues = Queues(Pollers(), MoveTasks())
    actions.install()
    checks.install()
    dead_letters.install()
    authorisation.install()
    queues.move_tasks.install()
    queues.pollers.install()
    Invocations(Destinations(RoleClients(endpoint, "lambda.amazonaws.com"))).install()
    deliveries.install()
    return queues
