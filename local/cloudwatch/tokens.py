"""Pages of what CloudWatch lists, and the tokens of the next ones."""

import base64
import json
from collections.abc import Sequence
from typing import Any

from local.cloudwatch.errors import InvalidTokenError
from local.cloudwatch.metric_data import Result
from local.cloudwatch.wire import Members, time_of


def token(place: int, count: int) -> str | None:
    """The token of the page that begins at `place`, None where there is none of `count`."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode() if place < count else None


def place_in(text: str | None) -> int:
    """Where the page of a token begins. Raises InvalidTokenError."""
    if text is None:
        return 0
    try:
        place = json.loads(base64.urlsafe_b64decode(text))
    except ValueError:
        place = None
    if not isinstance(place, int) or place < 0:
        raise InvalidTokenError(f"Invalid NextToken: {text}")
    return place


def page(results: Sequence[Result], text: str | None, most: int, ascending: bool) -> tuple[list[Members], str | None]:
    """At most `most` datapoints of the results, from where the token says, and the token of the next ones.

    Datapoints are counted over all results, one after the other. A result is told on the first page, though it may be
    empty, and on each that has some of its points. Raises InvalidTokenError.
    """
    start = place_in(text)
    end, passed = start + most, 0
    entries = []
    for result in results:
        points = sorted(result.points.items(), reverse=not ascending)
        part = points[max(0, start - passed) : max(0, end - passed)]
        if part or (start == 0 and not points):
            complete = passed + len(points) <= end
            entries.append(_entry(result, part, complete))
        passed += len(points)
    return entries, token(end, passed)


def _entry(result: Result, points: Sequence[tuple[float, float]], complete: bool) -> Members:
    entry: dict[str, Any] = {
        "Id": result.id,
        "Label": result.label,
        "Timestamps": [time_of(moment) for moment, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": "Complete" if complete else "PartialData",
    }
    return entry
