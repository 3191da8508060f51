"""The paths of the models view."""

from starlette.routing import Route

from cli.stack import Stack
from console.answers import routes_of
from console.models import readings, steering


def routes(stack: Stack) -> list[Route]:
    """What the view reads by GET, and what it changes or asks by POST."""
    read = {"list": readings.listed, "card": readings.card, "lineage": readings.lineage, "fields": readings.fields}
    change = {"rollback": steering.roll_back, "ask": steering.ask}
    return routes_of("models", stack, read, change)
