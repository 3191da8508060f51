"""A request for predictions: the body that a caller sent -> rides -> the features of a model, in its order.

All that a caller may get wrong about a ride is checked here, and nowhere else in the function:

    read_body       text, or base64 -> a JSON object or array   UnreadableRequest, BodyTooLarge
    rides_of        an array -> 1 to 1,000 rides                UnreadableRequest
    features_of     a ride -> numbers                           BadValue
    row_of          30,30,2500,300,333,0 -> numbers             BadValue
"""

from binascii import a2b_base64
from collections.abc import Sequence
from typing import Any

from wildrydes import strict_json
from wildrydes.errors import BadJson, BadRide, BadValue, BodyTooLarge, UnreadableRequest
from wildrydes.labels import FEATURES
from wildrydes.measures import LARGEST, measure

LARGEST_BODY = 1_000_000
"""Bytes: a thousand rides have some 100,000."""

MOST_RIDES = 1000

_LOWEST = dict.fromkeys(FEATURES, -LARGEST) | {"distance": 0.0}
_PLAIN = (float, int)
_ABSENT: Any = None
_FEATURES = frozenset(FEATURES)
_SPELLED = {name: name for name in FEATURES} | {name.lower(): name for name in FEATURES}
_LONGEST_ECHO = 100
_SEND = "send a JSON object with the ride's measures, or an array of such objects"


def allowed_range(feature: str) -> dict[str, float]:
    """The least and the largest value of a feature, both included."""
    return {"minimum": _LOWEST[feature], "maximum": LARGEST}


def read_body(body: str | None, is_base64: bool = False) -> dict[str, Any] | list[Any] | BadJson:
    """The JSON object or array in a body. In the place of an object that has a key twice is its fault.

    Raises BodyTooLarge, and UnreadableRequest for one that is absent, in another encoding than UTF-8, or no such JSON.
    """
    text = _text(body, is_base64)
    if not text or text.isspace():
        raise UnreadableRequest(f"the request has no body; {_SEND}")
    try:
        value = strict_json.decode_objects(text)
    except BadJson as bad:
        why = f" that is read: {bad.detail}" if bad.reason == "too_deep" else ""
        raise UnreadableRequest(f"the body is no JSON{why}; {_SEND}") from None
    if not isinstance(value, dict | list | BadJson):
        raise UnreadableRequest(f"the body is neither an object nor an array; {_SEND}")
    return value


def rides_of(value: list[Any]) -> list[Any]:
    """The rides in an array; what each of them is, is not looked at. Raises UnreadableRequest for none or too many."""
    if not 1 <= len(value) <= MOST_RIDES:
        allowed = {"minimum": 1, "maximum": MOST_RIDES}
        raise UnreadableRequest(f"the body is an array of {len(value)} rides", "body", allowed)
    return value


def features_of(ride: Any, features: Sequence[str]) -> list[float]:
    """These features of a ride. Their names' case does not matter; of the others it may have any that are known.

    Raises BadValue, naming the field that is unknown, repeated, missing, no number, not finite or out of range.
    """
    if type(ride) is not dict:
        if isinstance(ride, BadJson):
            raise BadValue(ride.detail, ride.field or "body")
        raise BadValue("a ride is a JSON object with its measures by name", "body")
    values = ride if ride.keys() <= _FEATURES else _by_feature(ride)
    # Most values are plain numbers, and a request has up to six thousand of them.
    return [
        value + 0.0
        if type(value := values.get(feature, _ABSENT)) in _PLAIN and _LOWEST[feature] <= value <= LARGEST
        else _number(feature, values, ride)
        for feature in features
    ]


def row_of(text: str, features: Sequence[str]) -> list[float]:
    """These features in a row of numbers in their order. Raises BadValue; its field is `features`."""
    values = text.split(",")
    if len(values) != len(features):
        detail = f"features has {len(values)} values; the live model needs {len(features)}: {','.join(features)}"
        raise BadValue(detail, "features", list(features))
    try:
        return [_in_range(feature, value) for feature, value in zip(features, values, strict=True)]
    except BadValue as bad:
        raise BadValue(str(bad), "features", bad.allowed) from None


def _text(body: str | None, is_base64: bool) -> str:
    """A body's text, without the mark that Windows puts before UTF-8."""
    try:
        data = a2b_base64(body or "", strict_mode=True) if is_base64 else (body or "").encode()
        if len(data) > LARGEST_BODY:
            raise BodyTooLarge(f"the body has {len(data):,} bytes", "body", {"maximum": LARGEST_BODY})
        text = data.decode() if is_base64 else body or ""
    except UnicodeError:
        raise UnreadableRequest("the body is not in UTF-8") from None
    except ValueError:
        raise UnreadableRequest("the body is no base64") from None
    return text.removeprefix("\ufeff")


def _by_feature(ride: dict[Any, Any]) -> dict[str, Any]:
    """A ride's values under the features' own names."""
    if bad := strict_json.ambiguity(ride.items()):
        raise BadValue(bad.detail, bad.field or "body")
    return {_SPELLED.get(name) or _feature_of(name): value for name, value in ride.items()}


def _feature_of(name: str) -> str:
    """The feature whose name this is, in another case. Raises BadValue for none."""
    if feature := _SPELLED.get(name.lower()):
        return feature
    excerpt = name[:_LONGEST_ECHO]
    raise BadValue(f"{excerpt!r} is no feature of any model", excerpt, list(FEATURES))


def _number(feature: str, values: dict[str, Any], ride: dict[str, Any]) -> float:
    if feature not in values:
        raise BadValue(f"{feature} is missing", feature, allowed_range(feature))
    try:
        return _in_range(feature, values[feature])
    except BadValue as bad:
        spelling = next(name for name in ride if name.lower() == feature.lower())
        raise BadValue(str(bad), spelling, bad.allowed) from None


def _in_range(feature: str, value: Any) -> float:
    try:
        number = measure(feature, value)
    except BadRide as bad:
        raise BadValue(bad.detail, feature, allowed_range(feature)) from None
    if number < _LOWEST[feature]:
        raise BadValue(f"{feature} is {number!r}, below {_LOWEST[feature]:g}", feature, allowed_range(feature))
    return number
