"""Fails a Distributed Map whose children failed beyond the tolerated threshold, as AWS does; moto tolerates all."""

from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType, MapRunFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import distributed_iteration_component
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from local.seams import replace, seam


def install() -> None:
    """Check the counters where the interpreter has run all children."""
    component = seam(distributed_iteration_component, "DistributedIterationComponent")
    run = seam(component, "_map_run")

    def map_run(self: Any, env: Any, eval_input: Any) -> None:
        run(self, env=env, eval_input=eval_input)
        record = eval_input.map_run_record
        failed = sum(getattr(record.item_counter, kind).get() for kind in ("failed", "timed_out", "aborted"))
        total = record.item_counter.total.get()
        if _exceeds(failed, total, eval_input.tolerated_failure_count, eval_input.tolerated_failure_percentage):
            raise _threshold_exceeded(env)

    replace(component, "_map_run", map_run)


def _exceeds(failed: int, total: int, tolerated_count: int, tolerated_percentage: float) -> bool:
    """Whether `failed` of `total` is more than is tolerated: by the count, by the percentage, by nothing at all."""
    if failed == 0:
        return False
    within_count = 0 < tolerated_count >= failed
    within_percentage = tolerated_percentage > 0 and 100 * failed <= tolerated_percentage * total
    return not (within_count or within_percentage)


def _threshold_exceeded(env: Any) -> FailureEventException:
    kind = StatesErrorNameType.StatesExceedToleratedFailureThreshold
    cause = "The specified tolerated failure threshold was exceeded"
    details: Any = {"mapRunFailedEventDetails": MapRunFailedEventDetails(error=kind.to_name(), cause=cause)}
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=StatesErrorName(typ=kind),
            event_type=HistoryEventType.MapRunFailed,
            event_details=EventDetails(**details),
        )
    )
