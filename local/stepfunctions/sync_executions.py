"""StartSyncExecution: runs an Express workflow to its end, and answers with what became of it.

Sources: StartSyncExecution in the API reference, "Synchronous Express Workflows" in the developer guide: five minutes
at most, no execution that other calls know, no notice to EventBridge. What is billed is left out.
"""

import json
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import ExecutionStatus, StateMachineType
from moto.stepfunctions.parser.backend.execution import SyncExecution
from moto.stepfunctions.responses import StepFunctionResponse

from local.seams import seam
from local.stepfunctions.refusals import CallRefusedError
from local.stepfunctions.versions import machine_of, route

_LONGEST_SECONDS = 300


def install(count: Callable[[Any], None]) -> None:
    """Serve the call; `count` each execution when it starts. Its end is announced as that of others."""
    seam(SyncExecution, "_get_start_execution_worker")

    def start_sync_execution(response: Any) -> ActionResult:
        execution = _execution(response)
        execution.exec_worker = worker = execution._get_start_execution_worker()
        execution.exec_status = ExecutionStatus.RUNNING
        count(execution)
        limit = threading.Timer(_LONGEST_SECONDS, worker.env.set_timed_out)
        limit.daemon = True
        limit.start()
        worker._execution_logic()
        limit.cancel()
        return ActionResult(_answer(execution))

    responses: Any = StepFunctionResponse
    responses.start_sync_execution = start_sync_execution


def _execution(response: Any) -> Any:
    """An execution that is to be run. Raises CallRefusedError."""
    backend, name = response.stepfunction_backend, response._get_param("name")
    machine = backend.describe_state_machine(route(backend, response._get_param("stateMachineArn") or ""))
    if machine.type != "EXPRESS":
        raise CallRefusedError(
            "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine"
        )
    prefix = machine_of(machine.arn).replace(":stateMachine:", ":express:")
    return SyncExecution(
        name=name,
        sm_type=StateMachineType.EXPRESS,
        role_arn=machine.roleArn,
        exec_arn=f"{prefix}:{name}:{uuid.uuid4()}",
        account_id=response.current_account,
        region_name=response.region,
        state_machine=machine,
        start_date=datetime.now(UTC),
        cloud_watch_logging_session=None,
        input_data=response._get_param("input") or "{}",
        trace_header=response._get_param("traceHeader"),
        activity_store={},
    )


def _answer(execution: Any) -> dict[str, Any]:
    succeeded, timed_out = execution.exec_status == ExecutionStatus.SUCCEEDED, ExecutionStatus.TIMED_OUT
    outcome: dict[str, Any] = {"error": execution.error, "cause": execution.cause}
    if succeeded:
        outcome = {"output": json.dumps(execution.output, separators=(",", ":")), "outputDetails": {"included": True}}
    status = execution.status if succeeded or execution.exec_status == timed_out else "FAILED"
    return {
        "executionArn": execution.execution_arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "startDate": execution.start_date,
        "stopDate": execution.stop_date,
        "status": status,
        "input": execution.execution_input,
        "inputDetails": {"included": True},
        **{field: value for field, value in outcome.items() if value is not None},
    }
