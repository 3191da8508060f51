"""The paths of the workflow view."""

from dataclasses import dataclass
from functools import partial

from cli.input_schema import input_schema
from cli.stack import Stack
from console.answers import Work
from console.workflow import facts, readings, steering
from console.workflow.definitions import Definitions
from console.workflow.histories import Histories


@dataclass(frozen=True)
class WorkflowWork:
    """By its path, what the view reads by GET, and what it changes, or asks much of, by POST."""

    read: dict[str, Work]
    change: dict[str, Work]

    @classmethod
    def of(cls, stack: Stack) -> "WorkflowWork":
        """The work on one stack, which shares the histories and definitions that have been read."""
        histories, definitions = Histories(stack), Definitions(stack)
        read: dict[str, Work] = {
            "machines": readings.machines,
            "graph": partial(readings.graph, definitions),
            "executions": readings.listed,
            "execution": partial(readings.execution, histories, definitions),
            "failure": partial(readings.failure, histories),
            "text": partial(readings.whole, histories),
            "log": partial(readings.log, histories),
            "objects": partial(readings.objects, histories),
            "schema": lambda _, __: input_schema(),
        }
        change: dict[str, Work] = {
            "facts": facts.facts,
            "start": steering.start,
            "stop": steering.stop,
            "redrive": steering.go_on,
            "try": steering.try_again,
        }
        return cls(read, change)
