"""The paths of the serving view."""

from starlette.routing import Route

from cli.stack import Stack
from console.answers import routes_of
from console.serving import readings


def routes(stack: Stack) -> list[Route]:
    """What the view reads by GET."""
    read = {"tasks": readings.tasks, "watched": readings.watched, "leaderboard": readings.ranked}
    return routes_of("serving", stack, read, {})
