"""Lets the faults of `local.stepfunctions.faults` happen, where Step Functions itself would meet them.

A fault is a failure of the state's attempt, by the name that Step Functions gives it. So the state's own Retry and
Catch see it, and no client's. The retries of a state with faults come at once: how often it is tried again is the
definition's, and the pauses are left out. A call whose answer is lost is made, and so are a job and an execution that a
state waits for; a state that runs out of time ends them, as it does by itself.
"""

import contextlib
import copy
import functools
import threading
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import HistoryEventType, MapRunFailedEventDetails, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.retry.jitter_strategy_decl import JitterStrategyDecl
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import EvalTimeoutError, TimeoutSeconds
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_map.state_map import StateMap
from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task.lambda_eval_utils import LambdaFunctionErrorException
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from local.seams import replace, seam
from local.stepfunctions.faults import AFTER, ANSWER, BEFORE, HOLD, TIMEOUT, Fault, Faults
from local.stepfunctions.lost_connections import LOST

_POLL_SECONDS = 0.02
_STATES_NAMES = {kind.to_name(): kind for kind in StatesErrorNameType}


def install(faults: Faults) -> None:
    """Look at `faults` at each attempt of a Task or a Map."""
    original = seam(state_task_factory, "state_task_service_for")
    lock = threading.Lock()

    def state_task_service_for(service_name: str) -> Any:
        task = original(service_name)
        with lock:
            _install_tasks(type(task), faults)
        return task

    replace(state_task_factory, "state_task_service_for", state_task_service_for)
    _install_timeouts(faults)
    _install_maps(faults)
    _install_retries(faults)


def _install_tasks(kind: type, faults: Faults) -> None:
    """Look at `faults` in all tasks of this class. A task itself holds nothing of the server: executions get copies."""
    if getattr(kind, "_looks_at_faults", False):
        return
    call = seam(kind, "_eval_service_task")

    def call_or_fail(self: Any, env: Any, **arguments: Any) -> None:
        _call(faults, self, functools.partial(call, self), env, **arguments)

    replace(kind, "_eval_service_task", call_or_fail)
    if hasattr(kind, "_eval_integration_pattern"):
        wait = seam(kind, "_eval_integration_pattern")

        def wait_or_garble(self: Any, env: Any, **arguments: Any) -> None:
            _wait(faults, functools.partial(wait, self), env, **arguments)

        replace(kind, "_eval_integration_pattern", wait_or_garble)
    kind._looks_at_faults = True  # type: ignore[attr-defined] - there is no other place for it


def _place(env: Any) -> tuple[str, str]:
    """The names of the execution, of a child's too, and of its state; TestState has no execution."""
    context = env.states.context_object.context_object_data
    return context["Execution"].get("Name", ""), context["State"]["Name"]


def _call(faults: Faults, task: Any, call: Callable[..., None], env: Any, **arguments: Any) -> None:
    """Make a task's call, unless a fault comes before it; what comes after it takes the place of its answer."""
    waits = getattr(task.resource, "condition", None) is not None
    fault = faults.take(*_place(env), BEFORE, AFTER, *(() if waits else (ANSWER,)))
    if fault and fault.moment == BEFORE:
        raise _failure(env, task, fault)
    if fault and fault.moment == AFTER:
        # Whatever the service says is lost, a refusal too; and so is an answer that is lost by itself.
        with contextlib.suppress(ClientError, FailureEventException, LambdaFunctionErrorException, *LOST):
            call(env=env, **arguments)
        raise _failure(env, task, fault)
    call(env=env, **arguments)
    if fault:
        env.stack[-1] = copy.deepcopy(fault.answer)


def _wait(faults: Faults, wait: Callable[..., None], env: Any, **arguments: Any) -> None:
    """Wait for what a task has started, whose description may come garbled."""
    wait(env=env, **arguments)
    if fault := faults.take(*_place(env), ANSWER):
        env.stack[-1] = copy.deepcopy(fault.answer)


def _failure(env: Any, task: Any, fault: Fault) -> FailureEventException:
    details: Any = {
        "taskFailedEventDetails": TaskFailedEventDetails(
            resource=task._get_sfn_resource(),
            resourceType=task._get_sfn_resource_type(),
            error=fault.error,
            cause=fault.cause,
        )
    }
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=_error_name(fault.error),
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(**details),
        )
    )


def _error_name(error: str) -> ErrorName:
    return StatesErrorName(typ=_STATES_NAMES[error]) if error in _STATES_NAMES else ErrorName(error)


def _install_timeouts(faults: Faults) -> None:
    evaluate = seam(ExecutionState, "_evaluate_with_timeout")

    def evaluate_with_timeout(self: Any, env: Any) -> None:
        if isinstance(self, StateTaskService) and faults.take(*_place(env), HOLD):
            _hold(faults, env)
        fault = faults.take(*_place(env), TIMEOUT) if isinstance(self, StateTaskService) else None
        evaluate(_overdue(self, fault.seconds) if fault else self, env)

    replace(ExecutionState, "_evaluate_with_timeout", evaluate_with_timeout)


def _hold(faults: Faults, env: Any) -> None:
    """Wait until nobody holds the state any more, or the execution has ended. It is no part of the state's time."""
    place = _place(env)
    while env.is_running() and faults.hold(*place):
        time.sleep(_POLL_SECONDS)


def _overdue(task: Any, seconds: int) -> Any:
    """A task whose answer, or whose job's end, comes after its time of so many seconds is over."""
    overdue = copy.copy(task)
    overdue.timeout = TimeoutSeconds(seconds)
    waits = getattr(task.resource, "condition", None) is not None

    def until_over(env: Any) -> None:
        while env.is_running():
            time.sleep(_POLL_SECONDS)

    def call(env: Any, **arguments: Any) -> None:
        try:
            task._eval_service_task(env=env, **arguments)
        finally:
            if not waits:
                until_over(env)
        if not waits:
            raise EvalTimeoutError

    def wait(env: Any, **arguments: Any) -> None:
        until_over(env)
        task._eval_integration_pattern(env=env, **arguments)
        raise EvalTimeoutError

    overdue._eval_service_task, overdue._eval_integration_pattern = call, wait
    return overdue


def _install_maps(faults: Faults) -> None:
    evaluate = seam(StateMap, "_eval_execution")

    def evaluate_map(self: Any, env: Any) -> None:
        if fault := faults.take(*_place(env), BEFORE):
            details: Any = {"mapRunFailedEventDetails": MapRunFailedEventDetails(error=fault.error, cause=fault.cause)}
            raise FailureEventException(
                FailureEvent(
                    env=env,
                    error_name=_error_name(fault.error),
                    event_type=HistoryEventType.MapRunFailed,
                    event_details=EventDetails(**details),
                )
            )
        evaluate(self, env)

    replace(StateMap, "_eval_execution", evaluate_map)


def _install_retries(faults: Faults) -> None:
    evaluate = seam(JitterStrategyDecl, "_eval_body")

    def evaluate_jitter(self: Any, env: Any) -> None:
        evaluate(self, env)
        if faults.concern(*_place(env)):
            env.stack[-1] = 0

    replace(JitterStrategyDecl, "_eval_body", evaluate_jitter)
