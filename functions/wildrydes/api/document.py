"""The API's OpenAPI document as it is served: made for the champion.

What is in the source for API Gateway and CloudFormation alone is left out; what a ride has to have is put in.
"""

from collections.abc import Sequence
from typing import Any

from wildrydes.api.answers import JSON
from wildrydes.api.requests import allowed_range
from wildrydes.labels import FEATURES

UNITS = {
    "distance": "miles",
    "healthpoints": "points",
    "magicpoints": "points",
    "TMIN": "tenths of °C",
    "TMAX": "tenths of °C",
    "PRCP": "tenths of mm",
}
_MEANINGS = {
    "distance": "How far the ride went",
    "healthpoints": "The unicorn's health points",
    "magicpoints": "The unicorn's magic points",
    "TMIN": "The lowest temperature of the day at the nearest weather station",
    "TMAX": "The highest temperature of the day at the nearest weather station",
    "PRCP": "The precipitation of the day at the nearest weather station",
}
_EXAMPLE = {"distance": 30, "healthpoints": 30, "magicpoints": 2500, "TMIN": 300, "TMAX": 333, "PRCP": 0}
_IGNORED = {"description": "The live model does not need it; whatever it is, it is not looked at"}
_NUMERIC_STRING = r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$"


def build_document(source: dict[str, Any], features: Sequence[str] | None, url: str) -> dict[str, Any]:
    """The document for the champion's `features`, None while there is no champion; `url` is the API's own."""
    document = _without_extensions(source)
    schemas = document["components"]["schemas"]
    schemas["Ride"] |= _ride(features)
    for item in document["paths"].values():
        for operation in item.values():
            _as_json(operation)
    (row,) = document["paths"]["/predictions"]["get"]["parameters"]
    row["schema"] |= {"minItems": len(features), "maxItems": len(features)} if features else {}
    document["servers"] = [{"url": url}]
    return document


def _ride(features: Sequence[str] | None) -> dict[str, Any]:
    """What the schema of a ride has for this model."""
    names = features or FEATURES
    return {
        "properties": {name: _property(name) if name in names else _IGNORED for name in FEATURES},
        "additionalProperties": False,
        "example": {name: _EXAMPLE[name] for name in names},
    } | ({"required": list(features)} if features else {})


def _property(name: str) -> dict[str, Any]:
    number = {"type": "number"} | allowed_range(name)
    return {
        "description": f"{_MEANINGS[name]}, in {UNITS[name]}",
        "x-unit": UNITS[name],
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
    return [_without_extensions(each) for each in value] if isinstance(value, list) else value


def _is_intrinsic(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and (next(iter(value)) == "Ref" or "Fn::If" in value)
