"""What is seen of an execution in the moment in which it ends: all of its end, or nothing of it.

The interpreter runs in this process here, so that a test can stop it in that moment.
"""

import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import MapRunStatus
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import distributed_iteration_component
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.itemprocessor.map_run_record import (
    MapRunRecord,
)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.asl.eval.program_state import ProgramRunning
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.responses import StepFunctionResponse

from interpreters import Interpreter, seen, stop
from local.stepfunctions import ends, views
from machines import until

pytestmark = pytest.mark.races

WAIT = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 300, "End": True}}}


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Wait states that wait for the test, whatever becomes of their execution, and the threads they wait in."""
    made = SimpleNamespace(go_on=threading.Event(), threads=[])

    def wait_for_the_test(self: Any, env: Any, wait_seconds: int) -> None:
        made.threads.append(threading.current_thread())
        made.go_on.wait(60)

    monkeypatch.setattr(WaitFunction, "_wait_interval", wait_for_the_test)
    yield made
    made.go_on.set()


ENDED = [
    (
        {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}},
        ("SUCCEEDED", "ExecutionSucceeded", {"rides": 12}, None, None, True),
    ),
    (
        {"StartAt": "End", "States": {"End": {"Type": "Fail", "Error": "BadRide", "Cause": "no latitude"}}},
        ("FAILED", "ExecutionFailed", None, "BadRide", "no latitude", True),
    ),
    (WAIT | {"TimeoutSeconds": 1}, ("TIMED_OUT", "ExecutionTimedOut", None, None, None, True)),
    (WAIT, ("ABORTED", "ExecutionAborted", None, "Enough", "of it", True)),
]


@pytest.mark.parametrize(("definition", "end"), ENDED, ids=[end[0] for _, end in ENDED])
def test_nobody_sees_the_last_event_before_the_rest_of_the_end(
    interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch, definition: dict[str, Any], end: tuple[Any, ...]
) -> None:
    publish = EventManager._publish_history_event
    held: list[bool] = []
    first_views: list[tuple[Any, ...]] = []
    readers: list[threading.Thread] = []

    def read() -> None:
        with interpreter.lock:
            (machine,) = interpreter.backend.state_machines
            first_views.append(seen(machine.executions[0]))

    def publish_watched(self: Any, *arguments: Any, **named: Any) -> None:
        publish(self, *arguments, **named)
        if named["event_type"] in ends._LAST_EVENTS:
            held.append(interpreter.held())
            reader = threading.Thread(target=read)
            reader.start()
            readers.append(reader)

    monkeypatch.setattr(EventManager, "_publish_history_event", publish_watched)
    execution = interpreter.start(definition)
    if end[0] == "ABORTED":
        stop(execution)
    (reader,) = until(lambda: list(readers), lambda started: len(started) == 1)
    reader.join()
    assert (held, first_views) == ([True], [end])
    assert interpreter.announced == [("RUNNING", "ExecutionStarted", None, None, None, False), end]


def test_stop_is_an_end_at_once_and_what_the_state_still_does_is_no_part_of_it(
    interpreter: Interpreter, busy: Any
) -> None:
    execution = interpreter.start(WAIT)
    (thread,) = until(lambda: list(busy.threads), lambda entries: len(entries) == 1)
    stop(execution)
    aborted = seen(execution)
    assert aborted == ("ABORTED", "ExecutionAborted", None, "Enough", "of it", True)
    busy.go_on.set()
    thread.join()
    assert seen(execution) == aborted


def test_timeout_is_an_end_at_once_and_what_the_state_still_does_is_no_part_of_it(
    interpreter: Interpreter, busy: Any
) -> None:
    execution = interpreter.start(WAIT | {"TimeoutSeconds": 1})
    until(lambda: execution.status, lambda status: status != "RUNNING")
    timed_out = seen(execution)
    assert timed_out == ("TIMED_OUT", "ExecutionTimedOut", None, None, None, True)
    busy.go_on.set()
    busy.threads[0].join()
    assert seen(execution) == timed_out


def test_second_stop_changes_nothing(interpreter: Interpreter) -> None:
    execution = interpreter.start(WAIT)
    stop(execution)
    first = execution.stop_date
    execution.stop(stop_date=None, error="Another", cause="one")
    assert (execution.stop_date, execution.error) == (first, "Enough")
    assert [view[0] for view in interpreter.announced] == ["RUNNING", "ABORTED"]


def test_execution_stopped_before_its_first_state_begins_has_its_last_event(
    interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate = EvalComponent.eval
    reached, begin, pruned = threading.Event(), threading.Event(), threading.Event()

    def evaluate_late(self: Any, env: Any) -> None:
        if isinstance(self, Program):
            reached.set()
            begin.wait(60)
        evaluate(self, env)
        if isinstance(self, Program):
            pruned.set()

    monkeypatch.setattr(EvalComponent, "eval", evaluate_late)
    execution = interpreter.start(WAIT)
    assert reached.wait(60)
    stop(execution)
    begin.set()
    assert pruned.wait(60)
    events = [event["type"] for event in execution.to_history_output()["events"]]
    assert (execution.status, events) == ("ABORTED", ["ExecutionStarted", "ExecutionAborted"])


def test_state_that_fails_while_its_execution_is_stopped_makes_it_no_failure(
    interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def stop_and_fail(self: Any, env: Any, wait_seconds: int) -> None:
        threads.append(threading.current_thread())
        stop(interpreter.backend.state_machines[0].executions[0])
        raise ValueError("no program runs")

    monkeypatch.setattr(WaitFunction, "_wait_interval", stop_and_fail)
    execution = interpreter.start(WAIT)
    (thread,) = until(lambda: list(threads), lambda entries: len(entries) == 1)
    thread.join()
    assert seen(execution) == ("ABORTED", "ExecutionAborted", None, "Enough", "of it", True)


def test_state_that_begins_to_wait_when_the_program_is_over_does_not_wait(interpreter: Interpreter) -> None:
    execution = interpreter.start(WAIT)
    stop(execution)
    assert execution.exec_worker.env.program_state_event.is_set()


def test_program_that_ends_just_when_its_time_is_over_has_succeeded(
    interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_ended = Environment.set_ended
    ended, go_on = threading.Event(), threading.Event()

    def end_slowly(self: Any) -> None:
        set_ended(self)
        ended.set()
        go_on.wait(60)

    def time_out_late(self: Any) -> None:
        assert ended.wait(60)
        time_out(self)
        go_on.set()

    time_out = Environment.set_timed_out
    monkeypatch.setattr(Environment, "set_ended", end_slowly)
    monkeypatch.setattr(Environment, "set_timed_out", time_out_late)
    execution = interpreter.start(
        {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}, "TimeoutSeconds": 1}
    )
    until(lambda: execution.status, lambda status: status != "RUNNING")
    assert seen(execution) == ("SUCCEEDED", "ExecutionSucceeded", {"rides": 12}, None, None, True)


class Component:
    """A Distributed Map whose children have all ended: four as they should, one not."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure

    def _map_run(self, env: Any, eval_input: Any) -> None:
        counter = eval_input.map_run_record.item_counter
        counter.total.offset(5)
        counter.running.offset(5)
        counter.succeeded.offset(4)
        counter.failed.count()
        if self.failure:
            raise self.failure


