"""How executions end.

moto says that one has ended, and only then how: for a moment it has succeeded without an output, or failed without an
error. Here whoever sees that it has ended is told how.

Where one was stopped, or ran out of time, in the middle of a state, that state goes on to its end in moto and finds no
program that runs, which is an error; by it the execution would be FAILED, with States.Runtime, where AWS says ABORTED
or TIMED_OUT. And the error and cause that StopExecution was given, which moto drops, are told by DescribeExecution and
in the history.
"""

from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import (
    ProgramEnded,
    ProgramError,
    ProgramStopped,
    ProgramTimedOut,
)
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication
from moto.stepfunctions.responses import StepFunctionResponse

from local.seams import replace, seam


def install() -> None:
    """Let the first end of an execution be its end, and be told whole, a stop's reasons included."""
    set_error = seam(Environment, "set_error")
    state_of = seam(Environment, "program_state")
    reflect = seam(BaseExecutionWorkerCommunication, "_reflect_execution_status")

    def set_first_error(self: Any, error: Any) -> None:
        if not isinstance(state_of(self), ProgramStopped | ProgramTimedOut):
            set_error(self, error)

    def reflect_whole(self: Any) -> None:
        execution, environment = self.execution, self.execution.exec_worker.env
        state = state_of(environment)
        if isinstance(state, ProgramEnded):
            execution.output = environment.states.get_input()
        elif isinstance(state, ProgramError) and state.error:
            execution.error, execution.cause = state.error.get("error"), state.error.get("cause")
        elif isinstance(state, ProgramStopped):
            execution.error, execution.cause = state.error, state.cause
        # It writes the status, and before it nothing but the time.
        reflect(self)

    replace(Environment, "set_error", set_first_error)
    replace(BaseExecutionWorkerCommunication, "_reflect_execution_status", reflect_whole)
    replace(StepFunctionResponse, "stop_execution", _stop_execution)


def _stop_execution(response: Any) -> ActionResult:
    execution = response.stepfunction_backend.describe_execution(response._get_param("executionArn"))
    now = datetime.now(UTC)
    execution.stop(stop_date=now, error=response._get_param("error"), cause=response._get_param("cause"))
    return ActionResult({"stopDate": now})
