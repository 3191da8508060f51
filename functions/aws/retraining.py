"""The workflow that retrains, and the timers that look again at what is wanted of a task."""

import json
from dataclasses import dataclass
from datetime import datetime

from botocore.exceptions import ClientError

from aws.clients import client
from wildrydes.starts.execution_arns import is_execution_of
from wildrydes.starts.requests import Request

# As in statemachines.turn: a Map of the execution is to be redriven.
_RUNNING = ("RUNNING", "PENDING_REDRIVE")
_NO_EXECUTION = ("ExecutionDoesNotExist", "InvalidArn")
_LONGEST_ARN = 256
"""Step Functions refuses a longer one by its length."""


@dataclass(frozen=True)
class Retraining:
    """The workflow's ARN; the group of the timers, the role that they have, and the function that they invoke.

    `dead_letters` is the queue for timers that could not invoke it.
    """

    machine: str
    timers: str
    timer_role: str
    function: str
    dead_letters: str

    def start(self, request: Request) -> str:
        """Start the execution of a request, unless that was done before; its name."""
        execution_input = {"task": request.task, "reason": request.reason, "reason_detail": request.detail}
        try:
            client("stepfunctions").start_execution(
                stateMachineArn=self.machine, name=request.execution, input=json.dumps(execution_input)
            )
        except ClientError as fault:
            if fault.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise
        return request.execution

    def is_running(self, execution: str) -> bool:
        """Whether the execution of this ARN runs. One that is forgotten does not, nor what is no execution of it."""
        if not is_execution_of(self.machine, execution) or len(execution) > _LONGEST_ARN:
            return False
        try:
            described = client("stepfunctions").describe_execution(executionArn=execution)
        except ClientError as fault:
            if fault.response["Error"]["Code"] not in _NO_EXECUTION:
                raise
            return False
        return described["status"] in _RUNNING

    def set_timer(self, task: str, at: datetime) -> None:
        """Have the function look at a task again then. The same timer once more is the same timer."""
        wake = {"wake": task, "now": "<aws.scheduler.scheduled-time>"}
        try:
            client("scheduler").create_schedule(
                GroupName=self.timers,
                Name=f"{task}-{at:%Y%m%dT%H%M%S}",
                ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={
                    "Arn": self.function,
                    "RoleArn": self.timer_role,
                    "Input": json.dumps(wake),
                    "DeadLetterConfig": {"Arn": self.dead_letters},
                },
            )
        except ClientError as fault:
            if fault.response["Error"]["Code"] != "ConflictException":
                raise
