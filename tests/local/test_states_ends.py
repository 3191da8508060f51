"""What is seen of an execution in the moment in which it ends."""

from types import SimpleNamespace
from typing import Any

import pytest
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded, ProgramError
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication
from moto.stepfunctions.responses import StepFunctionResponse

from local.states import ends


class Watched:
    """An execution that keeps what else was known of it when its status was written."""

    def __init__(self, state: Any) -> None:
        inner = SimpleNamespace(get_input=lambda: {"rides": 12})
        self.exec_worker = SimpleNamespace(env=SimpleNamespace(program_state=lambda: state, states=inner))
        self.output = self.error = self.cause = None
        self.told: list[tuple[Any, ...]] = []

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "exec_status":
            self.told.append((value, self.output, self.error, self.cause))


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """`ends` in its place for one test: this process is no server."""
    monkeypatch.setattr(Environment, "program_state", lambda self: self.program_state())
    for owner, name in (
        (Environment, "set_error"),
        (BaseExecutionWorkerCommunication, "_reflect_execution_status"),
        (StepFunctionResponse, "stop_execution"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    ends.install()


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("state", "told"),
    [
        (ProgramEnded(), (ExecutionStatus.SUCCEEDED, {"rides": 12}, None, None)),
        (
            ProgramError({"error": "BadRide", "cause": "no latitude"}),  # pyright: ignore[reportArgumentType]
            (ExecutionStatus.FAILED, None, "BadRide", "no latitude"),
        ),
    ],
)
def test_execution_that_has_ended_says_how(state: Any, told: tuple[Any, ...]) -> None:
    execution = Watched(state)
    BaseExecutionWorkerCommunication(execution).terminated()  # pyright: ignore[reportArgumentType]
    assert execution.told == [told]
