"""What Step Functions, Lambda and SageMaker have recorded of executions, for `wildrydes.cost.execution`."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from wildrydes.cost.attempts import Event
from wildrydes.cost.execution import Children


@cache
def _client(service: str) -> Any:
    return boto3.client(service, config=Config(retries={"mode": "standard", "max_attempts": 5}))


class ExecutionRecords:
    """The `Records` of this account and region, by the function's own role.

    `memory` has the MB of functions that need not be asked for, by their ARNs.
    """

    def __init__(self, memory: Mapping[str, int]) -> None:
        self._memory = dict(memory)

    def history(self, execution: str) -> list[Event]:
        """All events of an execution, the oldest first."""
        return _entries("stepfunctions", "get_execution_history", "events", executionArn=execution)

    def children(self, map_run: str, most: int) -> Children:
        """How many children a Map Run has, and at most so many of them."""
        total = _client("stepfunctions").describe_map_run(mapRunArn=map_run)["executionCounts"]["total"]
        listed = _client("stepfunctions").list_executions(mapRunArn=map_run, maxResults=most)["executions"]
        return Children(total, [each["executionArn"] for each in listed])

    def memory_of(self, function: str) -> int:
        """The memory of a function in MB, which is asked for once."""
        if function not in self._memory:
            configuration = _client("lambda").get_function_configuration(FunctionName=function)
            self._memory[function] = configuration["MemorySize"]
        return self._memory[function]

    def trained_by(self, tuning_job: str) -> list[dict[str, Any]]:
        """The training jobs of a tuning job."""
        operation = "list_training_jobs_for_hyper_parameter_tuning_job"
        job = {"HyperParameterTuningJobName": tuning_job}
        return _entries("sagemaker", operation, "TrainingJobSummaries", **job)


def _entries(service: str, operation: str, member: str, **parameters: Any) -> list[Any]:
    pages = _client(service).get_paginator(operation).paginate(**parameters)
    return [entry for page in pages for entry in page.get(member, ())]
