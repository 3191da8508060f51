"""What the histories of executions say for the fault matrix."""

from itertools import takewhile
from typing import Any

from fault_transitions import WITHOUT_DATA
from local import account
from stacks import Stack


def history(stack: Stack, arn: str) -> list[dict[str, Any]]:
    """The events of an execution, without inputs and outputs."""
    return account.entries(
        stack.client("stepfunctions"), "get_execution_history", "events", executionArn=arn, **WITHOUT_DATA
    )


def succeeded_states(events: list[dict[str, Any]]) -> set[str]:
    """The states whose last attempt was answered: what they met before, they have outlasted.

    >>> answer = {"id": 1, "type": "TaskSucceeded"}
    >>> details = {"stateExitedEventDetails": {"name": "Read"}}
    >>> after = {"id": 2, "type": "TaskStateExited", "previousEventId": 1} | details
    >>> succeeded_states([answer, after])
    {'Read'}
    """
    types = {event["id"]: event["type"] for event in events}
    return {
        event["stateExitedEventDetails"]["name"]
        for event in events
        if "stateExitedEventDetails" in event and types.get(event.get("previousEventId"), "").endswith("Succeeded")
    }


def last_leg(stack: Stack, arn: str) -> list[str]:
    """The states that were entered since the last redrive: read from the end, for a history with redrives is long."""
    pages = (
        stack.client("stepfunctions")
        .get_paginator("get_execution_history")
        .paginate(executionArn=arn, reverseOrder=True, includeExecutionData=False)
    )
    newest_first = (event for page in pages for event in page["events"])
    events = takewhile(lambda event: event["type"] != "ExecutionRedriven", newest_first)
    return [each["stateEnteredEventDetails"]["name"] for each in events if "stateEnteredEventDetails" in each][::-1]