def record() -> MapRunRecord:
    arn = "arn:aws:states:us-east-1:123456789012:"
    return MapRunRecord(f"{arn}stateMachine:machine", f"{arn}execution:machine:one", 1, 0, 0.0, None)


@pytest.mark.parametrize(
    ("failure", "end"), [(None, "MapRunSucceeded"), (ValueError("no such bucket"), "MapRunFailed")]
)
def test_map_run_ends_with_its_event(interpreter: Interpreter, failure: Exception | None, end: str) -> None:
    run, first_views, readers = record(), [], []

    def read() -> None:
        with interpreter.lock:
            first_views.append(run.status)

    class History(EventManager):
        def _publish_history_event(self, *arguments: Any, **named: Any) -> None:
            super()._publish_history_event(*arguments, **named)
            if named["event_type"] == end:
                reader = threading.Thread(target=read)
                reader.start()
                readers.append(reader)

    env: Any = SimpleNamespace(
        event_manager=History(),
        event_history_context=SimpleNamespace(source_event_id=0, last_published_event_id=0),
        stack=[SimpleNamespace(map_run_record=run, item_reader=None, input_items=[])],
    )
    history = env.event_manager
    evaluate = distributed_iteration_component.DistributedIterationComponent._eval_body
    try:
        evaluate(Component(failure), env)  # pyright: ignore[reportArgumentType]
    except ValueError as fault:
        assert fault is failure
    readers[0].join()
    assert [event["type"] for event in history.get_event_history()] == ["MapRunStarted", end]
    described: Any = run.describe()
    assert (f"MapRun{described['status'].capitalize()}", "stopDate" in described) == (end, True)
    assert first_views == [described["status"]]
    assert (described["itemCounts"]["running"], described["itemCounts"]["succeeded"]) == (0, 4)


