"""The paths of the workflow view."""

from functools import partial

from starlette.routing import Route

from cli.input_schema import input_schema
from cli.stack import Stack
from console.answers import Work, routes_of
from console.workflow import facts, readings, steering
from console.workflow.histories import Histories


def routes(stack: Stack) -> list[Route]:
    """What the view reads by GET, and what it changes by POST."""
    histories = Histories(stack)
    read: dict[str, Work] = {
        "machines": readings.machines,
        "graph": readings.drawn,
        "executions": readings.listed,
        "execution": partial(readings.execution, histories),
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
    return routes_of("workflow", stack, read, change)
