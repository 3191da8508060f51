"""Executions that have just been started.

moto gives an execution what it runs in only once it has made the components of its definition, some hundredths of a
second for a long one. Until then its stop, and DescribeMapRun of any other execution, end in an internal error. Here it
runs, and its history begins, before anyone can ask for it. Its start is in the Context object as AWS writes times
there, and not as an object of Python, by which each intrinsic function that gets it fails.
"""

import threading
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.program_state import ProgramRunning
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

from local.seams import replace, seam
from local.stepfunctions.ends import Announce, limit_history
from local.stepfunctions.thread_faults import guard
from local.stepfunctions.times import text_of


def install(lock: threading.RLock, announce: Announce) -> None:
    """Make what an execution runs in with it; call `announce` with each that starts, while `lock` is held."""
    make = seam(ExecutionWorker, "__init__")
    environment_of = seam(ExecutionWorker, "_get_evaluation_environment")
    start = seam(Execution, "start")
    seam(ExecutionWorker, "_execution_logic")

    def __init__(self: Any, *arguments: Any, **keywords: Any) -> None:  # noqa: N807 - replaces the class's own
        make(self, *arguments, **keywords)
        self.env = environment_of(self)
        self.env._program_state = ProgramRunning()
        execution = self.env.states.context_object.context_object_data["Execution"]
        execution["StartTime"] = text_of(execution["StartTime"])
        limit_history(self.env.event_manager, self.env)
        _begin_history(self)

    def run(self: Any) -> None:
        env = self.env
        guard(env, lambda: self._get_evaluation_entrypoint().eval(env))()
        with lock:
            # A state that goes on after a stop may end when the execution has been redriven: this end is not its end.
            if self.env is env:
                self._execution_communication.terminated()

    def start_and_announce(self: Any) -> None:
        with lock:
            start(self)
            announce(self)

    replace(ExecutionWorker, "__init__", __init__)
    replace(ExecutionWorker, "_execution_logic", run)
    replace(Execution, "start", start_and_announce)


def _begin_history(worker: Any) -> None:
    details, env = worker._evaluation_details, worker.env
    started = {
        "input": to_json_str(details.execution_details.inpt),
        "inputDetails": {"truncated": False},
        "roleArn": details.aws_execution_details.role_arn,
    }
    member: Any = {"executionStartedEventDetails": started}
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=HistoryEventType.ExecutionStarted,
        event_details=EventDetails(**member),
        # One moment, as on AWS: DescribeExecution and the Context object have it too.
        timestamp=details.execution_details.start_time,  # type: ignore[arg-type] - moto has a time there
        update_source_event_id=False,
    )
