"""An execution in one of whose threads the embedded AWS itself fails: it ends FAILED, and the log has the fault."""

import logging
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.iteration_worker import IterationWorker
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

from interpreters import Interpreter, seen
from local.stepfunctions import ends
from machines import until

pytestmark = pytest.mark.races

PASS: dict[str, Any] = {"Type": "Pass", "End": True}
ONE = {"StartAt": "One", "States": {"One": PASS}}
ITEMS = {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 1, "ItemProcessor": ONE, "End": True}


def rides(number: int) -> dict[str, Any]:
    """A workflow with a Map over so many items, one after the other."""
    items = {"Type": "Pass", "Result": {"items": [0] * number}, "Next": "Each"}
    return {"StartAt": "Items", "States": {"Items": items, "Each": ITEMS}}


MACHINES = {
    "plain": ONE,
    "map": rides(2),
    "branches": {"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "Branches": [ONE, ONE], "End": True}}},
}
FAULTS = {
    "program of an execution": (ExecutionWorker, "_get_evaluation_entrypoint", ("plain", "map", "branches")),
    "thread of a program": (Program, "_eval_body", ("plain", "map", "branches")),
    "worker of a Map": (IterationWorker, "_eval_job", ("map",)),
    "output": (ends, "to_json_str", ("plain",)),
}


@pytest.mark.parametrize(
    ("fault", "machine"), [(name, machine) for name, (*_, machines) in FAULTS.items() for machine in machines]
)
def test_execution_ends_and_says_why(
    interpreter: Interpreter,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: str,
    machine: str,
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise KeyError("rides")

    owner, name, _ = FAULTS[fault]
    monkeypatch.setattr(owner, name, fail)
    with caplog.at_level(logging.ERROR):
        execution = interpreter.start(MACHINES[machine])
        until(lambda: execution.status, lambda status: status != "RUNNING")
    cause = "The embedded AWS failed: KeyError('rides'). Its log has more."
    if fault == "worker of a Map":
        cause = f"An error occurred while executing the state 'Each' (entered at the event id #5). {cause}"
    assert seen(execution) == ("FAILED", "ExecutionFailed", None, "States.Runtime", cause, True)
    (first, *_) = [each for each in caplog.records if each.name == "local.stepfunctions.thread_faults"]
    assert execution.execution_arn in first.getMessage()
    assert first.exc_info is not None
    assert repr(first.exc_info[1]) == "KeyError('rides')"
    assert [view[0] for view in interpreter.announced] == ["RUNNING", "FAILED"]


def test_branch_that_dies_fails_the_execution(
    interpreter: Interpreter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    evaluate = Program._eval_body

    def fail_in_branches(self: Any, env: Environment) -> None:
        if env.is_frame():
            raise KeyError("rides")
        evaluate(self, env)

    monkeypatch.setattr(Program, "_eval_body", fail_in_branches)
    with caplog.at_level(logging.ERROR):
        execution = interpreter.start(MACHINES["branches"])
        until(lambda: execution.status, lambda status: status != "RUNNING")
    assert (execution.status, execution.error) == ("FAILED", "States.Runtime")
    assert "A fault of the embedded AWS's own" in caplog.text


def test_items_of_a_map_need_no_more_of_the_stack_the_more_they_are(interpreter: Interpreter) -> None:
    execution = interpreter.start(rides(2000))
    until(lambda: execution.status, lambda status: status != "RUNNING", 120)
    assert (execution.status, execution.output) == ("SUCCEEDED", [0] * 2000)
