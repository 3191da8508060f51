"""What AWS refuses of a request by the API's own model: what is missing, too long, out of range, or of another form.

The models are botocore's, which has AWS's. Its clients check that members are there and are not too short, and nothing
else, so that the rest is the service's to refuse. The texts are those of AWS's services. Patterns that Python cannot
read refuse nothing.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, StructureShape

Bounds = Mapping[str, tuple[int, int]]


def refusal(service: str, operation: str, parameters: Mapping[str, Any], bounds: Bounds | None = None) -> str | None:
    """What AWS says where `parameters`, by the model's names, are none of the operation's; None where they are.

    `bounds` are least and most of a number where the service knows other ones than the model, by the member's path.
    """
    faults = list(_of_structure(_input_of(service, operation), parameters, "", bounds or {}))
    if not faults:
        return None
    errors = "validation error" if len(faults) == 1 else "validation errors"
    return f"{len(faults)} {errors} detected: {'; '.join(faults)}"


@cache
def _input_of(service: str, operation: str) -> Any:
    model = botocore.session.get_session().get_service_model(service)
    shape = model.operation_model(operation).input_shape
    if shape is None:
        raise ValueError(f"{service}'s {operation} takes no parameters")
    return shape


def _of_structure(shape: Any, value: Any, path: str, bounds: Bounds) -> Iterator[str]:
    members = value if isinstance(value, Mapping) else {}
    for name, member in shape.members.items():
        place = f"{path}.{_camel(name)}" if path else _camel(name)
        if members.get(name) is not None:
            yield from _of_value(member, members[name], place, bounds)
        elif name in shape.required_members:
            yield _fault(None, place, "Member must not be null")


def _of_value(shape: Any, value: Any, path: str, bounds: Bounds) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        yield from _of_structure(shape, value, path, bounds)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        yield from _in_range(shape, len(value), value, path, "length", bounds)
        for place, entry in enumerate(value, start=1):
            yield from _of_value(shape.member, entry, f"{path}.{place}.member", bounds)
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        for name, entry in value.items():
            yield from _of_value(shape.value, entry, f"{path}.{name}.member", bounds)
    elif check := _CHECKS.get(shape.type_name):
        yield from check(shape, value, path, bounds)


def _of_text(shape: Any, value: Any, path: str, bounds: Bounds) -> Iterator[str]:
    text = str(value)
    if shape.enum and text not in shape.enum:
        yield _fault(text, path, f"Member must satisfy enum value set: [{', '.join(sorted(shape.enum))}]")
        return
    yield from _in_range(shape, len(text), text, path, "length", bounds)
    pattern = shape.metadata.get("pattern")
    compiled = _compiled(pattern) if pattern else None
    if compiled and not compiled.fullmatch(text):
        yield _fault(text, path, f"Member must satisfy regular expression pattern: {pattern}")


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """A pattern of the models; None where it has what Java's have and Python's lack, such as classes of characters.

    >>> _compiled(r"[\\p{L}]+") is None
    True
    """
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _of_number(shape: Any, value: Any, path: str, bounds: Bounds) -> Iterator[str]:
    # CloudFormation hands over the texts of a template's parameters.
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value):
        value = int(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield from _in_range(shape, value, value, path, "value", bounds)


def _in_range(shape: Any, size: float, value: Any, path: str, what: str, bounds: Bounds) -> Iterator[str]:
    least, most = bounds.get(path, (shape.metadata.get("min"), shape.metadata.get("max")))
    if least is not None and size < least:
        yield _fault(value, path, f"Member must have {what} greater than or equal to {least}")
    if most is not None and size > most:
        yield _fault(value, path, f"Member must have {what} less than or equal to {most}")


_CHECKS: dict[str, Callable[[Any, Any, str, Bounds], Iterator[str]]] = {
    "string": _of_text,
    "integer": _of_number,
    "long": _of_number,
    "double": _of_number,
    "float": _of_number,
}


def _fault(value: Any, path: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def _camel(name: str) -> str:
    """A member's name as AWS's texts have it.

    >>> _camel("RetryPolicy"), _camel("KMSKeyArn")
    ('retryPolicy', 'kMSKeyArn')
    """
    return name[:1].lower() + name[1:]
