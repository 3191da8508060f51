"""The paths of the workflow view."""

from functools import partial

from starlette.routing import Route

from cli.stack import Stack
from console.answers import answering
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
    return [
        *(Route(f"/api/workflow/{path}", answering(partial(work, stack))) for path, work in read.items()),
        *(
            Route(f"/api/workflow/{path}", answering(partial(work, stack)), methods=["POST"])
            for path, work in change.items()
        ),
    ]
