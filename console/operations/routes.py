"""The paths of the operations view."""

from dataclasses import asdict
from functools import partial
from typing import Any

from starlette.routing import Route

from cli import replay
from cli.replayed import sentences
from cli.stack import Stack
from console.answers import answering
from console.operations import readings


def routes(stack: Stack) -> list[Route]:
    """What the view reads by GET, and the replay that it asks for by POST."""
    return [
        Route("/api/operations/state", answering(partial(readings.state, stack))),
        Route("/api/operations/replay", answering(partial(_replay, stack)), methods=["POST"]),
    ]


def _replay(stack: Stack, _: Any) -> dict[str, Any]:
    """What became of the dead letters of each queue."""
    replayed = replay.replay(stack)
    return {"sentences": sentences(replayed), "is_clear": replayed.is_clear, **asdict(replayed)}
