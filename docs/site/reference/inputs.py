"""The tables of docs/execution-input.md: the fields of each workflow's input."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cli.input_schema import input_schema
from docs.site.reference.markdown import code, codes, number, sentence, table, with_part
from statemachines import promotion_schema
from statemachines.workflow_fields import INPUT_FIELDS

_HEAD = ("field", "takes", "default", "meaning")
_TYPES = {"string": "text", "number": "a number", "integer": "a whole number", "boolean": "`true`, `false`"}


def with_fields(text: str) -> str:
    """The page with its tables as the code has them."""
    of_retrain = table(_HEAD, _of_retrain())
    return with_part(with_part(text, "fields", of_retrain), "inputs of the other workflows", "\n".join(_others()))


def _of_retrain() -> Iterator[tuple[str, str, str, str]]:
    for name, schema in input_schema()["properties"].items():
        yield code(name), takes(schema), _default(schema), sentence(schema["description"])
        if name == "task":
            yield code("target"), "as `task`", "", "Another name for task."
        for member, each in schema.get("properties", {}).items():
            default = _default(each) or "this year"
            yield code(f"{name}.{member}"), takes(each), default, f"The {member} year of the rides and of the weather."


def _default(schema: Mapping[str, Any]) -> str:
    return code(json.dumps(schema["default"])) if "default" in schema else ""


def takes(schema: Mapping[str, Any]) -> str:
    """What a JSON Schema of a field lets pass."""
    if "enum" in schema:
        return codes(schema["enum"])
    if isinstance(schema["type"], list):
        return " or ".join(takes({**schema, "type": each}) for each in schema["type"])
    if schema["type"] == "array":
        return f"a list of some of {codes(schema['items']['enum'])}"
    if schema["type"] in ("number", "integer") and "minimum" in schema:
        most = f" to {number(schema['maximum'])}" if "maximum" in schema else " on"
        return f"{_TYPES[schema['type']]} from {number(schema['minimum'])}{most}"
    if "maxLength" in schema:
        return f"a line of up to {schema['maxLength']} characters"
    return {"null": code("null"), "object": "an object"}.get(schema["type"]) or _TYPES[schema["type"]]


def _others() -> Iterator[str]:
    """The inputs of the workflows that a retraining, a person or a schedule starts."""
    schema = promotion_schema.build()
    rows = [
        (code(name), takes(each), _default(each), sentence(each["description"]))
        for name, each in schema["properties"].items()
    ]
    yield (
        f"**promote**, as [a JSON Schema](promotion.schema.json). {codes(schema['required'])} are required.\n\n"
        f"{table(_HEAD, rows)}"
    )
    for workflow, fields in INPUT_FIELDS.items():
        members = [(code(name), sentence(meaning)) for name, meaning in fields.items()]
        yield f"**{workflow}**\n\n{table(('field', 'meaning'), members)}"
