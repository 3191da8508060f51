"""How Map Runs end: event, status, time and counts in one step, and ABORTED with an execution that ends around them.

moto puts MapRunSucceeded or MapRunFailed into the history before DescribeMapRun says so, and counts a child as ended
before it stops counting it as running, for a moment more children than there are. Here the children that run are those
that have begun and not ended, and the counts of a Map Run that has ended are its last.

The Map Run of an execution that is redriven goes on: `local.stepfunctions.redrive_map_runs`.
"""

import threading
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType, MapRunStatus
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEventException
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import distributed_iteration_component
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor.map_run_record import (
    MapRunRecord,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager

from local.seams import replace, seam
from local.stepfunctions import redrive_map_runs
from local.stepfunctions.redrive_progress import progress_of

_ENDED = ("succeeded", "failed", "timedOut", "aborted")


def install(lock: threading.RLock) -> None:
    """Write the ends of Map Runs under `lock`."""
    component = seam(distributed_iteration_component, "DistributedIterationComponent")
    for name in ("_eval_body", "_map_run"):
        seam(component, name)
    describe = seam(MapRunRecord, "describe")
    set_stop = seam(MapRunRecord, "set_stop")
    final: dict[str, dict[str, Any]] = {}

    def describe_consistently(self: Any) -> dict[str, Any]:
        with lock:
            content = dict(describe(self))
            counts = {name: _consistent(content[name], self.status) for name in ("itemCounts", "executionCounts")}
            return content | final.get(self.map_run_arn, counts) | redrive_map_runs.description(self)

    def stop_once(self: Any, status: MapRunStatus) -> None:
        with lock:
            if self.stop_date is not None:
                return
            set_stop(self, status)
            content = describe(self)
            final[self.map_run_arn] = {
                name: _consistent(content[name], status) for name in ("itemCounts", "executionCounts")
            }

    def evaluate(self: Any, env: Any) -> None:
        eval_input = env.stack.pop()
        with lock:
            if redrive_map_runs.resume(env, eval_input):
                final.pop(eval_input.map_run_record.map_run_arn, None)
            event, details = redrive_map_runs.first_event(eval_input.map_run_record)
            env.event_manager.add_event(env.event_history_context, event, details)
        _run(self, env, eval_input, lock)

    replace(MapRunRecord, "describe", describe_consistently)
    replace(MapRunRecord, "set_stop", stop_once)
    replace(component, "_eval_body", evaluate)


def _run(component: Any, env: Any, eval_input: Any, lock: threading.RLock) -> None:
    """Run the children, whose events are not the execution's, and write how the Map Run ended."""
    history, record = env.event_manager, eval_input.map_run_record
    status, event, details = MapRunStatus.FAILED, HistoryEventType.MapRunFailed, {}
    try:
        _push_items(env, eval_input)
        env.event_manager = EventManager()
        component._map_run(env=env, eval_input=eval_input)
        status, event = MapRunStatus.SUCCEEDED, HistoryEventType.MapRunSucceeded
    except FailureEventException as failure:
        error, cause = failure.extract_error_cause_pair() or (None, None)
        details = {name: value for name, value in (("error", error), ("cause", cause)) if value}
        raise
    finally:
        env.event_manager = history
        failed: Any = {"mapRunFailedEventDetails": details} if status == MapRunStatus.FAILED else {}
        with lock:
            if record.status == MapRunStatus.RUNNING:
                history.add_event(env.event_history_context, event, EventDetails(**failed) if failed else None)
                record.set_stop(status)


def _push_items(env: Any, eval_input: Any) -> None:
    """The items, from where the definition says; a Map Run that is redriven has those that it had."""
    progress = progress_of(env)
    if progress.items is None:
        if eval_input.item_reader:
            eval_input.item_reader.eval(env=env)
        else:
            env.stack.append(eval_input.input_items)
        progress.items = list(env.stack.pop())
    env.stack.append(list(progress.items))


def _consistent(counts: Any, status: MapRunStatus) -> dict[str, int]:
    """Counts that add up: what has begun and not ended runs, or has ended with its Map Run."""
    remaining = max(0, counts["total"] - counts["pending"] - sum(counts[name] for name in _ENDED))
    if status == MapRunStatus.RUNNING:
        return counts | {"running": remaining}
    rest = "aborted" if status == MapRunStatus.ABORTED else "failed"
    return counts | {"running": 0, rest: counts[rest] + remaining}
