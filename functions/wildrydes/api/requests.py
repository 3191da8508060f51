"""A request for predictions: the body that a caller sent -> rides or samples -> the features of a model, in its order.

All that a caller may get wrong about one is checked here, and nowhere else in the function:

    read_body       text, or base64 -> a JSON object or array   UnreadableRequest, BodyTooLarge
    rides_of        an array -> 1 to 1,000 rides or samples     UnreadableRequest
    reference_of    a ride or a sample -> what it is called     BadValue
    features_of     a ride or a sample -> numbers               BadValue
    row_of          30,30,2500,300,333,0 -> numbers             BadValue
"""

import re
from binascii import a2b_base64
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from wildrydes import strict_json, tasks
from wildrydes.errors import BadJson, BadRide, BadValue, BodyTooLarge, UnreadableRequest
from wildrydes.measures import LARGEST, measure

LARGEST_BODY = 1_000_000
"""Bytes: a thousand rides have some 100,000."""

MOST_RIDES = 1000

REFERENCE_FIELD = "reference"
"""The property of a record by which its caller calls it; it is captured with the prediction."""

REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,64}")

_PLAIN = (float, int)
_ABSENT: Any = None
_LONGEST_ECHO = 100
_SEND = "send a JSON object with the measures by name, or an array of such objects"


class Vocabulary(NamedTuple):
    """What may be said of one record of a source: its `lowest` has each feature's least value.

    `spelled` has each feature under its name and under that in lower case; `record` is what one is called.
    """

    record: str
    lowest: Mapping[str, float]
    spelled: Mapping[str, str]

    def allowed_range(self, feature: str) -> dict[str, float]:
        """The least and the largest value of a feature, both included."""
        return {"minimum": self.lowest[feature], "maximum": LARGEST}


@cache
def vocabulary_of(task: str) -> Vocabulary:
    """That of a task's source: of the features that are not the task's, a record may have any."""
    names = tasks.features_of(tasks.TASKS[task].source)
    lowest = {name: float(feature.least) for name, feature in names.items()}
    spelled = {name: name for name in names} | {name.lower(): name for name in names}
    return Vocabulary(tasks.TASKS[task].record, lowest, spelled)


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


def rides_of(value: list[Any], record: str = "ride") -> list[Any]:
    """The records in an array, whatever each of them is. Raises UnreadableRequest for none or too many."""
    if not 1 <= len(value) <= MOST_RIDES:
        allowed = {"minimum": 1, "maximum": MOST_RIDES}
        raise UnreadableRequest(f"the body is an array of {len(value)} {record}s", "body", allowed)
    return value


def reference_of(ride: Any) -> str | None:
    """What the caller calls a ride or a sample; it is taken out of it. Raises BadValue."""
    if type(ride) is not dict or REFERENCE_FIELD not in ride:
        return None
    reference = ride.pop(REFERENCE_FIELD)
    if type(reference) is str and REFERENCE.fullmatch(reference):
        return reference
    raise BadValue(f"reference is {_excerpt(reference)}, not 1 to 64 letters, digits, _ and -", REFERENCE_FIELD)


def features_of(ride: Any, features: Sequence[str], vocabulary: Vocabulary) -> list[float]:
    """These features of a ride or a sample. Their names' case does not matter; others that are known are passed over.

    Raises BadValue, naming the field that is unknown, repeated, missing, no number, not finite or out of range.
    """
    if type(ride) is not dict:
        if isinstance(ride, BadJson):
            raise BadValue(ride.detail, ride.field or "body")
        raise BadValue(f"a {vocabulary.record} is a JSON object with its measures by name", "body")
    lowest = vocabulary.lowest
    values = ride if ride.keys() <= lowest.keys() else _by_feature(ride, vocabulary)
    # Most values are plain numbers, and a request has up to six thousand of them.
    return [
        value + 0.0
        if type(value := values.get(feature, _ABSENT)) in _PLAIN and lowest[feature] <= value <= LARGEST
        else _number(feature, values, ride, vocabulary)
        for feature in features
    ]


def row_of(text: str, features: Sequence[str], vocabulary: Vocabulary) -> list[float]:
    """These features in a row of numbers in their order. Raises BadValue; its field is `features`."""
    values = text.split(",")
    if len(values) != len(features):
        detail = f"features has {len(values)} values; the champion needs {len(features)}: {','.join(features)}"
        raise BadValue(detail, "features", list(features))
    try:
        return [_in_range(feature, value, vocabulary) for feature, value in zip(features, values, strict=True)]
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


def _excerpt(value: Any) -> str:
    return repr(value)[:_LONGEST_ECHO]


def _by_feature(ride: dict[Any, Any], vocabulary: Vocabulary) -> dict[str, Any]:
    """A ride's values under the features' own names."""
    if bad := strict_json.ambiguity(ride.items()):
        raise BadValue(bad.detail, bad.field or "body")
    return {vocabulary.spelled.get(name) or _feature_of(name, vocabulary): value for name, value in ride.items()}


def _feature_of(name: str, vocabulary: Vocabulary) -> str:
    """The feature whose name this is, in another case. Raises BadValue for none."""
    if feature := vocabulary.spelled.get(name.lower()):
        return feature
    excerpt = name[:_LONGEST_ECHO]
    raise BadValue(f"{excerpt!r} is no measure of a {vocabulary.record}", excerpt, list(vocabulary.lowest))


def _number(feature: str, values: dict[str, Any], ride: dict[str, Any], vocabulary: Vocabulary) -> float:
    if feature not in values:
        raise BadValue(f"{feature} is missing", feature, vocabulary.allowed_range(feature))
    try:
        return _in_range(feature, values[feature], vocabulary)
    except BadValue as bad:
        spelling = next(name for name in ride if name.lower() == feature.lower())
        raise BadValue(str(bad), spelling, bad.allowed) from None


def _in_range(feature: str, value: Any, vocabulary: Vocabulary) -> float:
    try:
        number = measure(feature, value)
    except BadRide as bad:
        raise BadValue(bad.detail, feature, vocabulary.allowed_range(feature)) from None
    if number < (least := vocabulary.lowest[feature]):
        raise BadValue(f"{feature} is {number!r}, below {least:g}", feature, vocabulary.allowed_range(feature))
    return number
