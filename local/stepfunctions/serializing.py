"""Answers, whose members are looked for among as few keys as can be.

moto looks for each member that the API's model has, 57 of them in an event of a history, under each name that it may
have in an object of moto's: without the class or the shape as prefix, and in snake case. For a dict these names follow
from the model alone, so that they are the same each time: they are found once a member.

A time is a text in moto's objects, as moto's own clock writes it, and is read by dateutil: of an execution whose end is
waited for the same ones each time. What is in the usual form is read by Python itself.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.core import serialize
from moto.core.model import Shape
from moto.core.serialize import AttributePickerContext, ResponseSerializer, XFormedAttributePicker

from local.seams import replace, seam

Get = Callable[[Any, Any, str, Shape], Any]

# The attribute of a member's shape that holds its keys. Such a shape belongs to one structure alone.
_KEYS = "_keys_in_a_dict"


def install() -> None:
    """Look members of dicts up by their possible keys alone, and read times in the usual form by Python itself."""
    seam(XFormedAttributePicker, "get_possible_keys")
    replace(ResponseSerializer, "get_value", by_possible_keys(seam(ResponseSerializer, "get_value")))
    replace(serialize, "parse_to_aware_datetime", by_python(seam(serialize, "parse_to_aware_datetime")))


def by_possible_keys(get_value: Get) -> Get:
    """The same as moto's `get_value`, for dicts without going through the ways to name a member."""

    def get(serializer: Any, value: Any, key: str, shape: Shape) -> Any:
        picker = serializer._value_picker
        if type(value) is not dict or type(picker) is not XFormedAttributePicker or picker.response_transformers:
            return get_value(serializer, value, key, shape)
        keys = shape.__dict__.get(_KEYS)
        if keys is None:
            keys = tuple(dict.fromkeys(picker.get_possible_keys(AttributePickerContext(value, key, shape))))
            setattr(shape, _KEYS, keys)
        for each in keys:
            if each in value:
                return value[each]
        return None

    return get


def by_python(parse: Callable[[Any], datetime]) -> Callable[[Any], datetime]:
    """The same as botocore's `parse_to_aware_datetime`.

    >>> times = by_python(lambda value: datetime.max)
    >>> times("2026-11-28T01:02:03.456000Z").isoformat(), times("1764291723") is datetime.max
    ('2026-11-28T01:02:03.456000+00:00', True)
    """

    def aware(value: Any) -> datetime:
        if type(value) is str and value[10:11] == "T" and value.endswith("Z"):
            return datetime.fromisoformat(value).astimezone(UTC)
        return parse(value)

    return aware
