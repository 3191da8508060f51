"""What the API shows of executions and Map Runs: each answer is of one moment.

moto reads a status, then once more for the time of its end, then the output, while another thread ends the execution;
and an execution that is being started is in its lists before it has a status. Here each of these calls takes the lock
under which executions start and end. DescribeExecution and ListExecutions give the time of a timeout too, and outputs
are JSON.
"""

import threading
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.responses import StepFunctionResponse

from local.seams import replace, seam

_CALLS = (
    "start_execution",
    "describe_execution",
    "list_executions",
    "get_execution_history",
    "list_map_runs",
    "describe_map_run",
    "update_map_run",
    "send_task_success",
    "send_task_failure",
    "send_task_heartbeat",
)


def install(lock: threading.RLock) -> None:
    """Let the API's calls hold `lock` for as long as they read."""
    for name in _CALLS:
        replace(StepFunctionResponse, name, _lock_call(seam(StepFunctionResponse, name), lock))


def _lock_call(call: Callable[[Any], Any], lock: threading.RLock) -> Callable[[Any], Any]:
    def call_under_lock(response: Any) -> Any:
        with lock:
            answer = call(response)
            content = answer.result
            if isinstance(content, dict):
                for record in (content, *content.get("executions", ())):
                    _complete(record, response.stepfunction_backend)
            return answer

    return call_under_lock


def _complete(record: dict[str, Any], backend: Any) -> None:
    if "outputDetails" in record:
        # moto leaves null out, and a text without its quotes: this is what the last event has.
        output = backend.describe_execution(record["executionArn"]).output
        record["output"] = to_json_str(output, separators=(",", ":"))
    if record.get("status") == "TIMED_OUT" and "stopDate" not in record:
        record["stopDate"] = backend.describe_execution(record["executionArn"]).stop_date
