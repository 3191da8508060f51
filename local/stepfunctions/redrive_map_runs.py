"""The Map Run of an execution that is redriven: the same goes on with the children that have not succeeded.

Its ARN, its items and the children that succeeded stay; the others are redriven by themselves, under their own ARNs, or
are started where they never were. Source: "Redriving Map Runs in Step Functions
executions" in the Step Functions developer guide.
"""

from copy import copy
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType, MapRunStatus
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor.map_run_record import (
    ExecutionCounter,
    ItemCounter,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.state_map import StateMap
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from local.seams import replace, seam
from local.stepfunctions.redrive_progress import Progress, progress_of


class _MapRunsWithoutAnother:
    """Stands for the Map Runs of an execution while a Map begins that has one already: the one it makes is dropped."""

    def __init__(self, map_runs: Any) -> None:
        self.map_runs = map_runs

    def add(self, map_run_record: Any) -> None:
        """Drop the record."""


def install() -> None:
    """Let a Map that is redriven make no Map Run."""
    run = seam(StateMap, "_eval_execution")

    def evaluate(self: Any, env: Any) -> None:
        progress = progress_of(env)
        if progress.resumes and progress.map_run is not None:
            env.map_run_record_pool_manager = _MapRunsWithoutAnother(env.map_run_record_pool_manager)
        run(self, env)

    replace(StateMap, "_eval_execution", evaluate)


def resume(env: Any, eval_input: Any) -> bool:
    """Let a Map go on with its Map Run; whether it had one. Otherwise its new one is written down."""
    progress = progress_of(env)
    resumes = progress.begin_parts() and progress.map_run is not None
    if resumes:
        env.map_run_record_pool_manager = env.map_run_record_pool_manager.map_runs
        eval_input.map_run_record = _restarted(progress)
        env.map_run_record_pool_manager.add(eval_input.map_run_record)
    progress.map_run = eval_input.map_run_record
    return resumes


def _restarted(progress: Progress) -> Any:
    """The Map Run, which runs again; of its children those that succeeded count already.

    Children of the attempt before that have not ended yet go on counting in the record as it was.
    """
    record = copy(progress.map_run)
    record.execution_counter, record.item_counter = ExecutionCounter(), ItemCounter()
    succeeded = sum(part.succeeded for part in progress.parts.values())
    for counter in (record.execution_counter, record.item_counter):
        for name in ("succeeded", "results_written", "total"):
            getattr(counter, name).count(succeeded)
    record.status, record.stop_date = MapRunStatus.RUNNING, None
    record.redrives, record.redriven = _redrives(record) + 1, datetime.now(UTC)
    return record


def _redrives(record: Any) -> int:
    return getattr(record, "redrives", 0)


def first_event(record: Any) -> tuple[HistoryEventType, EventDetails]:
    """What a history says of a Map Run that begins, or goes on."""
    arn, redrives = record.map_run_arn, _redrives(record)
    started: Any = {"mapRunStartedEventDetails": {"mapRunArn": arn}}
    redriven: Any = {"mapRunRedrivenEventDetails": {"mapRunArn": arn, "redriveCount": redrives}}
    if redrives:
        return HistoryEventType.MapRunRedriven, EventDetails(**redriven)
    return HistoryEventType.MapRunStarted, EventDetails(**started)


def description(record: Any) -> dict[str, Any]:
    """What DescribeMapRun says of redrives."""
    redrives = _redrives(record)
    return {"redriveCount": redrives} | ({"redriveDate": record.redriven} if redrives else {})
