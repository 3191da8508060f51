"""Puts the Context object's values of an execution into a state's definition, in the place of its paths.

TestState gives a state a Context object of its own, so that names and keys that are made of the execution's name would
differ from those of the execution. What cannot be put in is listed, so that nobody takes it for what the execution had:
values that no history has, paths with filters, and fields that take no value, such as InputPath.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from cli.errors import CommandError
from local.stepfunctions.json_paths import BRACKETS

_PATH = rf"\$\$(?:\.\w+|\.\.|\.\*|{BRACKETS})*"
# A text in quotation marks has no paths: it comes first.
_TEXT_OR_PATH = re.compile(rf"'(?:[^'\\]|\\.)*'|(?P<path>{_PATH})", re.DOTALL)
_WHOLE = re.compile(_PATH)
_STEPS = re.compile(r"""\.(?P<name>\w+)|\['(?P<quoted>[^'\\]*)'\]|\["(?P<double>[^"\\]*)"\]|\[(?P<index>\d+)\]""")
_TEMPLATES = frozenset({"Parameters", "ResultSelector", "ItemSelector", "Assign"})
_LITERALS = frozenset({"Result", "Comment"})
# Fields that take a path alone; SecondsPath and its like have another name for a value.
_PATHS_ALONE = frozenset({"InputPath", "OutputPath", "ItemsPath", "ResultPath", "Variable"})
_OF_JSONATA = "$states.context"


class UnrecordedValueError(CommandError):
    """The history does not have the value of a path."""


def with_values(definition: Mapping[str, Any], context: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A state whose paths `$$…` are replaced where `context` has their value, and the paths that are left, sorted.

    >>> context = {"Execution": {"Name": "run-1", "Input": {"rides": [{"id": 7}]}}}
    >>> parameters = {"a.$": "States.Format('{}/{}', $$.Execution.Name, $.id)", "b.$": "$$.Execution.Input.rides[0].id"}
    >>> with_values({"Parameters": parameters, "InputPath": "$$.Execution.Input"}, context)[0]["Parameters"]
    {'a.$': "States.Format('{}/{}', 'run-1', $.id)", 'b': 7}
    >>> with_values({"InputPath": "$$.Execution.Input", "SecondsPath": "$$.Map.Item.Value"}, context)[1]
    ['$$.Execution.Input', '$$.Map.Item.Value']
    """
    replacing = _Replacing(context)
    return replacing.state(definition), sorted(replacing.left)


class _Replacing:
    """A Context object, and the paths that it could not be put in for."""

    def __init__(self, context: Mapping[str, Any]) -> None:
        self.context = context
        self.left: set[str] = set()

    def state(self, level: Any) -> Any:
        """A state, or a rule of it."""
        if isinstance(level, list):
            return [self.state(each) for each in level]
        if isinstance(level, str) and level.startswith("{%") and _OF_JSONATA in level:
            self.left.add(_OF_JSONATA)
        if not isinstance(level, Mapping):
            return level
        return dict(self._field(name, value) for name, value in level.items())

    def _field(self, name: str, value: Any) -> tuple[str, Any]:
        if name in _LITERALS:
            return name, value
        if name in _TEMPLATES:
            return name, self.template(value)
        is_path = name in _PATHS_ALONE or name.endswith("Path")
        if not (is_path and isinstance(value, str)):
            return name, self.state(value)
        return self._path(name, name if name in _PATHS_ALONE else name.removesuffix("Path"), value)

    def template(self, template: Any) -> Any:
        """A payload template: a name that ends in `.$` stands for what its value leads to."""
        if isinstance(template, list):
            return [self.template(each) for each in template]
        if not isinstance(template, Mapping):
            return self.state(template)
        return dict(
            self._path(name, name.removesuffix(".$"), value)
            if name.endswith(".$") and isinstance(value, str)
            else (name, self.template(value))
            for name, value in template.items()
        )

    def _path(self, name: str, name_of_value: str, text: str) -> tuple[str, Any]:
        """A field with a path or a call: with the value under its other name, or with what could be put in."""
        if not text.startswith("$$"):
            return name, _TEXT_OR_PATH.sub(self._argument, text) if text.startswith("States.") else text
        try:
            if name == name_of_value:
                raise UnrecordedValueError(text)
            return name_of_value, self._value(text)
        except UnrecordedValueError:
            self.left.add(text)
            return name, text

    def _argument(self, match: re.Match[str]) -> str:
        if match["path"] is None:
            return match[0]
        try:
            return _literal(self._value(match[0]))
        except UnrecordedValueError:
            self.left.add(match[0])
            return match[0]

    def _value(self, path: str) -> Any:
        """The value of a path of names and indices. Raises UnrecordedValueError."""
        value, end = self.context, len("$$")
        while end < len(path):
            step = _STEPS.match(path, end)
            if step is None:
                raise UnrecordedValueError(path)
            value, end = _part(value, step), step.end()
        return value


def _part(value: Any, step: re.Match[str]) -> Any:
    index, names = step["index"], step.group("name", "quoted", "double")
    try:
        if index is None and isinstance(value, Mapping):
            return value[next(each for each in names if each is not None)]
        if index is not None and isinstance(value, list):
            return value[int(index)]
    except LookupError as missing:
        raise UnrecordedValueError(step[0]) from missing
    raise UnrecordedValueError(step[0])


def _literal(value: Any) -> str:
    """The value as an argument of an intrinsic function: a number, a text, or the JSON of anything else."""
    if isinstance(value, int | float) or value is None:
        return json.dumps(value)
    return _text(value) if isinstance(value, str) else f"States.StringToJson({_text(json.dumps(value))})"


def _text(text: str) -> str:
    return "'" + re.sub(r"([\\'{}])", r"\\\1", text) + "'"
