"""What Step Functions, Lambda and SageMaker have recorded of executions.

    describe, last_success    how executions of the workflows ended
    history                   the events of one
    ExecutionRecords          all that `wildrydes.cost.execution` asks of an account

All raise botocore's errors.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from aws.clients import client
from wildrydes.announcements.ended import Ended, is_yielded, read_description
from wildrydes.cost.execution import Children

MOST_LOOKED_AT = 200
"""Of the executions of a machine that succeeded last: so many in a row may have yielded to another."""


def describe(arn: str) -> Ended:
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


class ExecutionRecords:
    """The `Records` of this account and region, by the function's own role.

    `memory` has the MB of functions that need not be asked for, by their ARNs.
    """

    def __init__(self, memory: Mapping[str, int]) -> None:
        self._memory = dict(memory)

    def history(self, execution: str) -> list[Mapping[str, Any]]:
        """All events of an execution, the oldest first."""
        return list(history(execution))

    def children(self, map_run: str, most: int) -> Children:
        """How many children a Map Run has, and at most so many of them."""
        states = client("stepfunctions")
        total = states.describe_map_run(mapRunArn=map_run)["executionCounts"]["total"]
        listed = states.list_executions(mapRunArn=map_run, maxResults=most)["executions"]
        return Children(total, [each["executionArn"] for each in listed])

    def memory_of(self, function: str) -> int:
        """The memory of a function in MB, which is asked for once."""
        if function not in self._memory:
            configuration = client("lambda").get_function_configuration(FunctionName=function)
            self._memory[function] = configuration["MemorySize"]
        return self._memory[function]

    def trained_by(self, tuning_job: str) -> list[dict[str, Any]]:
        """The training jobs of a tuning job."""
        operation = "list_training_jobs_for_hyper_parameter_tuning_job"
        job = {"HyperParameterTuningJobName": tuning_job}
        return list(_entries("sagemaker", operation, "TrainingJobSummaries", **job))


def _entries(service: str, operation: str, member: str, **request: Any) -> Iterator[Any]:
    for page in client(service).get_paginator(operation).paginate(**request):
        yield from page.get(member, ())
