"""docs/reference/api.md: the API's paths, statuses and schemas, from the document that it serves."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from docs.site.reference.markdown import anchor, code, codes, number, page, sentence, table
from docs.site.reference.template import ROOT
from wildrydes.api.document import build_document
from wildrydes.tasks import DEFAULT_TASK, TASKS

_METHODS = ("get", "post")
_TYPES = {"integer": "a whole number", "number": "a number", "string": "text", "object": "an object", "array": "a list"}
_URL = "https://<api>.execute-api.<region>.amazonaws.com/live"


def rendered() -> str:
    """The page."""
    body = "\n".join([_paths(), _queries(), _statuses(), *_schemas()])
    return page("The API, path by path", _INTRODUCTION, body, _SOURCE)


@cache
def document() -> Mapping[str, Any]:
    """The document as it is served where the champion of the default task looks at every feature."""
    return build_document(source(), TASKS[DEFAULT_TASK].features, _URL)


def source() -> dict[str, Any]:
    """The document as API Gateway takes it."""
    return json.loads((ROOT / "functions/predict/openapi.json").read_text(encoding="utf-8"))


def operations() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Method, path and operation."""
    for path, item in document()["paths"].items():
        for method in _METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def _paths() -> str:
    rows = [
        (code(f"{method} {path}"), sentence(each["summary"]), _request(each), _answers(each), _callers(path, method))
        for method, path, each in operations()
    ]
    head = ("request", "what it does", "takes", "answers", "who may ask")
    return f"## Paths\n\n{table(head, rows)}\n{_OF_PATHS}\n"


def _request(operation: Mapping[str, Any]) -> str:
    if "requestBody" in operation:
        return _link(operation["requestBody"]["content"]["application/json"]["schema"])
    return codes(each["name"] for each in operation.get("parameters", []))


def _answers(operation: Mapping[str, Any]) -> str:
    """What it answers where it succeeds, and the other statuses."""
    statuses = sorted(status for status in operation["responses"] if not status.startswith("2"))
    ((status, response),) = [each for each in operation["responses"].items() if each[0].startswith("2")]
    contents = [
        _link(content["schema"]) if kind == "application/json" else code(kind)
        for kind, content in response["content"].items()
    ]
    return f"{status} {' or '.join(contents)}; {', '.join(statuses)}"


def _callers(path: str, method: str) -> str:
    """Who may ask, as the document for API Gateway has it."""
    security = source()["paths"][path][method.lower()]["security"]
    if isinstance(security, Mapping):
        return "whom `ApiAuthorization` lets"
    return "whoever signs" if security else "everybody"


def _link(schema: Mapping[str, Any]) -> str:
    """A schema by its name, or what it is."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{anchor(name)})"
    if "oneOf" in schema:
        return " or ".join(map(_link, schema["oneOf"]))
    if schema.get("type") == "array":
        return f"a list of {_link(schema['items'])}" if schema.get("items") else "a list"
    if "enum" in schema:
        return codes(schema["enum"])
    return f"{_TYPES.get(schema.get('type', ''), 'anything')}{_range(schema)}"


def _range(schema: Mapping[str, Any]) -> str:
    least = f" from {number(schema['minimum'])}" if "minimum" in schema else ""
    most = f" to {number(schema['maximum'])}" if "maximum" in schema else ""
    return f"{least}{most or (' on' if least else '')}"


def _queries() -> str:
    """The parameters of the query, by path."""
    rows = [
        (code(path), code(each["name"]), sentence(each["description"]), code(",".join(map(str, each["example"]))))
        for _, path, operation in operations()
        for each in operation.get("parameters", [])
    ]
    return f"## Query\n\n{table(('path', 'parameter', 'meaning', 'example'), rows)}"


def _statuses() -> str:
    """What each status means where nothing is answered that was asked for."""
    by_status: dict[str, dict[str, None]] = {}
    for _, _, operation in operations():
        for status, response in operation["responses"].items():
            if not status.startswith("2"):
                by_status.setdefault(status, {})[_resolved(response)["description"]] = None
    rows = [(status, " ".join(sentence(each) for each in texts)) for status, texts in sorted(by_status.items())]
    return f"## Statuses\n\n{_OF_STATUSES}\n\n{table(('status', 'meaning'), rows)}"


def _resolved(part: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in part:
        return part
    _, kind, name = part["$ref"].removeprefix("#/").split("/")
    return document()["components"][kind][name]


def _schemas() -> Iterator[str]:
    yield "## Schemas\n\nWhat requests and answers hold. `?` marks a field that may be missing.\n"
    for name, schema in document()["components"]["schemas"].items():
        description = sentence(schema.get("description", ""))
        properties = schema.get("properties", {})
        rows = [
            (code(each) + ("" if each in schema.get("required", []) else " ?"), _link(part), _meaning(part))
            for each, part in properties.items()
        ]
        content = table(("field", "holds", "meaning"), rows) if rows else _of(schema)
        yield f"### {name}\n\n{description}\n\n{content}" if description else f"### {name}\n\n{content}"


def _of(schema: Mapping[str, Any]) -> str:
    """What a schema without fields takes."""
    if schema.get("type") == "array":
        return f"A list of {number(schema['minItems'])} to {number(schema['maxItems'])}.\n"
    return f"{sentence(_link(schema))}\n" if "oneOf" in schema else ""


def _meaning(schema: Mapping[str, Any]) -> str:
    example = f" Such as {code(schema['example'])}." if "example" in schema else ""
    return sentence(schema.get("description", "")) + example


_INTRODUCTION = """
What the API answers to which request. [Asking for predictions](../api.md) shows how to call it, and
[operations](../operations.md#who-may-ask-the-api) how to let callers in. A running stack serves the same as an OpenAPI
document, made for its champion:

    . build/embedded-aws.env
    curl ${API_URL}openapi.json
"""

_OF_PATHS = (
    "Paths without a task are those of the default task. The stack's output `ApiUrl` is what comes before a path. By "
    "default `ApiAuthorization` lets whoever has the API key; see [configuration](configuration.md#api). Other answers "
    "are [statuses](#statuses)."
)

_OF_STATUSES = "Each is a [Problem](#problem), `application/problem+json`."

_SOURCE = """
The document is [`functions/predict/openapi.json`](../../functions/predict/openapi.json). The paths of each task are
rendered into it by [`statemachines/api_paths.py`](../../statemachines/api_paths.py), and the fields of a ride or sample
follow from [`functions/wildrydes/tasks.py`](../../functions/wildrydes/tasks.py) when it is served.
"""
