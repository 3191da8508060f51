"""Step Functions' interpreter in the tests' own process, so that a test can stop it, or break it, in any moment."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import distributed_iteration_component
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor import (
    distributed_item_processor_worker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor.map_run_record import (
    MapRunRecord,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.iteration_worker import IterationWorker
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.iterator import distributed_iterator_worker
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from local.stepfunctions import ends, map_runs, starts, thread_faults, views
from machines import until

ROLE = "arn:aws:iam::123456789012:role/nobody"
REPLACED = (
    *((Environment, name) for name in ("set_error", "set_timed_out", "set_stop")),
    *((Execution, name) for name in ("start", "stop")),
    *((ExecutionWorker, name) for name in ("__init__", "_execution_logic")),
    *((StepFunctionResponse, name) for name in ("stop_execution", *views._CALLS)),
    *((MapRunRecord, name) for name in ("describe", "set_stop")),
    (distributed_iteration_component.DistributedIterationComponent, "_eval_body"),
    (BaseExecutionWorkerCommunication, "_reflect_execution_status"),
    (EventManager, "add_event"),
    (IterationWorker, "_eval_pool"),
    (distributed_item_processor_worker.DistributedItemProcessorWorker, "_eval_pool"),
    (distributed_iterator_worker.DistributedIteratorWorker, "_eval_pool"),
    (Program, "eval"),
)


@dataclass
class Interpreter:
    """Step Functions without a server: the lock of its ends, and what was announced of its executions."""

    lock: Any = field(default_factory=threading.RLock)
    announced: list[tuple[Any, ...]] = field(default_factory=list)
    backend: Any = field(default_factory=lambda: StepFunctionsParserBackend("us-east-1", "123456789012"))

    def start(self, definition: dict[str, Any]) -> Any:
        name = f"machine-{len(self.backend.state_machines)}"
        machine = self.backend.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)
        return self.backend.start_execution(machine.arn, "execution", '{"rides": 12}')

    def held(self) -> bool:
        """Whether another thread than this one would have to wait."""
        free: list[bool] = []

        def probe() -> None:
            free.append(self.lock.acquire(blocking=False))
            if free[0]:
                self.lock.release()

        thread = threading.Thread(target=probe)
        thread.start()
        thread.join()
        return not free[0]


def seen(execution: Any) -> tuple[Any, ...]:
    """Status, last event, output, error, cause, and whether there is a time."""
    last = execution.to_history_output()["events"][-1]["type"]
    return execution.status, last, execution.output, execution.error, execution.cause, execution.stop_date is not None


def stop(execution: Any) -> None:
    execution.stop(stop_date=None, error="Enough", cause="of it")


@pytest.fixture
def interpreter(monkeypatch: pytest.MonkeyPatch) -> Iterator[Interpreter]:
    """The parts that start, end and guard executions in their places for one test, and while a thread of it runs."""
    before = set(threading.enumerate())
    for owner, name in REPLACED:
        monkeypatch.setattr(owner, name, getattr(owner, name))
    made = Interpreter()
    starts.install(made.lock, lambda execution: made.announced.append(seen(execution)))
    ends.install(made.lock, lambda execution: made.announced.append(seen(execution)))
    thread_faults.install()
    map_runs.install(made.lock)
    yield made
    for each in made.backend.state_machines:
        for execution in each.executions:
            stop(execution)
    # What runs on would run in moto's own parts.
    until(lambda: set(threading.enumerate()) - before, lambda threads: not threads)
