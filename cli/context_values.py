"""Puts the Context object's values of an execution into a state's definition, in the place of its paths.

TestState gives a state a Context object of its own, so that names and keys that are made of the execution's name would
differ from those of the execution.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

_PATH = re.compile(r"\$\$((?:\.\w+)+)")


def with_values(template: Any, context: Mapping[str, Any]) -> Any:
    """A definition, or a part of one, whose paths `$$…` are replaced where `context` has their value.

    >>> context = {"Execution": {"Name": "run-1"}}
    >>> with_values({"a.$": "$$.Execution.Name", "b.$": "States.Format('{}/{}', $$.Execution.Name, $.id)"}, context)
    {'a': 'run-1', 'b.$': "States.Format('{}/{}', 'run-1', $.id)"}
    """
    if isinstance(template, list):
        return [with_values(each, context) for each in template]
    if not isinstance(template, dict):
        return template
    return dict(_field(name, value, context) for name, value in template.items())


def _field(name: str, value: Any, context: Mapping[str, Any]) -> tuple[str, Any]:
    if not (name.endswith(".$") and isinstance(value, str)):
        return name, with_values(value, context)
    path = _PATH.fullmatch(value)
    if path and _has(path[1], context):
        return name.removesuffix(".$"), _value(path[1], context)
    if not value.startswith("States."):
        return name, value
    return name, _PATH.sub(lambda match: _literal(match[1], context) if _has(match[1], context) else match[0], value)


def _has(path: str, context: Mapping[str, Any]) -> bool:
    value: Any = context
    for part in path.split(".")[1:]:
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return True


def _value(path: str, context: Mapping[str, Any]) -> Any:
    value: Any = context
    for part in path.split(".")[1:]:
        value = value[part]
    return value


def _literal(path: str, context: Mapping[str, Any]) -> str:
    """The value as an argument of an intrinsic function: a number, a text, or the JSON of anything else."""
    value = _value(path, context)
    if isinstance(value, int | float) or value is None:
        return json.dumps(value)
    return _text(value) if isinstance(value, str) else f"States.StringToJson({_text(json.dumps(value))})"


def _text(text: str) -> str:
    return "'" + re.sub(r"([\\'{}])", r"\\\1", text) + "'"
