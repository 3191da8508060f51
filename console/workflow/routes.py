"""The paths of the workflow view."""

from starlette.routing import Route

from cli.stack import Stack
from console.answers import routes_of
from console.workflow import readings, steering


def routes(stack: Stack) -> list[Route]:
    """What the view reads by GET, and what it changes by POST."""
    read = {
        "machines": readings.machines,
        "executions": readings.listed,
        "execution": readings.execution,
        "failure": readings.failure,
        "text": readings.whole,
    }
    change = {"start": steering.start, "stop": steering.stop, "redrive": steering.go_on, "try": steering.try_again}
    return routes_of("workflow", stack, read, change)
