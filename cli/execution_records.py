"""What an account has recorded of executions, functions and jobs, for `wildrydes.cost.execution`."""

from dataclasses import dataclass, field
from typing import Any

from cli import executions
from cli.stack import Stack
from local import account
from wildrydes.cost.attempts import Event
from wildrydes.cost.execution import Children


@dataclass
class ExecutionRecords:
    """The `Records` of a stack's account, as its user may read them. The memory of a function is asked for once."""

    stack: Stack
    _memory: dict[str, int] = field(default_factory=dict)

    def history(self, execution: str) -> list[Event]:
        """All events of an execution, the oldest first."""
        return [*executions.history(self.stack, execution)]

    def children(self, map_run: str, most: int) -> Children:
        """How many children a Map Run has, and at most so many of them."""
        states = self.stack.client("stepfunctions")
        total = states.describe_map_run(mapRunArn=map_run)["executionCounts"]["total"]
        listed = states.list_executions(mapRunArn=map_run, maxResults=most)["executions"]
        return Children(total, [each["executionArn"] for each in listed])

    def memory_of(self, function: str) -> int:
        """The memory of a function in MB."""
        if function not in self._memory:
            configuration = self.stack.client("lambda").get_function_configuration(FunctionName=function)
            self._memory[function] = configuration["MemorySize"]
        return self._memory[function]

    def trained_by(self, tuning_job: str) -> list[dict[str, Any]]:
        """The training jobs of a tuning job."""
        operation = "list_training_jobs_for_hyper_parameter_tuning_job"
        job = {"HyperParameterTuningJobName": tuning_job}
        return account.entries(self.stack.client("sagemaker"), operation, "TrainingJobSummaries", **job)
