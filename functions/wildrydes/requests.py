"""A request for a prediction: the body that a client sent -> the features of a model, in its order."""

import json
from collections.abc import Sequence
from typing import Any

from wildrydes.errors import BadRequest, BadRide
from wildrydes.measures import measure


def requested_features(body: str | bytes | None, features: Sequence[str]) -> list[float]:
    """The model's features out of a JSON object. The case of its names does not matter; it may hold more than is asked.

    Raises BadRequest, naming the field that is missing, no finite number, or there twice.
    """
    ride = _object(body)
    found: dict[str, Any] = {}
    for name, value in ride.items():
        if name.lower() in found:
            raise BadRequest(f"{name} is there more than once, in different cases", name)
        found[name.lower()] = value
    return [_number(feature, found) for feature in features]


def _object(body: str | bytes | None) -> dict[str, Any]:
    if not body:
        raise BadRequest("the request has no body; send a JSON object with the ride's fields")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest("the body is no JSON; send a JSON object with the ride's fields") from None
    if not isinstance(value, dict):
        raise BadRequest("the body is no JSON object; send one with the ride's fields")
    return value


def _number(feature: str, found: dict[str, Any]) -> float:
    if feature.lower() not in found:
        raise BadRequest(f"{feature} is missing", feature)
    try:
        return measure(feature, found[feature.lower()])
    except BadRide as bad:
        raise BadRequest(bad.detail, feature) from None
