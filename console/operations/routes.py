"""The paths of the operations view."""

from dataclasses import asdict
from typing import Any

from starlette.routing import Route

from cli import replay
from cli.replay_summary import sentences
from cli.stack import Stack
from console.answers import routes_of
from console.operations import readings


def routes(stack: Stack) -> list[Route]:
    """What the view reads by GET, and the replay that it asks for by POST."""
    read = {
        "alarms": readings.alarms,
        "queues": readings.queues,
        "schedules": readings.schedules,
        "widgets": readings.widgets,
        "cost": readings.cost,
        "grants": readings.grants,
    }
    return routes_of("operations", stack, read, {"letters": readings.letters, "replay": _replay})


def _replay(stack: Stack, _: Any) -> dict[str, Any]:
    """What became of the dead letters of each queue."""
    replayed = replay.replay(stack)
    return {"sentences": sentences(replayed), "is_clear": replayed.is_clear, **asdict(replayed)}
