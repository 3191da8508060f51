"""What a fault of the embedded AWS's own does to the execution in whose thread it comes up.

An execution is many threads: its own, one for its program, one for each branch and each worker of a Map. moto waits for
them without an end, so that one that dies of a fault leaves the execution RUNNING for ever. Here the program that it
belongs to fails by `States.Runtime`, as AWS names what it cannot process, and the server's log has the fault.
Source: the table of error names in "Handling errors in Step Functions workflows" of the developer guide.
"""

import logging
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor import (
    distributed_item_processor_worker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.iteration_worker import IterationWorker
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.iterator import distributed_iterator_worker
from moto.stepfunctions.parser.asl.eval.environment import Environment

from local.seams import replace, seam

log = logging.getLogger(__name__)


def install() -> None:
    """Let no worker of a Map end without its item, and none of them need more of the stack the more items it has."""
    workers: tuple[tuple[Any, str, str], ...] = (
        (IterationWorker, "open_inner_frame", "close_frame"),
        (distributed_item_processor_worker.DistributedItemProcessorWorker, "open_inner_frame", "delete_frame"),
        (distributed_iterator_worker.DistributedIteratorWorker, "open_frame", "delete_frame"),
    )
    for worker, enter, leave in workers:
        seam(worker, "_eval_pool")
        replace(worker, "_eval_pool", _pool(seam(Environment, enter), seam(Environment, leave), leave == "close_frame"))


def cause_of(fault: Exception) -> str:
    """What an execution's cause says of a fault.

    >>> cause_of(KeyError("rides"))
    "The embedded AWS failed: KeyError('rides'). Its log has more."
    """
    return f"The embedded AWS failed: {fault!r}. Its log has more."


def fail(env: Environment, fault: Exception) -> None:
    """Write a fault to the log, and let the program of `env` fail by it."""
    execution = env.states.context_object.context_object_data["Execution"]["Id"]
    log.error("A fault of the embedded AWS's own ends %s, or a part of it", execution, exc_info=fault)
    error: Any = {"error": "States.Runtime", "cause": cause_of(fault)}
    env.set_error(error)


def guard(env: Environment, work: Callable[[], object]) -> Callable[[], None]:
    """`work` for a thread: the program of `env` fails by what it raises."""

    def run() -> None:
        try:
            work()
        except Exception as fault:  # noqa: BLE001 - whatever it is, nobody else waits for it
            fail(env, fault)

    return run


def _pool(enter: Callable[..., Any], leave: Callable[..., Any], in_order: bool) -> Callable[[Any, Any, Any], None]:
    """What a worker of a Map does with the items that are left.

    It makes an environment for each by `enter` and gives it up by `leave`. With `in_order` what follows the Map comes
    after the last event of its last item.
    """

    def evaluate_pool(self: Any, job: Any, worker_frame: Any) -> None:
        while job is not None:
            frame = enter(worker_frame)
            try:
                self._eval_job(env=frame, job=job)
            except Exception as fault:  # noqa: BLE001 - as above
                fail(frame, fault)
                job.job_output = RuntimeError(cause_of(fault))
            leave(worker_frame, frame)
            ends = isinstance(job.job_output, Exception) or self.stopped()
            following = None if ends else self._job_pool.next_job()
            if following is None:
                if in_order and not ends:
                    last = frame.event_history_context.last_published_event_id
                    worker_frame.event_history_context.source_event_id = last
                # Before the job is closed: with the last of them the Map's own environment goes on.
                leave(self._env, worker_frame)
                self._job_pool.close_job(job)
                return
            self._job_pool.close_job(job)
            job = following
        leave(self._env, worker_frame)

    return evaluate_pool
