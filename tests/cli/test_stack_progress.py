"""How far a deployment is: by the events since it began, not by what was deployed before."""

from typing import Any

from botocore.exceptions import ClientError

from cli.stack_progress import StackProgress

BEFORE = [("Bucket", "UPDATE_COMPLETE"), ("rydes", "CREATE_COMPLETE"), ("Queue", "CREATE_COMPLETE")]


class CloudFormation:
    """Notes events, and lists the newest first."""

    def __init__(self, *events: tuple[str, str], refusal: str | None = None) -> None:
        self.events = list(events)
        self.refusal = refusal

    def get_paginator(self, _: str) -> "CloudFormation":
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        if self.refusal is not None:
            raise ClientError({"Error": {"Code": "Any", "Message": self.refusal}}, "DescribeStackEvents")
        listed = [
            {"EventId": str(number), "LogicalResourceId": name, "ResourceStatus": status}
            for number, (name, status) in enumerate(self.events)
        ]
        return [{"StackEvents": [event]} for event in reversed(listed)]


def test_update_counts_what_it_has_updated_and_not_what_was_there() -> None:
    cloudformation = CloudFormation(*BEFORE)
    progress = StackProgress.before(cloudformation, "rydes")
    assert progress.describe() == "CloudFormation has not begun"
    cloudformation.events += [("rydes", "UPDATE_IN_PROGRESS"), ("Queue", "UPDATE_IN_PROGRESS")]
    assert progress.describe() == "0 resources are deployed, 1 are under way"
    cloudformation.events += [("Queue", "UPDATE_COMPLETE"), ("Topic", "CREATE_IN_PROGRESS"), ("Old", "DELETE_COMPLETE")]
    assert progress.describe() == "1 resources are deployed, 1 are under way"
    cloudformation.events += [("Topic", "CREATE_FAILED"), ("rydes", "UPDATE_ROLLBACK_IN_PROGRESS")]
    cloudformation.events += [("Queue", "UPDATE_COMPLETE"), ("rydes", "UPDATE_ROLLBACK_COMPLETE")]
    assert progress.describe() == "CloudFormation is rolling back"


def test_stack_that_is_not_there_has_not_begun_and_then_counts_from_its_first_event() -> None:
    cloudformation = CloudFormation(refusal="Stack [rydes] does not exist")
    progress = StackProgress.before(cloudformation, "rydes")
    assert progress.describe() == "CloudFormation has not begun"
    cloudformation.refusal = None
    cloudformation.events += [("rydes", "CREATE_IN_PROGRESS"), ("Bucket", "CREATE_COMPLETE")]
    assert progress.describe() == "1 resources are deployed, 0 are under way"


def test_another_refusal_is_not_taken_for_a_stack_that_is_not_there() -> None:
    progress = StackProgress(CloudFormation(refusal="Rate exceeded"), "rydes", None)
    assert "Rate exceeded" in progress.describe()
