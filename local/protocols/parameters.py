"""The parameters of a request by the names of the operation's model, whichever the protocol: JSON, a form, or REST."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from local.protocols.strict_json import NotJsonError, decode

_ENTRY = re.compile(r"\.(\d+)")


def of_json(body: bytes) -> dict[str, Any]:
    """The members of a JSON body; none of an empty one. Raises NotJsonError for what is no JSON object."""
    value = decode(body) if body.strip() else {}
    if not isinstance(value, dict):
        raise NotJsonError("The body is no JSON object")
    return value


def of_form(shape: Any, form: Mapping[str, Any]) -> dict[str, Any]:
    """The members that a form of the query protocol spells as `Tags.member.1.Key`."""
    texts = {name: value[-1] if isinstance(value, list) else value for name, value in form.items()}
    return _of_form(shape, "", texts) or {}


def _of_form(shape: Any, place: str, texts: Mapping[str, Any]) -> Any:
    """What a form has at a place and below it; None where it has nothing."""
    inner = f"{place}." if place else ""
    if shape.type_name == "structure":
        if place and not any(name.startswith(inner) for name in texts):
            return None
        values = {
            name: _of_form(member, f"{inner}{member.serialization.get('name', name)}", texts)
            for name, member in shape.members.items()
        }
        return {name: value for name, value in values.items() if value is not None}
    if shape.type_name == "list":
        member = shape.member.serialization.get("name", "member")
        path = place if shape.serialization.get("flattened") else f"{place}.{member}"
        entries = [_of_form(shape.member, f"{path}.{number}", texts) for number in _numbers(path, texts)]
        # An empty list is the place itself, with nothing behind it.
        return entries if entries or place in texts else None
    if shape.type_name == "map":
        return _map_of_form(shape, place, texts)
    return texts.get(place)


def _map_of_form(shape: Any, place: str, texts: Mapping[str, Any]) -> dict[str, Any] | None:
    path = place if shape.serialization.get("flattened") else f"{place}.entry"
    key, value = (each.serialization.get("name", name) for each, name in ((shape.key, "key"), (shape.value, "value")))
    entries = {
        str(texts.get(f"{path}.{number}.{key}", "")): _of_form(shape.value, f"{path}.{number}.{value}", texts)
        for number in _numbers(path, texts)
    }
    return entries or None


def _numbers(path: str, texts: Iterable[str]) -> list[int]:
    """The numbers that stand behind a path, in their order."""
    matches = (_ENTRY.match(name, len(path)) for name in texts if name.startswith(path))
    return sorted({int(match[1]) for match in matches if match})


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
