"""The API's OpenAPI document as it is served: made for the default task's champion.

What is in the source for API Gateway and CloudFormation alone is left out; what a ride has to have is put in. The
champions of the other tasks are not known where it is served: their rides and samples are to have all that the task
looks at, which is enough for each champion of it.
"""

from collections.abc import Sequence
from typing import Any

from wildrydes.api.answers import JSON
from wildrydes.api.requests import MOST_RIDES, REFERENCE, REFERENCE_FIELD, vocabulary_of
from wildrydes.measures import LARGEST
from wildrydes.tasks import DEFAULT_TASK, TASKS, Feature, Task, features_of

TITLE = "Wild Rydes predictions"
"""To callers; to API Gateway the title is the API's name, and the dimension of its metrics: one for each stack."""

_IGNORED = {"description": "The champion does not need it; whatever it is, it is not looked at"}
_REFERENCE = {
    "type": "string",
    "pattern": f"^{REFERENCE.pattern}$",
    "description": "What you call it: it is captured with the prediction, for you to find the truth by",
}
_NUMERIC_STRING = r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$"


def build_document(source: dict[str, Any], features: Sequence[str] | None, url: str) -> dict[str, Any]:
    """The document for the champion's `features`, None while there is no champion; `url` is the API's own."""
    document = _without_extensions(source)
    schemas = document["components"]["schemas"]
    for task in TASKS.values():
        schemas[task.schema] |= _record(task, features if task.is_default else task.features)
    schemas["Outcome"] |= _outcome()
    for item in document["paths"].values():
        for operation in item.values():
            _as_json(operation)
    for path in ("/predictions", f"/tasks/{DEFAULT_TASK}/predictions"):
        (row,) = document["paths"][path]["get"]["parameters"]
        row["schema"] |= {"minItems": len(features), "maxItems": len(features)} if features else {}
    document["info"]["title"] = TITLE
    document["servers"] = [{"url": url}]
    return document


def _record(task: Task, features: Sequence[str] | None) -> dict[str, Any]:
    """What the schema of a ride or a sample has, for a model of these features; None for any of the task's."""
    named, names = features_of(task.source), features or task.features
    return {
        "properties": {name: _property(task, each) if name in names else _IGNORED for name, each in named.items()}
        | {REFERENCE_FIELD: _REFERENCE},
        "additionalProperties": False,
        "example": {name: named[name].example for name in names},
    } | ({"required": list(features)} if features else {})


def _outcome() -> dict[str, Any]:
    """What the schema of an outcome has (`wildrydes.capture.outcome`)."""
    number = {"type": "number", "minimum": -LARGEST, "maximum": LARGEST}
    place = {"type": "integer", "minimum": 0, "maximum": MOST_RIDES - 1}
    return {
        "properties": {
            "request_id": _REFERENCE | {"pattern": "^[A-Za-z0-9_-]{1,128}$", "description": "That of the answer"},
            "place": place | {"default": 0, "description": "The record's position in the request, from 0"},
            "value": {
                "description": "0 or 1 of a classification, the number of a regression",
                "oneOf": [number, {"type": "string", "pattern": _NUMERIC_STRING}],
            },
            "task": {"type": "string", "enum": list(TASKS), "description": "Where it is said, the value is held to it"},
        },
        "required": ["request_id", "value"],
        "additionalProperties": False,
        "example": {"request_id": "2b7d9c0e-8a5f-4a33-9f27-0d4a4a3b6c11", "place": 0, "value": 1},
    }


def _property(task: Task, feature: Feature) -> dict[str, Any]:
    number = {"type": "number"} | vocabulary_of(task.name).allowed_range(feature.name)
    return {
        "description": f"{feature.meaning}, in {feature.unit}",
        "x-unit": feature.unit,
        "oneOf": [number, {"type": "string", "pattern": _NUMERIC_STRING}],
    }


def _as_json(operation: dict[str, Any]) -> None:
    """Leave the body's own type alone: to a reader, the other types that the gateway checks would mean other bodies."""
    if "requestBody" in operation:
        content = operation["requestBody"]["content"]
        operation["requestBody"]["content"] = {JSON: content[JSON]}


def _without_extensions(value: Any) -> Any:
    """The value without API Gateway's extensions and without members that CloudFormation decides on."""
    if isinstance(value, dict):
        members = {name: each for name, each in value.items() if not name.startswith("x-amazon-")}
        return {name: _without_extensions(each) for name, each in members.items() if not _is_intrinsic(each)}
    if isinstance(value, list):
        return [_without_extensions(each) for each in value if not _is_intrinsic(each)]
    return value


def _is_intrinsic(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and (next(iter(value)) == "Ref" or "Fn::If" in value)
