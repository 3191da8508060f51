"""The line by which a prediction is captured: written by predict, read by whoever looks at what was asked.

A request is one line of JSON, or several of MOST_ROWS predictions each. It has what was asked and what was answered,
and nothing of who asked: no caller, no key, no header.

    capture     1: lines with it are captured; another number would be another format
    time        when the request was answered, 'YYYY-MM-DDTHH:MM:SS.mmmZ', UTC
    task        of `wildrydes.tasks`
    model       the execution whose model answered; empty where no record of the request could be used
    request_id  API Gateway's id of the request, which the answer has too
    features    the names of a row's numbers, in their order; empty as `model`
    places      the position of each row in the request, from 0
    references  the caller's name for each record (its property `reference`), null where it has none
    rows        the numbers of each record that was predicted, in the units of `wildrydes.tasks`
    scores      the probability, or the predicted number, of each row; null where the model's is not finite
    refused     how many records of the request could not be used; of several lines the first has it, the others 0

    >>> capture = Capture(1764158400.123, "heavy_utilization", "first", "id-1", ("distance", "TMIN"))
    >>> capture = capture._replace(places=[0], references=["ride-1"], rows=[[30.0, 300.0]], scores=[0.25])
    >>> text = lines(capture)
    >>> text[:70]
    '{"capture": 1, "time": "2025-11-26T12:00:00.123Z", "task": "heavy_util'
    >>> read(text) == capture
    True

The columns of the Glue table `predictions` are these fields, and each value is of its column's type: one that is not
would fail a query over its object, whatever else the query reads. Firehose may deliver a line twice, and logs of Lambda
may bring blank lines: who reads the table takes the rows that have a request_id, each place of a request once.
"""

import json
import re
from calendar import timegm
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from math import isfinite
from time import gmtime, strftime, strptime
from types import MappingProxyType
from typing import Any, NamedTuple

from wildrydes.errors import BadCapture

FORMAT = 1
MOST_ROWS = 200
"""Predictions in a line: some 20 KB of rides, and far below the 256 KB of a log event."""

_NOT_FINITE = re.compile("-?inf|nan")
_TIME = re.compile(r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}\.[0-9]{3}Z")
_LARGEST_INT = (1 << 31) - 1
"""Of a column of the type int."""


class Capture(NamedTuple):
    """What was asked in a request and answered; `time` in seconds since 1970, of which milliseconds are written."""

    time: float
    task: str
    model: str
    request_id: str
    features: tuple[str, ...] = ()
    places: Sequence[int] = ()
    references: Sequence[str | None] = ()
    rows: Sequence[Sequence[float]] = ()
    scores: Sequence[float | None] = ()
    refused: int = 0


def lines(capture: Capture) -> str:
    """The lines of a request, each ending in a line feed."""
    if len(capture.rows) <= MOST_ROWS:
        return _line(capture)
    return "".join(map(_line, _parts(capture)))


def read(line: str | bytes) -> Capture:
    """What a line holds. Raises BadCapture for one that has other fields than `lines` writes, or of other types."""
    try:
        fields = fields_of(line)
        if type(fields["capture"]) is not int or fields["capture"] != FORMAT:
            raise BadCapture(f"the line is of format {fields['capture']!r}, not {FORMAT}")
        if unknown := fields.keys() - {"capture", *Capture._fields}:
            raise ValueError(f"there are no fields {sorted(unknown)}")
        _check_types(fields)
        capture = Capture(
            _seconds(fields["time"]),
            *(fields[name] for name in ("task", "model", "request_id")),
            features=tuple(fields["features"]),
            **{name: fields[name] for name in ("places", "references", "rows", "scores", "refused")},
        )
        _check(capture)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise BadCapture(f"the line is no captured prediction: {type(error).__name__}: {error}") from None
    return capture


def fields_of(line: str | bytes) -> dict[str, Any]:
    """The fields of a line of a table, a JSON object in UTF-8. Raises ValueError, also where it has one twice."""
    text = line if isinstance(line, str) else line.decode()
    return json.loads(text, object_pairs_hook=_each_once)


def time_text(seconds: float) -> str:
    """A time in seconds since 1970 as it is written, 'YYYY-MM-DDTHH:MM:SS.mmmZ'."""
    milliseconds = int(seconds * 1000)
    return f"{strftime('%Y-%m-%dT%H:%M:%S', gmtime(milliseconds // 1000))}.{milliseconds % 1000:03}Z"


def _parts(capture: Capture) -> Iterator[Capture]:
    """The request in parts of MOST_ROWS predictions."""
    for start in range(0, len(capture.rows), MOST_ROWS):
        part = slice(start, start + MOST_ROWS)
        yield capture._replace(
            places=capture.places[part],
            references=capture.references[part],
            rows=capture.rows[part],
            scores=capture.scores[part],
            refused=0 if start else capture.refused,
        )


def _line(capture: Capture) -> str:
    # A caller waits for this. Python's text of a list of numbers is JSON, in half the time that `json` takes.
    return (
        f'{{"capture": {FORMAT}, "time": "{time_text(capture.time)}", "task": "{capture.task}", '
        f'"model": {_text(capture.model)}, "request_id": {json.dumps(capture.request_id)}, '
        f'"features": {_names(capture.features)}, "places": {list(capture.places)}, '
        f'"references": {json.dumps(capture.references)}, "rows": {list(capture.rows)}, '
        f'"scores": {_scores(capture.scores)}, "refused": {capture.refused}}}\n'
    )


@cache
def _names(features: tuple[str, ...]) -> str:
    return json.dumps(features)


@cache
def _text(model: str) -> str:
    return json.dumps(model)


def _scores(scores: Sequence[float | None]) -> str:
    text = str(list(scores))
    # Only "inf" and "nan" have an n.
    return _NOT_FINITE.sub("null", text) if "n" in text else text


def _seconds(text: str) -> float:
    if not _TIME.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no time")
    return timegm(strptime(text[:19], "%Y-%m-%dT%H:%M:%S")) + int(text[20:23]) / 1000


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field is there more than once")
    return fields


def _check_types(fields: Mapping[str, Any]) -> None:
    """Raise TypeError where a value is not of the type that its column has."""
    for name, is_one in _TYPES.items():
        if not is_one(fields[name]):
            raise TypeError(f"{name} is not of its column's type")


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _LARGEST_INT


def _is_list(is_one: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: type(value) is list and all(map(is_one, value))


def _or_null(is_one: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or is_one(value)


_TYPES: Mapping[str, Callable[[Any], bool]] = MappingProxyType(
    {
        "time": _is_text,
        "task": _is_text,
        "model": _is_text,
        "request_id": _is_text,
        "features": _is_list(_is_text),
        "places": _is_list(_is_count),
        "references": _is_list(_or_null(_is_text)),
        "rows": _is_list(_is_list(_is_number)),
        "scores": _is_list(_or_null(_is_number)),
        "refused": _is_count,
    }
)


def _check(capture: Capture) -> None:
    """Raise ValueError or OverflowError where the lists are not of one length, or a number is not finite."""
    sizes = {len(each) for each in (capture.places, capture.references, capture.rows, capture.scores)}
    if len(sizes) != 1:
        raise ValueError("places, references, rows and scores are not as many")
    if any(len(row) != len(capture.features) for row in capture.rows):
        raise ValueError("a row has another number of values than there are features")
    scores = [score for score in capture.scores if score is not None]
    if not all(isfinite(number) for row in [*capture.rows, scores] for number in row):
        raise ValueError("a number is not finite")
