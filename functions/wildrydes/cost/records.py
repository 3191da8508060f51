"""What an account has recorded of executions, functions and jobs, asked for by clients that somebody else has made."""

from collections.abc import Callable, Mapping
from typing import Any

from wildrydes.cost.attempts import Event
from wildrydes.cost.execution import Children


class ExecutionRecords:
    """The `Records` of the account and region that `client` gives a client of, by its service's name in boto3.

    `memory` has the MB of functions that need not be asked for, by their ARNs. All raise botocore's errors.
    """

    def __init__(self, client: Callable[[str], Any], memory: Mapping[str, int] | None = None) -> None:
        self._client = client
        self._memory = dict(memory or {})

    def history(self, execution: str) -> list[Event]:
        """All events of an execution, the oldest first."""
        return self._entries("stepfunctions", "get_execution_history", "events", executionArn=execution)

    def children(self, map_run: str, most: int) -> Children:
        """How many children a Map Run has, and at most so many of them."""
        states = self._client("stepfunctions")
        total = states.describe_map_run(mapRunArn=map_run)["executionCounts"]["total"]
        listed = states.list_executions(mapRunArn=map_run, maxResults=most)["executions"]
        return Children(total, [each["executionArn"] for each in listed])

    def memory_of(self, function: str) -> int:
        """The memory of a function in MB, which is asked for once."""
        if function not in self._memory:
            configuration = self._client("lambda").get_function_configuration(FunctionName=function)
            self._memory[function] = configuration["MemorySize"]
        return self._memory[function]

    def trained_by(self, tuning_job: str) -> list[dict[str, Any]]:
        """The training jobs of a tuning job."""
        operation = "list_training_jobs_for_hyper_parameter_tuning_job"
        job = {"HyperParameterTuningJobName": tuning_job}
        return self._entries("sagemaker", operation, "TrainingJobSummaries", **job)

    def _entries(self, service: str, operation: str, member: str, **request: Any) -> list[Any]:
        pages = self._client(service).get_paginator(operation).paginate(**request)
        return [entry for page in pages for entry in page.get(member, ())]
