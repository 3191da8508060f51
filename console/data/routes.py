"""The paths of the data view."""

from starlette.routing import Route

from cli.stack import Stack
from console.answers import routes_of
from console.data import readings, removals, uploads
from console.guard import UPLOAD


def routes(stack: Stack) -> list[Route]:
    """What the view reads by GET, and the files that it takes and removes by POST."""
    read = {
        "retrainings": readings.retrainings,
        "account": readings.account,
        "rides": readings.rides,
        "weather": readings.weather,
        "look": uploads.look,
    }
    return [
        *routes_of("data", stack, read, {"remove": removals.remove}),
        Route(UPLOAD, uploads.uploading(stack), methods=["POST"]),
    ]
