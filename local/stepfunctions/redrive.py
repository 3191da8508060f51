"""RedriveExecution: an execution that did not succeed goes on at the state that did not, under the same ARN.

What it goes on from is in `redrive_progress`, Map Runs and their children are in `redrive_map_runs`. It uses the
definition and the role that it was started with. Retries and timeouts start anew. Sources: "Restarting state machine
executions with redrive" in the Step Functions developer guide, and RedriveExecution in its API reference.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult
from moto.stepfunctions.exceptions import InvalidArn, ValidationException
from moto.stepfunctions.parser.api import ExecutionStatus, StateMachineType
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.asl.eval.program_state import ProgramRunning
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.responses import StepFunctionResponse

from local import EmbeddedAwsError
from local.seams import replace, seam
from local.stepfunctions import redrive_map_runs, redrive_progress
from local.stepfunctions.ends import Announce, limit_history
from local.stepfunctions.redrive_history import AddEvent, continued, go_on, last_event
from local.stepfunctions.redrive_progress import progress_of
from local.stepfunctions.times import text_of

_PERIOD = timedelta(days=14)
_LONGEST_OPEN = timedelta(days=365)
_MOST_EVENTS = 24_999
_TOKENS_VALID = timedelta(minutes=15)
_MOST_TOKENS = 10
_TOO_LARGE = "States.DataLimitExceeded"
_RUNTIME = "States.Runtime"


class ExecutionNotRedrivableError(AWSError, EmbeddedAwsError):
    """The execution cannot be redriven; the message says why."""

    TYPE = "ExecutionNotRedrivable"
    STATUS = 400


def install(lock: threading.RLock, announce: Announce) -> None:
    """Serve RedriveExecution; write under `lock`, and call `announce` with each that runs again while it is held."""
    redrive_progress.install(lock)
    redrive_map_runs.install()
    # As it is before `ends` closes histories.
    add_event = seam(EventManager, "add_event")
    environment_of = seam(ExecutionWorker, "_get_evaluation_environment")

    def environment(self: Any) -> Any:
        env = environment_of(self)
        env.states.context_object.context_object_data["Execution"]["RedriveCount"] = 0
        return env

    def redrive_execution(response: Any) -> ActionResult:
        with lock:
            now, token = datetime.now(UTC), response._get_param("clientToken")
            execution = _execution(response)
            if not execution.redrive_tokens.is_repeated(token, now):
                if reason := reason_against(execution, now):
                    raise ExecutionNotRedrivableError(reason)
                _go_on(execution, now, add_event)
                execution.redrive_tokens = execution.redrive_tokens.including(token, now)
                announce(execution)
            return ActionResult({"redriveDate": execution.redriven})

    replace(ExecutionWorker, "_get_evaluation_environment", environment)
    execution_class: Any = Execution
    execution_class.redrives, execution_class.redriven, execution_class.redrive_tokens = 0, None, Tokens()
    responses: Any = StepFunctionResponse
    responses.redrive_execution = redrive_execution
    for name in ("describe_execution", "list_executions"):
        replace(StepFunctionResponse, name, _described(seam(StepFunctionResponse, name), lock))


class Tokens(NamedTuple):
    """The client tokens of an execution's last redrives, the oldest first, with when each was used."""

    used: tuple[tuple[str, datetime], ...] = ()

    def is_repeated(self, token: str | None, now: datetime) -> bool:
        """Whether a call with `token` repeats one that has been answered."""
        return any(each == token and now - when < _TOKENS_VALID for each, when in self.used)

    def including(self, token: str | None, now: datetime) -> "Tokens":
        """With a token that has just been used."""
        return Tokens((*self.used, (token, now))[-_MOST_TOKENS:]) if token else self


def _execution(response: Any) -> Any:
    """The execution of a call. Raises moto's errors for one that is none, or that no call may redrive."""
    arn = response._get_param("executionArn") or ""
    if "/" in arn.rpartition(":")[0]:
        raise ValidationException("A child of a Map Run is redriven with the execution that started the Map Run.")
    execution = response.stepfunction_backend.describe_execution(arn)
    if execution.sm_type == StateMachineType.EXPRESS:
        raise InvalidArn("Invalid Arn: 'Resource type not valid in this context: express'")
    return execution


def reason_against(execution: Any, now: datetime) -> str | None:
    """Why an execution cannot be redriven, in AWS's words; None where it can."""
    if execution.status in ("RUNNING", "SUCCEEDED"):
        return f"Execution is {execution.status} and cannot be redriven"
    if now - execution.stop_date > _PERIOD:
        return "Execution redrivable period exceeded"
    if now - execution.start_date > _LONGEST_OPEN:
        return "Execution has exceeded the max execution time"
    if last_event(execution.exec_worker.env.event_manager) >= _MOST_EVENTS:
        return "Execution history event limit exceeded"
    return None


def description(execution: Any) -> dict[str, Any]:
    """What DescribeExecution says of redrives."""
    reason = reason_against(execution, datetime.now(UTC))
    status = {"redriveStatus": "NOT_REDRIVABLE" if reason else "REDRIVABLE"}
    return _redrives(execution) | status | ({"redriveStatusReason": reason} if reason else {})


def _redrives(execution: Any) -> dict[str, Any]:
    date = {"redriveDate": execution.redriven} if execution.redrives else {}
    return {"redriveCount": execution.redrives, **date}


def _go_on(execution: Any, now: datetime, add_event: AddEvent) -> None:
    """Run an execution that has ended on from where it ended."""
    worker = execution.exec_worker
    before, env = worker.env, worker._get_evaluation_environment()
    env._program_state = ProgramRunning()
    env.event_manager = continued(before.event_manager)
    limit_history(env.event_manager, env)
    env.map_run_record_pool_manager = before.map_run_record_pool_manager
    env.progress = progress_of(before).resumed()
    if execution.error == _TOO_LARGE or (execution.error == _RUNTIME and env.progress.map_run is not None):
        env.progress.forget_parts()
    execution.redrives, execution.redriven = execution.redrives + 1, now
    env.states.context_object.context_object_data["Execution"] |= {
        "StartTime": text_of(execution.start_date),
        "RedriveCount": execution.redrives,
        "RedriveTime": text_of(now),
    }
    go_on(add_event, env.event_manager, env.event_history_context, execution.redrives)
    execution.output = execution.error = execution.cause = execution.stop_date = None
    execution.exec_status = ExecutionStatus.RUNNING
    worker.env = env
    worker.start()


def _described(call: Callable[[Any], Any], lock: threading.RLock) -> Callable[[Any], Any]:
    """The call, whose answer says how often executions were redriven, and of a single one whether it can be."""

    def call_and_describe(response: Any) -> Any:
        if response._get_param("redriveFilter") and response._get_param("stateMachineArn"):
            raise ValidationException("redriveFilter lists the executions of a Map Run: it needs a mapRunArn.")
        with lock:
            answer = call(response)
            content, describe = answer.result, response.stepfunction_backend.describe_execution
            for listed in content.get("executions", ()):
                listed |= _redrives(describe(listed["executionArn"]))
            if "executionArn" in content:
                content |= description(describe(content["executionArn"]))
            return answer

    return call_and_describe
