"""Executions by ARN, however many a state machine has had.

moto looks through all executions of the state machine for each that is described or started; a list describes each of
its entries, so that each page of a hundred looked through all of them a hundred times.
"""

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from moto.stepfunctions.exceptions import ExecutionDoesNotExist
from moto.stepfunctions.models import StateMachine, StepFunctionBackend

from local.seams import replace, seam


class Index:
    """The executions of a state machine by their ARNs. They are only ever added to."""

    def __init__(self) -> None:
        self._by_arn: dict[str, Any] = {}
        self._count = 0

    def get(self, executions: Sequence[Any], arn: str) -> Any:
        """The first of the executions with that ARN, or None."""
        if arn not in self._by_arn:
            count = self._count
            new = executions[count:]
            for each in new:
                self._by_arn.setdefault(each.execution_arn, each)
            # Whoever looks at the same time adds the same.
            self._count = count + len(new)
        return self._by_arn.get(arn)


def install() -> None:
    """Find executions by an index of each state machine."""
    indexes: WeakKeyDictionary[Any, Index] = WeakKeyDictionary()
    same_name = seam(StateMachine, "_handle_name_input_idempotency")
    seam(StepFunctionBackend, "describe_execution")

    def execution_of(machine: Any, arn: str) -> Any:
        return indexes.setdefault(machine, Index()).get(machine.executions, arn)

    def describe_execution(self: Any, execution_arn: str) -> Any:
        self._validate_execution_arn(execution_arn)
        execution = execution_of(self._get_state_machine_for_execution(execution_arn), execution_arn)
        if execution is None:
            raise ExecutionDoesNotExist(f"Execution Does Not Exist: '{execution_arn}'")
        return execution

    def started_before(self: Any, name: Any, content: Any) -> Any:
        arn = f"{self.arn.replace(':stateMachine:', ':execution:')}:{name}"
        return same_name(self, name, content) if execution_of(self, arn) is not None else None

    replace(StepFunctionBackend, "describe_execution", describe_execution)
    replace(StateMachine, "_handle_name_input_idempotency", started_before)
