"""The fields of a retraining's input as a JSON Schema, for forms: each with its meaning, its range and its default.

The meaning is that of the command's option. What is right or wrong in company alone, the workflow's check says.

    https://json-schema.org/draft/2020-12/schema
"""

import re
from typing import Any

from cli.input_options import input_meanings
from wildrydes import starts
from wildrydes.algorithms import ALGORITHMS, SERVINGS
from wildrydes.parameters import CHUNK_BYTES, FIRST_YEARS, STATION_MILES
from wildrydes.rides.stations import MAX_STATION_MILES
from wildrydes.tasks import DEFAULT_TASK, TASKS

_FRACTION = {"type": "number", "minimum": 0, "maximum": 1}
_FEATURES = tuple(dict.fromkeys(feature for task in TASKS.values() for feature in task.features))
_YEAR = {"type": "integer", "minimum": FIRST_YEARS[0], "maximum": FIRST_YEARS[1]}
_OPTION_DEFAULT = re.compile(r"  \[default: .*")

# In the order of a form: what people set, what is trained, what it is trained on, when it goes live, and why.
_PROPERTIES: dict[str, dict[str, Any]] = {
    "task": {"type": "string", "enum": list(TASKS), "default": DEFAULT_TASK},
    "promote": {"type": "boolean", "default": True},
    "force": {"type": "boolean", "default": False},
    "algorithms": {
        "type": "array",
        "items": {"enum": list(ALGORITHMS)},
        "minItems": 1,
        "uniqueItems": True,
        "default": [ALGORITHMS[0]],
    },
    "hyperparameters": {
        "type": "object",
        "default": {},
        "examples": ['{"epochs": 30}', '{"xgboost": {"eta": 0.3}}'],
        "description": "Values by name, or by algorithm and name for several algorithms.",
    },
    "tuning": {"type": ["object", "null"], "default": None, "examples": ['{"jobs": 20}']},
    "features": {"type": "array", "items": {"enum": list(_FEATURES)}, "minItems": 1, "uniqueItems": True},
    "serving": {"type": "string", "enum": list(SERVINGS), "default": SERVINGS[0]},
    "years": {"type": "object", "properties": {"first": {**_YEAR, "default": 2009}, "last": _YEAR}},
    "min_training_rows": {"type": "integer", "minimum": 1, "maximum": 1_000_000_000, "default": 100},
    "max_rejected_fraction": {**_FRACTION, "default": 0.1},
    "max_without_weather_fraction": {**_FRACTION, "default": 0.1},
    "max_station_miles": {
        "type": "number",
        "minimum": STATION_MILES[0],
        "maximum": STATION_MILES[1],
        "default": MAX_STATION_MILES,
    },
    "chunk_bytes": {"type": "integer", "minimum": CHUNK_BYTES[0], "maximum": CHUNK_BYTES[1], "default": 8 << 20},
    "min_improvement": {"type": "number", "minimum": 0, "default": 0},
    "max_score_change": {"type": ["number", "null"], "minimum": 0, "default": None},
    "reason": {"type": "string", "enum": list(starts.REASONS), "default": starts.PERSON},
    "reason_detail": {"type": "string", "maxLength": starts.LONGEST_DETAIL, "default": ""},
}


def input_schema() -> dict[str, Any]:
    """The schema. `target` is not in it: it is the older name of `task`.

    `x-features` has the features of each task, of which `features` may name some.
    """
    meanings = {name: _meaning(text) for name, text in input_meanings().items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": False,
        "properties": {name: {"description": meanings[name]} | each for name, each in _PROPERTIES.items()},
        "x-features": {task.name: list(task.features) for task in TASKS.values()},
    }


def _meaning(text: str) -> str:
    """An option's help without the default, which has a place of its own.

    >>> _meaning("Fail with fewer rows to train on.  [default: 100]")
    'Fail with fewer rows to train on.'
    """
    return _OPTION_DEFAULT.sub("", text)
