"""The parameters of a request by the names of the operation's model, whichever the protocol: JSON, a form, or REST."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local import EmbeddedAwsError
from local.protocols.strict_json import NotJsonError, decode

_NUMBER = re.compile(r"[0-9]{1,9}")
# A stack has 200 parameters of some fields each, a batch of measurements some thousands.
_MOST_FIELDS = 10_000
# Members of members of these APIs go no deeper than half of this.
_DEEPEST = 32


def of_json(body: bytes) -> dict[str, Any]:
    """The members of a JSON body; none of an empty one. Raises NotJsonError for what is no JSON object."""
    value = decode(body) if body.strip() else {}
    if not isinstance(value, dict):
        raise NotJsonError("The body is no JSON object")
    return value


def of_form(shape: Any, form: Mapping[str, Any]) -> dict[str, Any]:
    """The members that a form of the query protocol spells as `Tags.member.1.Key`. Raises TooManyFieldsError."""
    if len(form) > _MOST_FIELDS:
        raise TooManyFieldsError(f"The request has more than {_MOST_FIELDS} fields")
    root = _Place()
    for name, value in form.items():
        root.put(name, value[-1] if isinstance(value, list) else value)
    return _of_structure(shape, root)


class TooManyFieldsError(EmbeddedAwsError, ValueError):
    """A form has more fields than any request of AWS's APIs; the message says how many are taken."""


@dataclass
class _Place:
    """What a form has at a place, and at the places below it."""

    text: Any = None
    below: dict[str, "_Place"] = field(default_factory=dict)

    def put(self, name: str, text: Any) -> None:
        """Add a field. Names that go deeper than any member are left out."""
        parts = name.split(".", _DEEPEST)
        if len(parts) > _DEEPEST:
            return
        place = self
        for part in parts:
            place = place.below.setdefault(part, _Place())
        place.text = text

    def entries(self) -> "list[_Place]":
        """What stands below by number, in the order of the numbers."""
        numbers = {int(name): place for name, place in self.below.items() if _NUMBER.fullmatch(name)}
        return [numbers[number] for number in sorted(numbers)]


_NOWHERE = _Place()


def _of_form(shape: Any, place: _Place | None) -> Any:
    """What a form has at a place and below it; None where it has nothing."""
    if place is None:
        return None
    if shape.type_name == "structure":
        return _of_structure(shape, place) if place.below else None
    if shape.type_name == "list":
        member = shape.member.serialization.get("name", "member")
        listed = place if shape.serialization.get("flattened") else place.below.get(member, _NOWHERE)
        entries = [_of_form(shape.member, entry) for entry in listed.entries()]
        # An empty list is the place itself, with nothing behind it.
        return entries if entries or place.text is not None else None
    return _map_of_form(shape, place) if shape.type_name == "map" else place.text


def _of_structure(shape: Any, place: _Place) -> dict[str, Any]:
    values = {
        name: _of_form(member, place.below.get(member.serialization.get("name", name)))
        for name, member in shape.members.items()
    }
    return {name: value for name, value in values.items() if value is not None}


def _map_of_form(shape: Any, place: _Place) -> dict[str, Any] | None:
    listed = place if shape.serialization.get("flattened") else place.below.get("entry", _NOWHERE)
    key, value = (each.serialization.get("name", name) for each, name in ((shape.key, "key"), (shape.value, "value")))
    entries = {
        str(entry.below.get(key, _NOWHERE).text or ""): _of_form(shape.value, entry.below.get(value))
        for entry in listed.entries()
    }
    return entries or None


def of_rest(
    shape: Any, labels: Mapping[str, str], headers: Mapping[str, str], query: Mapping[str, Any], body: bytes
) -> dict[str, Any]:
    """The members that a REST request has in its path, query, headers and JSON body. Raises NotJsonError.

    A payload that is no JSON, such as that of an invocation, and headers of one prefix are left out.
    """
    parameters = {} if _has_raw_payload(shape) else dict(of_json(body))
    for name, member in shape.members.items():
        where = member.serialization
        match where.get("location"):
            case "uri":
                parameters[name] = labels.get(where.get("name", name))
            case "querystring":
                parameters[name] = _of_query(member, query.get(where.get("name", name)))
            case "header":
                parameters[name] = headers.get(where.get("name", name).lower())
            case None if where.get("name", name) != name and where["name"] in parameters:
                parameters[name] = parameters.pop(where["name"])
    return {name: value for name, value in parameters.items() if value is not None}


def _has_raw_payload(shape: Any) -> bool:
    payload = shape.serialization.get("payload")
    return payload is not None and shape.members[payload].type_name in ("blob", "string")


def _of_query(shape: Any, value: Any) -> Any:
    values = value if isinstance(value, list) else [] if value is None else [value]
    if shape.type_name == "list":
        return values or None
    return values[0] if values else None
