"""What is kept of Step Functions: machines, versions, aliases, activities, tags, executions, Map Runs, children.

Of an execution that is its history and its progress, by which it can be redriven (`redrive_progress`), and not what it
was just doing. One that ran when the server ended has failed with it: its history has what was recorded, and then its
end, which EventBridge hears of as of any other.
"""

from collections.abc import Mapping
from typing import Any

from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext, EventManager
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded, ProgramRunning
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import StepFunctionsParserBackend, stepfunctions_parser_backends

from local import account
from local.background.surviving import keeping
from local.persistence.parts import Part
from local.persistence.pickling import Reducers
from local.stepfunctions.children import Children
from local.stepfunctions.redrive_history import AddEvent
from local.stepfunctions.redrive_progress import progress_of

INTERRUPTED = "EmbeddedAws.ServerEnded"
"""The error of an execution that ran when the server ended."""
_CAUSE = "The embedded AWS ended while the execution ran. What it has done is kept: a redrive goes on from there."

_OF_A_REGION = ("state_machines", "activities", "tagger")


def part(children: Children, add_event: AddEvent) -> Part:
    """All of it. `add_event` writes into histories as it is before `ends` closes them."""

    def take() -> dict[str, Any]:
        return {
            "regions": {
                region: {name: getattr(backend, name) for name in _OF_A_REGION}
                for region, backend in _backends().items()
            },
            "children": children.runs,
        }

    def put_back(state: dict[str, Any]) -> None:
        for region, values in state["regions"].items():
            backend = _backend(account.ACCOUNT_ID, region)
            for name, value in values.items():
                setattr(backend, name, value)
        children.runs.clear()
        children.runs.update(state["children"])

    return Part("stepfunctions", take, put_back, lambda: _interrupt(children, add_event))


def _backends() -> dict[str, Any]:
    return dict(stepfunctions_parser_backends[account.ACCOUNT_ID])


def _backend(account_id: str, region: str) -> Any:
    return stepfunctions_parser_backends[account_id][region]


def reducers() -> Reducers:
    """How what an execution runs in is written: by what it has come to."""
    return {
        StepFunctionsParserBackend: lambda backend: (_backend, (backend.account_id, backend.region_name)),
        EventManager: lambda events: (_events, (events._history_event_list, events._event_id_gen._next_id)),
        ExecutionWorker: lambda worker: (_new_worker, (), _state_of(worker), None, None, _put_state),
    }


def _events(history: list[Any], next_id: int) -> EventManager:
    events: Any = EventManager()
    events._history_event_list.extend(history)
    events._event_id_gen._next_id = next_id
    return events


def _new_worker() -> ExecutionWorker:
    return ExecutionWorker.__new__(ExecutionWorker)


def _state_of(worker: Any) -> dict[str, Any]:
    env = worker.env
    context = env.event_history_context
    return {
        "details": worker._evaluation_details,
        "communication": worker._execution_communication,
        "events": env.event_manager,
        "context": (context.source_event_id, context.last_published_event_id),
        "map_runs": env.map_run_record_pool_manager.get_all(),
        "progress": progress_of(env),
        "is_running": env.is_running(),
    }


def _put_state(worker: Any, state: Mapping[str, Any]) -> None:
    """Give a worker an environment that stands where the one that was written stood; nothing runs in it."""
    worker._evaluation_details, worker._execution_communication = state["details"], state["communication"]
    worker._cloud_watch_logging_session = worker._mock_test_case = None
    worker._activity_store = {}
    worker.env = env = worker._get_evaluation_environment()
    env._program_state = ProgramRunning() if state["is_running"] else ProgramEnded()
    env.event_manager, env.progress = state["events"], state["progress"]
    context: EventHistoryContext = env.event_history_context
    context.source_event_id, context.last_published_event_id = state["context"]
    for record in state["map_runs"]:
        env.map_run_record_pool_manager.add(record)


def _interrupt(children: Children, add_event: AddEvent) -> None:
    """Let what ran when the server ended have ended with it."""
    for child in children.all():
        with keeping("The end of a child that was kept", _stay):
            child.end_with_parent(add_event)
    # A nested execution before the one that waits for it.
    for execution in sorted(running(), key=lambda each: each.start_date, reverse=True):
        with keeping(f"The end of execution {execution.name}, which was kept", _stay):
            execution.exec_worker.env.set_error({"error": INTERRUPTED, "cause": _CAUSE})
            execution.exec_worker._execution_communication.terminated()


def _stay() -> None:
    """Leave the rest to go on: what met a fault stays as it was kept."""


def is_at_work_that_is_whole() -> bool:
    """Whether an execution does what has to be kept whole or not at all: a query that writes."""
    progresses = (each for execution in running() for each in progress_of(execution.exec_worker.env).all())
    return any(each.is_whole for each in progresses)


def running() -> list[Any]:
    """The executions that have not ended."""
    machines = [machine for backend in _backends().values() for machine in backend.state_machines]
    return [each for machine in machines for each in machine.executions if each.stop_date is None]
