"""Checks a request against botocore's model of the API: members, types, lengths, ranges, patterns, enumerations.

SDKs check only some of these before they send, and SageMaker checks them all. Messages are worded as its own.
"""

from collections.abc import Iterator
from typing import Any

from botocore.model import ServiceModel

from local.protocols import patterns, service_models
from local.sagemaker.errors import ApiError

_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "boolean": (bool,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float, str),
}


def model() -> ServiceModel:
    """botocore's model of SageMaker."""
    return service_models.model("sagemaker")


def check(operation: str, request: dict[str, Any]) -> None:
    """Raise ApiError that lists every violated constraint of `operation`'s input."""
    shape = model().operation_model(operation).input_shape
    faults = list(_faults(shape, request, "")) if shape is not None else []
    if faults:
        count = f"{len(faults)} validation error{'s' if len(faults) > 1 else ''} detected"
        raise ApiError(f"{count}: {'; '.join(faults)}")


def _faults(shape: Any, value: Any, path: str) -> Iterator[str]:
    if not _is_of(value, _TYPES[shape.type_name]):
        yield f"Value {value!r} at '{path}' failed to satisfy constraint: Member must be of type {shape.type_name}"
        return
    yield from _constraint_faults(shape, value, path)
    if shape.type_name == "structure":
        yield from _structure_faults(shape, value, path)
    elif shape.type_name == "list":
        for number, item in enumerate(value, start=1):
            yield from _faults(shape.member, item, f"{path}.{number}.member")
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from _faults(shape.key, key, path)
            yield from _faults(shape.value, item, f"{path}.{key}")


def _is_of(value: object, types: tuple[type, ...]) -> bool:
    # To Python true is an integer too.
    return isinstance(value, types) and (not isinstance(value, bool) or bool in types)


def _structure_faults(shape: Any, value: dict[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            where = f"{path}.{_member(name)}".lstrip(".")
            yield f"Value null at '{where}' failed to satisfy constraint: Member must not be null"
    for name, item in value.items():
        where = f"{path}.{_member(name)}".lstrip(".")
        if name not in shape.members:
            yield f"Value at '{where}' is not a member of {shape.name}"
        elif item is not None:
            yield from _faults(shape.members[name], item, where)


def _constraint_faults(shape: Any, value: Any, path: str) -> Iterator[str]:
    constraints, kind = shape.metadata, shape.type_name
    start = f"Value {value!r} at '{path}' failed to satisfy constraint: Member must"
    size = value if kind in ("integer", "long") else len(value) if isinstance(value, str | list | dict) else None
    measured = "have value" if kind in ("integer", "long") else "have length"
    if size is not None and kind != "structure":
        if size < constraints.get("min", size):
            yield f"{start} {measured} greater than or equal to {constraints['min']}"
        if size > constraints.get("max", size):
            yield f"{start} {measured} less than or equal to {constraints['max']}"
    if isinstance(value, str) and "enum" in constraints and value not in constraints["enum"]:
        yield f"{start} satisfy enum value set: [{', '.join(constraints['enum'])}]"
    pattern = constraints.get("pattern")
    # A text that is too long is not read, however long it is.
    if isinstance(value, str) and pattern and len(value) <= constraints.get("max", len(value)):
        matcher = patterns.compiled(pattern, has_lines=True)
        if matcher and not matcher.fullmatch(value):
            yield f"{start} satisfy regular expression pattern: {pattern}"


def _member(name: str) -> str:
    return name[:1].lower() + name[1:]
