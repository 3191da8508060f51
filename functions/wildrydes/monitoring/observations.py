"""Captured predictions with what became of them: one JSON object a line, as queries/monitor_predictions_*.sql give it.

    {"day": "2026-11-25", "model": "run-1", "score": 0.25, "truth": 1.0, "station": "near",
     "features": ["distance", "TMAX"], "measures": [12.5, 310.0]}

`truth` is null or absent until there is one; `station` is near or far of a ride that is known, else null. What is no
such line is no observation, and is counted.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import Any, NamedTuple

from wildrydes.errors import BadObservation
from wildrydes.evaluation.split_rows import lines

NEAR, FAR = "near", "far"


class Observation(NamedTuple):
    """One prediction. `measures` has its features by name; None stands for a value that is missing."""

    day: str
    model: str
    score: float
    truth: float | None
    station: str | None
    measures: Mapping[str, float | None]


def observations(blocks: Iterable[bytes], key: str) -> Iterator[Observation]:
    """The observations in one object, gzip or not, whose `key` errors name. Raises BadObservation, BadTestSet."""
    for number, line in enumerate(lines(blocks, key), 1):
        if line.strip():
            yield _observation(line, number, key)


def _observation(line: bytes, number: int, key: str) -> Observation:
    try:
        fields = json.loads(line)
        return Observation(
            str(fields["day"]),
            str(fields["model"]),
            _number(fields["score"]),
            None if fields.get("truth") is None else _number(fields["truth"]),
            fields.get("station"),
            dict(zip(fields["features"], map(_measure, fields["measures"]), strict=True)),
        )
    except (ValueError, TypeError, KeyError, RecursionError) as bad:
        raise BadObservation(
            f"{key}, line {number}: {line[:80]!r} is no prediction ({type(bad).__name__}: {bad}); "
            "the queries under statemachines/queries/monitor_* write such lines"
        ) from None


def _measure(value: Any) -> float | None:
    return None if value is None else _number(value)


def _number(value: Any) -> float:
    if not isfinite(number := float(value)):
        raise ValueError(f"{value!r} is not finite")
    return number
