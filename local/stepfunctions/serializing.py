"""Answers, whose members are looked for among as few keys as can be.

moto looks for each member that the API's model has, 57 of them in an event of a history, under each name that it may
have in an object of moto's: without the class or the shape as prefix, and in snake case. For a dict these names follow
from the model alone, so that they are the same each time: they are found once a member.
"""

from collections.abc import Callable
from typing import Any

from moto.core.model import Shape
from moto.core.serialize import AttributePickerContext, ResponseSerializer, XFormedAttributePicker

from local.seams import replace, seam

Get = Callable[[Any, Any, str, Shape], Any]

# The attribute of a member's shape that holds its keys. Such a shape belongs to one structure alone.
_KEYS = "_keys_in_a_dict"


def install() -> None:
    """Look members of dicts up by their possible keys alone."""
    seam(XFormedAttributePicker, "get_possible_keys")
    replace(ResponseSerializer, "get_value", by_possible_keys(seam(ResponseSerializer, "get_value")))


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
