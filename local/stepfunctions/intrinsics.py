"""Reads calls of intrinsic functions, such as `States.Format('{} of {}', $['kind'], $.rides[0].id)`.

    call     := States.Name ( argument , … )
    argument := call | 'text' | number | true | false | null | path | variable

Source: "Intrinsics for JSONPath states in Step Functions workflows" in the developer guide. moto's grammar knows dots
alone in paths: it stops at the first bracket, and takes what is before it for the path. It also fails at null, at
fractions, and at names beyond ASCII.
"""

import re
from typing import Any

from moto.stepfunctions.parser.asl.component.common.query_language import QueryLanguageMode
from moto.stepfunctions.parser.asl.component.common.string.string_expression import StringVariableSample
from moto.stepfunctions.parser.asl.component.intrinsic.argument.argument import (
    Argument,
    ArgumentContextPath,
    ArgumentFunction,
    ArgumentJsonPath,
    ArgumentList,
    ArgumentLiteral,
    ArgumentVar,
)
from moto.stepfunctions.parser.asl.component.intrinsic.functionname.state_function_name_types import (
    StatesFunctionNameType,
)
from moto.stepfunctions.parser.asl.component.intrinsic.functionname.states_function_name import StatesFunctionName
from moto.stepfunctions.parser.asl.parse.intrinsic import preprocessor

from local.seams import seam
from local.stepfunctions.json_paths import BRACKETS

_SPACE = re.compile(r"\s*")
_NAME = re.compile(r"States\.(\w+)\s*\(")
_TEXT = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_WORD = re.compile(r"true|false|null")
_WORDS = {"true": True, "false": False, "null": None}
# A path ends at a comma or a parenthesis that is in no bracket.
_PATH = re.compile(rf"\$(?:{BRACKETS}|[^,()\[\]])*")

_FACTORY = seam(preprocessor, "StatesFunctionFactory")
_ESCAPE = seam(preprocessor.Preprocessor, "_replace_escaped_characters")


def parse(text: str) -> Any:
    """The function that a text calls, with its arguments. Raises ValueError, which says where the text is wrong."""
    reader = _Reader(text)
    function = reader.call()
    if reader.rest.strip():
        raise reader.error("the end")
    return function


class _Reader:
    """A text, and how far it is read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    @property
    def rest(self) -> str:
        return self.text[self.position :]

    def error(self, wanted: str) -> ValueError:
        return ValueError(f"The intrinsic function {self.text!r} needs {wanted} at character {self.position}.")

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What fits the pattern here, after white space; it is read then."""
        start = self.position + len(_SPACE.match(self.rest)[0])  # type: ignore[index] - it fits nothing too
        match = pattern.match(self.text, start)
        if match:
            self.position = match.end()
        return match

    def call(self) -> Any:
        name = self.take(_NAME)
        if name is None or name[1] not in StatesFunctionNameType.__members__:
            raise self.error("the name of a function of States")
        arguments: list[Argument] = []
        while not self.take(re.compile(r"\)")):
            if arguments and not self.take(re.compile(",")):
                raise self.error("a comma or a closing parenthesis")
            arguments.append(self.argument())
        function = StatesFunctionName(function_type=StatesFunctionNameType[name[1]])
        return _FACTORY.from_name(func_name=function, argument_list=ArgumentList(arguments=arguments))

    def argument(self) -> Argument:
        if match := self.take(_TEXT):
            return ArgumentLiteral(definition_value=re.sub(r"\\(.)", _ESCAPE, match[1]))
        if match := self.take(_NUMBER):
            whole = match[1] is None and match[2] is None
            return ArgumentLiteral(definition_value=int(match[0]) if whole else float(match[0]))
        if match := self.take(_WORD):
            return ArgumentLiteral(definition_value=_WORDS[match[0]])
        if match := self.take(_PATH):
            return _path(match[0].rstrip())
        return ArgumentFunction(function=self.call())


def _path(path: str) -> Argument:
    if path.startswith("$$"):
        return ArgumentContextPath(context_path=path)
    if path == "$" or path[1] in ".[":
        return ArgumentJsonPath(json_path=path)
    return ArgumentVar(StringVariableSample(query_language_mode=QueryLanguageMode.JSONPath, expression=path))
