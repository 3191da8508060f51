"""What came true of a prediction: a record that a caller sends -> a line of the table `outcomes`.

    {"request_id": "0f8b…", "place": 0, "value": 1, "task": "heavy_utilization"}

    request_id  the answer's
    place       the record's position in the request, from 0; 0 where it is left out, as of a request of one record
    value       what came true: 0 or 1 for a classification, the number for a regression
    task        may be left out; the value is held to the task's kind where it is there

    >>> outcome = read({"request_id": "0f8b", "value": 1})
    >>> line(outcome, 1764158400.5)
    '{"time": "2025-11-26T12:00:00.500Z", "task": null, "request_id": "0f8b", "place": 0, "value": 1.0}\\n'

Whoever sends an outcome again changes nothing, and whoever corrects one sends it again: of two lines for one place of
one request the last by time counts. Of two in one request the last alone is written.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from wildrydes.capture.record import fields_of, time_text
from wildrydes.errors import BadCapture, BadJson, BadRide, BadValue
from wildrydes.measures import LARGEST, measure
from wildrydes.tasks import BINARY, TASKS

FIELDS = ("request_id", "place", "value", "task")
REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
MOST_PLACE = 999
"""A request has a thousand records at most (`wildrydes.api.requests`)."""

_LONGEST_ECHO = 100


class Outcome(NamedTuple):
    """What came true of one prediction; `task` is None where the caller does not say."""

    request_id: str
    place: int
    value: float
    task: str | None = None


def read(record: Any) -> Outcome:
    """The outcome in a record as JSON has it. Raises BadValue, naming the field."""
    if type(record) is not dict:
        if isinstance(record, BadJson):
            raise BadValue(record.detail, record.field or "body")
        raise BadValue("an outcome is a JSON object with request_id and value", "body")
    if unknown := sorted(record.keys() - set(FIELDS)):
        name = unknown[0][:_LONGEST_ECHO]
        raise BadValue(f"{name!r} is no field of an outcome", name, list(FIELDS))
    task = _task(record.get("task"))
    return Outcome(_request_id(record), _place(record.get("place", 0)), _value(record, task), task)


def last_of_each(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The last of the outcomes of each place: they have one time, and so no order once they are written.

    >>> one, two = Outcome("0f8b", 0, 1.0), Outcome("0f8b", 0, 0.0)
    >>> [(each.place, each.value) for each in last_of_each([one, one._replace(place=1), two])]
    [(0, 0.0), (1, 1.0)]
    """
    return list({(each.request_id, each.place): each for each in outcomes}.values())


def line(outcome: Outcome, now: float) -> str:
    """The line of the table, ending in a line feed; `now`, when it was told, in seconds since 1970."""
    first = {"time": time_text(now), "task": outcome.task}
    rest = {"request_id": outcome.request_id, "place": outcome.place, "value": outcome.value}
    return json.dumps(first | rest) + "\n"


def read_line(text: str | bytes) -> Outcome:
    """The outcome in a line of the table. Raises BadCapture for one of other fields or types than `line` writes.

    Queries compare times as texts: a time is any text.
    """
    try:
        fields = fields_of(text)
        if type(fields["time"]) is not str or type(fields["value"]) is str:
            raise TypeError("time is no text, or value one")
        return read({name: value for name, value in fields.items() if name != "time"})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, BadValue) as error:
        raise BadCapture(f"the line is no outcome: {type(error).__name__}: {error}") from None


def _request_id(record: dict[str, Any]) -> str:
    if "request_id" not in record:
        raise BadValue("request_id is missing", "request_id")
    value = record["request_id"]
    if type(value) is not str or not REQUEST_ID.fullmatch(value):
        detail = f"request_id is {repr(value)[:_LONGEST_ECHO]}, not 1 to 128 letters, digits, _ and -"
        raise BadValue(detail, "request_id")
    return value


def _place(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MOST_PLACE:
        detail = f"place is {repr(value)[:_LONGEST_ECHO]}, not a whole number from 0 to {MOST_PLACE}"
        raise BadValue(detail, "place", {"minimum": 0, "maximum": MOST_PLACE})
    return value


def _task(value: Any) -> str | None:
    if value is not None and (type(value) is not str or value not in TASKS):
        raise BadValue(
            f"task is {repr(value)[:_LONGEST_ECHO]}, which is none of {', '.join(TASKS)}", "task", list(TASKS)
        )
    return value


def _value(record: dict[str, Any], task: str | None) -> float:
    allowed: Any = {"minimum": -LARGEST, "maximum": LARGEST}
    if "value" not in record:
        raise BadValue("value is missing", "value", allowed)
    try:
        value = measure("value", record["value"])
    except BadRide as bad:
        raise BadValue(bad.detail, "value", allowed) from None
    if task is not None and TASKS[task].kind == BINARY and value not in (0.0, 1.0):
        raise BadValue(f"value is {value:g}; of {task} it is 0 or 1", "value", [0, 1])
    return value
