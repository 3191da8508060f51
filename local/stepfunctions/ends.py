"""How executions end: in one step, the first end only, and whoever sees that one has ended sees how.

moto puts the last event into the history in one thread, and writes status, time and output one by one in another, which
does not wait for the first where the execution ran out of time; one that is stopped before its first state begins never
gets its last event; one that is stopped in the middle of a state goes on being RUNNING until the state ends, and
where the state then fails it is FAILED. Here each end is written under a lock that also whoever reads takes
(`local.stepfunctions.views`): the last event, the Map Runs that end with it, output, error and cause, the time, the
status, and EventBridge's notice. A stop and a timeout end the execution at once, as on AWS. What its states still
do is not in the history any more, whose last event is the end.

The error and cause of a StopExecution, which moto drops, are in DescribeExecution and in the history.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType, MapRunStatus
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.asl.eval.program_state import (
    ProgramEnded,
    ProgramError,
    ProgramStopped,
    ProgramTimedOut,
)
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.responses import StepFunctionResponse

from local.seams import replace, seam
from local.stepfunctions import thread_faults

_LAST_EVENTS = frozenset(
    {
        HistoryEventType.ExecutionSucceeded,
        HistoryEventType.ExecutionFailed,
        HistoryEventType.ExecutionAborted,
        HistoryEventType.ExecutionTimedOut,
    }
)

Announce = Callable[[Any], None]

# The last of them is the execution's end ("Avoid reaching the history quota" in the developer guide).
MOST_EVENTS = 25_000


@dataclass(frozen=True)
class End:
    """An execution's end: its status, the last event of its history and that event's details, and its output."""

    status: ExecutionStatus
    event: HistoryEventType
    # The member of the event that holds the details.
    member: str
    details: dict[str, Any] = field(default_factory=dict)
    output: Any = None


def install(lock: threading.RLock, announce: Announce) -> None:
    """Write ends under `lock`, and call `announce` with the execution while it is held."""
    _install_first_end()
    _install_timeouts()
    add_event = _install_closed_histories(lock)
    end = _ending(lock, announce, add_event)

    def reflect(self: Any) -> None:
        end(self.execution)

    def stop(self: Any, stop_date: datetime, error: str | None, cause: str | None) -> None:  # noqa: ARG001 - moto's
        with lock:
            self.exec_worker.stop(stop_date=datetime.now(UTC), error=error, cause=cause)
            if isinstance(self.exec_worker.env.program_state(), ProgramStopped):
                end(self)

    replace(BaseExecutionWorkerCommunication, "_reflect_execution_status", reflect)
    replace(Execution, "stop", stop)
    replace(StepFunctionResponse, "stop_execution", _stop_execution)


def _install_first_end() -> None:
    """Let the first of stop, timeout and failure be the program's end, and wake its states for good.

    moto wakes those that wait already; one that is about to would wait for as long as its definition says.
    """
    set_error, set_timed_out, set_stop = (seam(Environment, f"set_{end}") for end in ("error", "timed_out", "stop"))

    def set_first_error(self: Any, error: Any) -> None:
        with self._state_mutex:
            if not isinstance(self._program_state, ProgramStopped | ProgramTimedOut | ProgramError):
                set_error(self, error)
                self.program_state_event.set()

    def time_out_running(self: Any) -> None:
        with self._state_mutex:
            if self.is_running():
                set_timed_out(self)
                self.program_state_event.set()

    def stop_running(self: Any, stop_date: Any, cause: str | None, error: str | None) -> None:
        with self._state_mutex:
            if self.is_running():
                set_stop(self, stop_date=stop_date, cause=cause, error=error)
                self.program_state_event.set()

    replace(Environment, "set_error", set_first_error)
    replace(Environment, "set_timed_out", time_out_running)
    replace(Environment, "set_stop", stop_running)


def _install_timeouts() -> None:
    """Begin no program that has been stopped, and wait for the end of one that ends just when its time is over."""
    seam(Program, "eval")

    def evaluate(self: Any, env: Any) -> None:
        timeout = self.timeout_seconds.timeout_seconds if self.timeout_seconds else None
        with env._state_mutex:
            if env.program_state() is not None and not env.is_running():
                return
            env.next_state_name = self.start_at.start_at_name
        work = thread_faults.guard(env, lambda: EvalComponent.eval(self, env))
        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        worker.join(timeout)
        if worker.is_alive():
            env.set_timed_out()
            if not isinstance(env.program_state(), ProgramTimedOut):
                worker.join()

    replace(Program, "eval", evaluate)


def _install_closed_histories(lock: threading.RLock) -> Callable[..., int]:
    """Let nothing into a history after its last event, and that only with the status; return what puts it there."""
    add_event = seam(EventManager, "add_event")

    def add_before_the_end(self: Any, context: Any, event_type: Any, *arguments: Any, **keywords: Any) -> int:
        with lock:
            history = self._history_event_list
            if event_type in _LAST_EVENTS or (history and history[-1]["type"] in _LAST_EVENTS):
                return context.last_published_event_id
            if len(history) >= MOST_EVENTS - 1 and (end_by_size := getattr(self, "end_by_size", None)):
                end_by_size()
                return context.last_published_event_id
            return add_event(self, context, event_type, *arguments, **keywords)

    replace(EventManager, "add_event", add_before_the_end)
    return add_event


def limit_history(events: EventManager, env: Environment) -> None:
    """Let the program of `env` fail where its history, `events`, has no room but for the end."""
    cause = f"The execution reached the maximum number of history events ({MOST_EVENTS})."
    error: Any = {"error": "States.Runtime", "cause": cause}
    setattr(events, "end_by_size", lambda: env.set_error(error))  # noqa: B010 - moto's class has no such field


def _ending(lock: threading.RLock, announce: Announce, add_event: Callable[..., int]) -> Callable[[Any], None]:
    """What writes the end of an execution, once."""

    def write(execution: Any) -> None:
        with lock:
            if execution.stop_date is not None:
                return
            env, now = execution.exec_worker.env, datetime.now(UTC)
            thread_faults.guard(env, lambda: _end(env.program_state(), env))()
            end = _end(env.program_state(), env)
            for run in env.map_run_record_pool_manager.get_all():
                if run.status == MapRunStatus.RUNNING:
                    env.event_manager.add_event(env.event_history_context, HistoryEventType.MapRunAborted)
                    run.set_stop(MapRunStatus.ABORTED)
            details: Any = {end.member: end.details}
            add_event(env.event_manager, env.event_history_context, end.event, EventDetails(**details), now)
            execution.output = end.output
            execution.error, execution.cause = end.details.get("error"), end.details.get("cause")
            execution.stop_date, execution.exec_status = now, end.status
            announce(execution)

    return write


def _end(state: Any, env: Any) -> End:
    """How an execution ends whose program is in `state`. Raises ValueError where it is running."""
    if isinstance(state, ProgramEnded):
        output = env.states.get_input()
        details = {
            "output": to_json_str(output, separators=(",", ":")),
            "outputDetails": {"truncated": False},
        }
        event = HistoryEventType.ExecutionSucceeded
        return End(ExecutionStatus.SUCCEEDED, event, "executionSucceededEventDetails", details, output)
    if isinstance(state, ProgramError):
        event = HistoryEventType.ExecutionFailed
        return End(ExecutionStatus.FAILED, event, "executionFailedEventDetails", _reasons(state.error or {}))
    if isinstance(state, ProgramStopped):
        reasons = _reasons({"error": state.error, "cause": state.cause})
        return End(ExecutionStatus.ABORTED, HistoryEventType.ExecutionAborted, "executionAbortedEventDetails", reasons)
    if isinstance(state, ProgramTimedOut):
        return End(ExecutionStatus.TIMED_OUT, HistoryEventType.ExecutionTimedOut, "executionTimedOutEventDetails")
    raise ValueError(f"an execution ends whose program is {type(state).__name__}")


def _reasons(error: Any) -> dict[str, Any]:
    return {name: error[name] for name in ("error", "cause") if error.get(name) is not None}


def _stop_execution(response: Any) -> ActionResult:
    execution = response.stepfunction_backend.describe_execution(response._get_param("executionArn"))
    now = datetime.now(UTC)
    execution.stop(stop_date=now, error=response._get_param("error"), cause=response._get_param("cause"))
    return ActionResult({"stopDate": execution.stop_date or now})
