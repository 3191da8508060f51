"""What Step Functions has recorded of executions.

    describe, last_success    how executions of the workflows ended
    history                   the events of one

All raise botocore's errors.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from aws.clients import client
from wildrydes.announcements.end import End, is_yielded, read_description

MOST_LOOKED_AT = 200
"""Of the executions of a machine that succeeded last: so many in a row may have yielded to another."""


def describe(arn: str) -> End:
    """The execution as it is described."""
    return read_description(client("stepfunctions").describe_execution(executionArn=arn))


def history(arn: str) -> Iterator[dict[str, Any]]:
    """Every event of an execution, the oldest first, page by page."""
    return _entries("stepfunctions", "get_execution_history", "events", executionArn=arn)


def last_success(machine: str) -> datetime:
    """When an execution of a machine ended well that did its work; when the machine was created, if none has.

    Step Functions forgets an execution 90 days after its end.
    """
    operation, succeeded = "list_executions", {"stateMachineArn": machine, "statusFilter": "SUCCEEDED"}
    executions = _entries("stepfunctions", operation, "executions", **succeeded)
    for each in islice(executions, MOST_LOOKED_AT):
        if not is_yielded(describe(each["executionArn"]).output or {}):
            return each["stopDate"]
    return client("stepfunctions").describe_state_machine(stateMachineArn=machine)["creationDate"]


def _entries(service: str, operation: str, member: str, **request: Any) -> Iterator[Any]:
    for page in client(service).get_paginator(operation).paginate(**request):
        yield from page.get(member, ())
