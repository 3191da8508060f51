"""How far a deployment of a stack is, from the events that CloudFormation has noted since it began."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

_DEPLOYED = ("CREATE_COMPLETE", "UPDATE_COMPLETE")
_UNDER_WAY = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")


@dataclass(frozen=True)
class StackProgress:
    """A deployment that is about to begin; `last_event` is the newest of those before it, None where there is none."""

    cloudformation: Any
    stack: str
    last_event: str | None

    @classmethod
    def before(cls, cloudformation: Any, stack: str) -> "StackProgress":
        """Look at the stack before the deployment begins."""
        return cls(cloudformation, stack, next((each["EventId"] for each in _events(cloudformation, stack)), None))

    def describe(self) -> str:
        """How many resources are in their new state, as a person reads it; those that do not change have no event."""
        try:
            statuses = self._statuses()
        except (ClientError, BotoCoreError) as fault:
            # The deployment itself says what is wrong, if it is.
            return f"CloudFormation does not say how far it is ({fault})"
        if not statuses:
            return "CloudFormation has not begun"
        if any("ROLLBACK" in status for status in statuses.values()):
            return "CloudFormation is rolling back"
        deployed = sum(status in _DEPLOYED for name, status in statuses.items() if name != self.stack)
        under_way = sum(status in _UNDER_WAY for name, status in statuses.items() if name != self.stack)
        return f"{deployed} resources are deployed, {under_way} are under way"

    def _statuses(self) -> dict[str, str]:
        """The newest status of each resource with an event of this deployment, and of the stack, by logical id."""
        statuses: dict[str, str] = {}
        for event in _events(self.cloudformation, self.stack):
            if event["EventId"] == self.last_event:
                break
            statuses.setdefault(event["LogicalResourceId"], event["ResourceStatus"])
        return statuses


def _events(cloudformation: Any, stack: str) -> Iterator[dict[str, Any]]:
    """The events of a stack, the newest first; none where there is no such stack."""
    try:
        for page in cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack):
            yield from page["StackEvents"]
    except ClientError as fault:
        if "does not exist" not in fault.response["Error"]["Message"]:
            raise
