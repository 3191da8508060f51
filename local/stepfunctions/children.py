"""The children of a Distributed Map are executions, each with a history (`listings` answers for them).

moto evaluates them within the execution that has the Map, and drops their events. Here each has events of its own. Of a
Map Run the first thousand are kept: they stay in memory until the server ends.

Where its parent is redriven, a child that has succeeded stays as it is, and another goes on, by its own history.
"""

import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor import (
    distributed_item_processor_worker,
)
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext, EventManager
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded, ProgramStopped, ProgramTimedOut

from local.seams import replace, seam
from local.stepfunctions.ends import limit_history
from local.stepfunctions.redrive_history import AddEvent, continued, go_on, last_event
from local.stepfunctions.redrive_progress import progress_of

MOST_RECORDED = 1000


@dataclass
class Child:
    """A child execution: its ARN, when it began and ended, how, its events, and how often it was redriven."""

    arn: str
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    status: str = "RUNNING"
    events: EventManager = field(default_factory=EventManager)
    redrives: int = 0
    redriven: datetime | None = None
    # The error and the cause of one that failed.
    reasons: dict[str, Any] = field(default_factory=dict)

    def end_with_parent(self, add_event: AddEvent) -> None:
        """Have ended, if its parent has ended around it."""
        if self.ended is None:
            context = EventHistoryContext.of_program_start()
            context.source_event_id = last_event(self.events)
            add_event(self.events, context, HistoryEventType.ExecutionAborted)
            self.status, self.ended = "ABORTED", datetime.now(UTC)

    def entry(self, map_run: str) -> dict[str, Any]:
        """The child as ListExecutions has it."""
        machine = self.arn.rpartition(":")[0].replace(":execution:", ":stateMachine:")
        ended = {"stopDate": self.ended} if self.ended else {}
        redriven = {"redriveDate": self.redriven} if self.redriven else {}
        return {
            "executionArn": self.arn,
            "stateMachineArn": machine,
            "name": self.arn.rpartition(":")[2],
            "status": self.status,
            "startDate": self.started,
            "mapRunArn": map_run,
            "redriveCount": self.redrives,
            **redriven,
            **ended,
        }

    def begin(self, env: Any, add_event: AddEvent) -> None:
        """Start, or go on where it was started before."""
        env.event_history_context = EventHistoryContext.of_program_start()
        if not self.events.get_event_history():
            env.event_manager = self.events
            limit_history(self.events, env)
            self.events.add_event(env.event_history_context, HistoryEventType.ExecutionStarted)
            return
        if self.ended is None:
            # Its parent has ended around it.
            add_event(self.events, env.event_history_context, HistoryEventType.ExecutionAborted)
        env.event_manager = self.events = continued(self.events)
        limit_history(self.events, env)
        self.status, self.ended = "RUNNING", None
        self.redrives, self.redriven = self.redrives + 1, datetime.now(UTC)
        go_on(add_event, self.events, env.event_history_context, self.redrives)

    def end(self, env: Any, add_event: AddEvent) -> None:
        """End as the program has ended that ran in `env`, unless it has been redriven since."""
        if self.events is env.event_manager:
            self.reasons = _reasons(env.program_state())
            self.status, event = next(end for state, end in _ENDS.items() if isinstance(env.program_state(), state))
            add_event(self.events, env.event_history_context, event)
            self.ended = datetime.now(UTC)


def _reasons(state: Any) -> dict[str, Any]:
    error: Any = getattr(state, "error", None)
    reasons = error if isinstance(error, dict) else {}
    return {name: reasons[name] for name in ("error", "cause") if reasons.get(name)}


_ENDS: dict[type, tuple[str, HistoryEventType]] = {
    ProgramEnded: ("SUCCEEDED", HistoryEventType.ExecutionSucceeded),
    ProgramStopped: ("ABORTED", HistoryEventType.ExecutionAborted),
    ProgramTimedOut: ("TIMED_OUT", HistoryEventType.ExecutionTimedOut),
    object: ("FAILED", HistoryEventType.ExecutionFailed),
}


class Children:
    """The children of all Map Runs, in the order of their starts."""

    def __init__(self) -> None:
        self.runs: dict[str, list[Child]] = {}

    def add(self, map_run: str, child: Child) -> None:
        """Keep a child, unless the Map Run has as many as are kept."""
        run = self.runs.setdefault(map_run, [])
        if len(run) < MOST_RECORDED:
            run.append(child)

    def of(self, map_run: str) -> list[Child]:
        """The children of a Map Run, the oldest first."""
        return self.runs.get(map_run, [])

    def all(self) -> list[Child]:
        """The children of all Map Runs."""
        return [child for run in self.runs.values() for child in run]

    def named(self, arn: str) -> Child | None:
        """The child with this ARN, or None: an execution's own ARN has no slash, only a child's names the Map Run."""
        if "/" not in arn:
            return None
        return next((each for run in self.runs.values() for each in run if each.arn == arn), None)

    def map_run_of(self, child: Child) -> str:
        """The ARN of the Map Run that started a child."""
        return next(map_run for map_run, run in self.runs.items() if any(each is child for each in run))


def install(lock: threading.RLock) -> Children:
    """Give each child a history; return them."""
    children = Children()
    worker = seam(distributed_item_processor_worker, "DistributedItemProcessorWorker")
    evaluate = seam(worker, "_eval_job")
    # As it is before `ends` lets none but an execution's own end into a history.
    add_event = seam(EventManager, "add_event")

    def evaluate_child(self: Any, env: Any, job: Any) -> None:
        env.progress = progress_of(env).part(job.job_index)
        if env.progress.succeeded:
            job.job_output = env.progress.output
            return
        map_run = self._map_run_record.map_run_arn
        machine = map_run.rpartition(":")[0].replace(":mapRun:", ":execution:")
        with lock:
            child = env.progress.child
            if child is None:
                child = env.progress.child = Child(f"{machine}:{uuid.uuid4()}")
                children.add(map_run, child)
            child.begin(env, add_event)
        evaluate(self, env, job)
        with lock:
            child.end(env, add_event)

    replace(worker, "_eval_job", evaluate_child)
    return children