def test_execution_fails_where_its_history_has_room_for_its_end_alone(
    interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ends, "MOST_EVENTS", 8)
    loop = {
        "StartAt": "On",
        "States": {
            "On": {"Type": "Pass", "Next": "More?"},
            "More?": {"Type": "Choice", "Choices": [{"Variable": "$.rides", "IsPresent": True, "Next": "On"}]},
            "End": {"Type": "Succeed"},
        },
    }
    loop["States"]["More?"]["Default"] = "End"
    execution = interpreter.start(loop)
    until(lambda: execution.status, lambda status: status != "RUNNING")
    events = execution.to_history_output()["events"]
    assert (len(events), events[-1]["type"]) == (8, "ExecutionFailed")
    assert (execution.status, execution.error) == ("FAILED", "States.Runtime")
    assert execution.cause == "The execution reached the maximum number of history events (8)."


def test_counts_of_a_map_run_add_up_while_a_child_ends(interpreter: Interpreter) -> None:
    run = record()
    run.item_counter.total.offset(3)
    run.item_counter.running.offset(3)
    # moto counts the end first, and what runs after it.
    run.item_counter.succeeded.count()
    described: Any = run.describe()
    counts = described["itemCounts"]
    assert (counts["succeeded"], counts["running"], counts["total"]) == (1, 2, 3)


def test_map_run_is_aborted_with_its_execution(interpreter: Interpreter) -> None:
    execution, run = interpreter.start(WAIT), record()
    run.item_counter.total.offset(3)
    run.item_counter.succeeded.count()
    execution.exec_worker.env.map_run_record_pool_manager.add(run)
    stop(execution)
    # A child that is in the middle of a state ends after its Map Run.
    run.item_counter.succeeded.count()
    run.set_stop(MapRunStatus.SUCCEEDED)
    described: Any = run.describe()
    assert described["status"] == MapRunStatus.ABORTED
    counts = described["itemCounts"]
    assert (counts["succeeded"], counts["aborted"], counts["running"]) == (1, 2, 0)
    events = [event["type"] for event in execution.to_history_output()["events"]]
    assert events[-2:] == ["MapRunAborted", "ExecutionAborted"]


@pytest.mark.parametrize("call", views._CALLS)
def test_each_answer_of_the_api_is_of_one_moment(
    interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    held: list[bool] = []

    def answer(response: Any) -> ActionResult:
        held.append(interpreter.held())
        return ActionResult({})

    monkeypatch.setattr(StepFunctionResponse, call, answer)
    views.install(interpreter.lock)
    response: Callable[..., Any] = getattr(StepFunctionResponse, call)
    response(SimpleNamespace(stepfunction_backend=interpreter.backend))
    assert held == [True]


def test_program_runs_as_soon_as_it_can_be_asked_for(interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch) -> None:
    start = ExecutionWorker.start
    states: list[Any] = []

    def start_watched(self: Any) -> None:
        states.append(self.env.program_state())
        start(self)

    monkeypatch.setattr(ExecutionWorker, "start", start_watched)
    execution = interpreter.start(WAIT)
    assert isinstance(states[0], ProgramRunning)
    stop(execution)
