"""The children of a Distributed Map are executions: ListExecutions names them by their Map Run, and each has a history.

moto evaluates them within the execution that has the Map, and drops their events. Here each has events of its own. Of a
Map Run the first thousand are kept: they stay in memory until the server ends.
"""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor import (
    distributed_item_processor_worker,
)
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext, EventManager
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded
from moto.stepfunctions.responses import StepFunctionResponse

from local.seams import replace, seam

MOST_RECORDED = 1000


@dataclass
class Child:
    """A child execution: its ARN, when it began and ended, how, and its events."""

    arn: str
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    status: str = "RUNNING"
    events: EventManager = field(default_factory=EventManager)

    def entry(self, map_run: str) -> dict[str, Any]:
        """The child as ListExecutions has it."""
        machine = self.arn.rpartition(":")[0].replace(":execution:", ":stateMachine:")
        ended = {"stopDate": self.ended} if self.ended else {}
        return {
            "executionArn": self.arn,
            "stateMachineArn": machine,
            "name": self.arn.rpartition(":")[2],
            "status": self.status,
            "startDate": self.started,
            "mapRunArn": map_run,
            **ended,
        }


def install(lock: threading.RLock) -> None:
    """Give each child a history, and show it by the API."""
    runs: dict[str, list[Child]] = {}
    worker = seam(distributed_item_processor_worker, "DistributedItemProcessorWorker")
    evaluate = seam(worker, "_eval_job")
    # As it is before `ends` lets none but an execution's own end into a history.
    add_event = seam(EventManager, "add_event")

    def evaluate_child(self: Any, env: Any, job: Any) -> None:
        map_run = self._map_run_record.map_run_arn
        machine = map_run.rpartition(":")[0].replace(":mapRun:", ":execution:")
        child = Child(f"{machine}:{uuid.uuid4()}")
        with lock:
            if len(runs.setdefault(map_run, [])) < MOST_RECORDED:
                runs[map_run].append(child)
        env.event_manager, env.event_history_context = child.events, EventHistoryContext.of_program_start()
        child.events.add_event(env.event_history_context, HistoryEventType.ExecutionStarted)
        evaluate(self, env, job)
        succeeded = isinstance(env.program_state(), ProgramEnded)
        end = HistoryEventType.ExecutionSucceeded if succeeded else HistoryEventType.ExecutionFailed
        with lock:
            add_event(child.events, env.event_history_context, end)
            child.status, child.ended = ("SUCCEEDED" if succeeded else "FAILED"), datetime.now(UTC)

    replace(worker, "_eval_job", evaluate_child)
    replace(StepFunctionResponse, "list_executions", _list(runs, seam(StepFunctionResponse, "list_executions")))
    history = seam(StepFunctionResponse, "get_execution_history")
    replace(StepFunctionResponse, "get_execution_history", _history(runs, history))


def _list(runs: dict[str, list[Child]], call: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def list_executions(response: Any) -> Any:
        map_run = response._get_param("mapRunArn")
        if not map_run:
            return call(response)
        status, start = response._get_param("statusFilter"), int(response._get_param("nextToken") or 0)
        end = start + (response._get_int_param("maxResults") or 100)
        # The newest first, as AWS has them.
        children = [each for each in reversed(runs.get(map_run, [])) if status in (None, each.status)]
        more = {"nextToken": str(end)} if end < len(children) else {}
        return ActionResult({"executions": [each.entry(map_run) for each in children[start:end]], **more})

    return list_executions


def _history(runs: dict[str, list[Child]], call: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def get_execution_history(response: Any) -> Any:
        arn = response._get_param("executionArn") or ""
        # An execution's own ARN has no slash: only a child's names the Map Run.
        for child in (each for run in runs.values() for each in run) if "/" in arn else ():
            if child.arn == arn:
                return ActionResult({"events": child.events.get_event_history()})
        return call(response)

    return get_execution_history
