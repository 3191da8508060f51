"""Times as the States Language has them: RFC 3339 with a capital T, and a capital Z or an offset.

moto writes the Context object's EnteredTime as Python does (`+00:00`, microseconds), understands whole seconds alone in
Choice states, and takes a Wait state's Timestamp for a time of the machine's own zone.
"""

import re
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.asl.component.state import state
from moto.stepfunctions.parser.asl.component.state.choice.comparison.operator.implementations.is_operator import (
    IsTimestamp,
)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.timestamp import Timestamp

from local.seams import replace, seam

_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)")


def install() -> None:
    """Write and read times so."""
    state_data = seam(state, "StateData")

    def state_data_with_time(**fields: Any) -> Any:
        return state_data(**fields | {"EnteredTime": text_of(datetime.now(UTC))})

    def from_timestamp_string(timestamp: str) -> datetime | None:
        parsed = parse(timestamp)
        # moto compares it with the machine's own time.
        return parsed.astimezone().replace(tzinfo=None) if parsed else None

    replace(state, "StateData", state_data_with_time)
    replace(IsTimestamp, "string_to_timestamp", staticmethod(parse))
    replace(Timestamp, "_from_timestamp_string", staticmethod(from_timestamp_string))


def text_of(when: datetime) -> str:
    """A time as in the Context object.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html

    >>> text_of(datetime(2026, 1, 2, 3, 4, 5, 678_999, tzinfo=UTC))
    '2026-01-02T03:04:05.678Z'
    """
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse(text: Any) -> datetime | None:
    """The time that a text names, or None.

    >>> parse("2016-03-14T01:59:00.5+01:00").isoformat()
    '2016-03-14T01:59:00.500000+01:00'
    >>> parse("2016-03-14 01:59:00Z")
    """
    match = _TIMESTAMP.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    try:
        # Python reads no more than microseconds.
        return datetime.fromisoformat(match[1] + (match[2] or "")[:7] + match[3])
    except ValueError:
        return None
