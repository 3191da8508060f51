"""What AWS refuses of a request by the API's own model: what is missing, too long, out of range, or of another form.

The models are botocore's, which has AWS's. Its clients check that members are there and are not too short, and nothing
else, so that the rest is the service's to refuse. The texts are those of AWS's services. Patterns that Python cannot
read refuse nothing. Lists and maps, and what the model calls sensitive, are not repeated.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from botocore.model import ListShape, MapShape, StructureShape

from local.protocols import operations, patterns


@dataclass(frozen=True)
class Exceptions:
    """Where a service differs from its model, by paths such as `environment.variables`.

    `bounds` are least and most of numbers; what is `free` is not looked at.
    """

    bounds: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    free: Collection[str] = ()


_NONE = Exceptions()

OTHER_KIND = "Value must be of the member's kind"
"""The constraint of a list, a map or a text in the place of another of these. Templates spell some members so."""


_NOT_NULL = "Member must not be null"


class Fault(NamedTuple):
    """What is wrong with a member: its value as AWS shows it, empty where it does not, its path, and the constraint."""

    shown: str
    path: str
    constraint: str

    def __str__(self) -> str:
        value = f"Value {self.shown}" if self.shown else "Value"
        return f"{value} at '{self.path}' failed to satisfy constraint: {self.constraint}"


def refusal(service: str, operation: str, parameters: Mapping[str, Any], exceptions: Exceptions = _NONE) -> str | None:
    """What AWS says where `parameters`, by the model's names, are none of the operation's; None where they are."""
    model = operations.operation(service, operation)
    if model is None:
        raise ValueError(f"{service} has no operation {operation}")
    return sentence([fault for fault in faults(model, parameters, exceptions) if fault.constraint != OTHER_KIND])


def sentence(violations: list[Fault]) -> str | None:
    """All faults as AWS's services list them; None where there is none."""
    if not violations:
        return None
    errors = "validation error" if len(violations) == 1 else "validation errors"
    return f"{len(violations)} {errors} detected: {'; '.join(map(str, violations))}"


def faults(model: Any, parameters: Mapping[str, Any], exceptions: Exceptions = _NONE) -> list[Fault]:
    """What is wrong with the parameters of an operation, in the order of the model's members."""
    shape = model.input_shape
    return [] if shape is None else list(_of_structure(shape, parameters, "", exceptions))


_KINDS: dict[str, Any] = {"structure": Mapping, "map": Mapping, "list": list}


def _of_structure(shape: Any, members: Mapping[str, Any], path: str, exceptions: Exceptions) -> Iterator[Fault]:
    for name, member in shape.members.items():
        place = f"{path}.{_camel(name)}" if path else _camel(name)
        if place in exceptions.free:
            continue
        if members.get(name) is not None:
            yield from _of_value(member, members[name], place, exceptions)
        elif name in shape.required_members:
            yield Fault("null", place, _NOT_NULL)


def _of_value(shape: Any, value: Any, path: str, exceptions: Exceptions) -> Iterator[Fault]:
    if not isinstance(value, _KINDS.get(shape.type_name, str | int | float | bytes)):
        # A null is one of a list or a map: structures pass over theirs.
        yield Fault("null", path, _NOT_NULL) if value is None else Fault("", path, OTHER_KIND)
        if value is not None and isinstance(shape, StructureShape):
            yield from _of_structure(shape, {}, path, exceptions)
    elif isinstance(shape, StructureShape):
        yield from _of_structure(shape, value, path, exceptions)
    elif isinstance(shape, ListShape):
        yield from _in_range(shape, len(value), value, path, "length", exceptions)
        for place, entry in enumerate(value, start=1):
            yield from _of_value(shape.member, entry, f"{path}.{place}.member", exceptions)
    elif isinstance(shape, MapShape):
        yield from _in_range(shape, len(value), value, path, "length", exceptions)
        if any(_constraints(shape.key, str(name)) for name in value):
            listed = ", ".join(_all_constraints(shape.key))
            yield Fault("", path, f"Map keys must satisfy constraint: [{listed}]")
        for name, entry in value.items():
            yield from _of_value(shape.value, entry, f"{path}.{name}.member", exceptions)
    elif check := _CHECKS.get(shape.type_name):
        yield from check(shape, value, path, exceptions)


def _of_text(shape: Any, value: Any, path: str, _: Exceptions) -> Iterator[Fault]:
    text = str(value)
    shown = "" if shape.metadata.get("sensitive") else f"'{text}'"
    for constraint in _constraints(shape, text):
        yield Fault(shown, path, constraint)


def _constraints(shape: Any, text: str) -> list[str]:
    """The constraints of a text's shape that it does not satisfy."""
    if shape.enum and text not in shape.enum:
        return [_enumeration(shape)]
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    broken = [_at_least("length", least)] if least is not None and len(text) < least else []
    broken += [_at_most("length", most)] if most is not None and len(text) > most else []
    pattern = shape.metadata.get("pattern")
    # A text that is too long is not read, however long it is.
    matcher = patterns.compiled(pattern) if pattern and (most is None or len(text) <= most) else None
    return [*broken, form(pattern)] if matcher and not matcher.fullmatch(text) else broken


def _all_constraints(shape: Any) -> list[str]:
    """All constraints of a text's shape, as AWS lists them of a map's keys."""
    limits = shape.metadata
    return [
        *([_at_most("length", limits["max"])] if "max" in limits else []),
        *([_at_least("length", limits["min"])] if "min" in limits else []),
        *([form(limits["pattern"])] if "pattern" in limits else []),
        *([_enumeration(shape)] if shape.enum else []),
    ]


def _of_number(shape: Any, value: Any, path: str, exceptions: Exceptions) -> Iterator[Fault]:
    # CloudFormation hands over the texts of a template's parameters, and forms have no other.
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value):
        value = int(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield from _in_range(shape, value, value, path, "value", exceptions)


def _in_range(shape: Any, size: float, value: Any, path: str, what: str, exceptions: Exceptions) -> Iterator[Fault]:
    least, most = exceptions.bounds.get(path, (shape.metadata.get("min"), shape.metadata.get("max")))
    shown = "" if isinstance(value, list | Mapping) else f"'{value}'"
    if least is not None and size < least:
        yield Fault(shown, path, _at_least(what, least))
    if most is not None and size > most:
        yield Fault(shown, path, _at_most(what, most))


_CHECKS: dict[str, Callable[[Any, Any, str, Exceptions], Iterator[Fault]]] = {
    "string": _of_text,
    "integer": _of_number,
    "long": _of_number,
    "double": _of_number,
    "float": _of_number,
}


def _at_least(what: str, least: float) -> str:
    return f"Member must have {what} greater than or equal to {least}"


def _at_most(what: str, most: float) -> str:
    return f"Member must have {what} less than or equal to {most}"


def form(pattern: str) -> str:
    """The constraint of a text that has a pattern."""
    return f"Member must satisfy regular expression pattern: {pattern}"


def _enumeration(shape: Any) -> str:
    return f"Member must satisfy enum value set: [{', '.join(sorted(shape.enum))}]"


def _camel(name: str) -> str:
    """A member's name as AWS's texts have it.

    >>> _camel("RetryPolicy"), _camel("KMSKeyArn")
    ('retryPolicy', 'kMSKeyArn')
    """
    return name[:1].lower() + name[1:]
