"""Executions of the workflows, as Step Functions tells of them."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

import boto3

from wildrydes.announcements.ended import Ended, is_yielded, read_description

MOST_LOOKED_AT = 200
"""Of the executions of a machine that succeeded last: so many in a row may have yielded to another."""


@cache
def client() -> Any:
    """The Step Functions client of this process."""
    return boto3.client("stepfunctions")


def describe(arn: str) -> Ended:
    """The execution as it is described. Raises botocore's errors."""
    return read_description(client().describe_execution(executionArn=arn))


def history(arn: str) -> Iterator[dict[str, Any]]:
    """Every event of an execution, in their order, page by page. Raises botocore's errors."""
    for page in client().get_paginator("get_execution_history").paginate(executionArn=arn):
        yield from page["events"]


def last_success(machine: str) -> datetime:
    """When an execution of a machine ended well that did its work; when the machine was created, if none has.

    Step Functions forgets an execution 90 days after its end. Raises botocore's errors.
    """
    pages = client().get_paginator("list_executions").paginate(stateMachineArn=machine, statusFilter="SUCCEEDED")
    executions = (each for page in pages for each in page["executions"])
    for each in islice(executions, MOST_LOOKED_AT):
        if not is_yielded(describe(each["executionArn"]).output or {}):
            return each["stopDate"]
    return client().describe_state_machine(stateMachineArn=machine)["creationDate"]
