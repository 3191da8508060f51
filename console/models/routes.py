"""The paths of the models view."""

from functools import partial

from starlette.routing import Route

from cli.stack import Stack
from console.answers import answering
from console.models import readings, steering


def routes(stack: Stack) -> list[Route]:
    """What the view reads by GET, and what it changes or asks by POST."""
    read = {"list": readings.listed, "card": readings.card, "lineage": readings.lineage, "fields": readings.fields}
    change = {"rollback": steering.roll_back, "ask": steering.ask}
    return [
        *(Route(f"/api/models/{path}", answering(partial(work, stack))) for path, work in read.items()),
        *(
            Route(f"/api/models/{path}", answering(partial(work, stack)), methods=["POST"])
            for path, work in change.items()
        ),
    ]
