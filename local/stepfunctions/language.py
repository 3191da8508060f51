"""Mends where moto reads the States Language otherwise than AWS: strings of intrinsics, paths, names, errors.

ASL is JSON, so a string of an intrinsic is escaped twice: once by JSON, once by the intrinsic itself, in which a
backslash stands before `'`, `{`, `}` and `\\` ("Intrinsics for JSONPath states" in the Step Functions developer guide).
moto parses the JSON text as it stands and hands the rest to Python's `str.format`.

A path that can name one thing only gives that thing; moto gives a list of it when there is an index on the way.

A name of a state or an error is what its JSON text stands for; moto takes the escapes for letters.

A Fail state hands on any error by ErrorPath, `States.Timeout` too; moto takes that for a name of the user's own.
"""

import functools
import json
import random
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import moto.stepfunctions.parser.models  # noqa: F401 - imports the whole interpreter
from jsonpath_ng.ext.parser import parse
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.component.intrinsic.argument import argument
from moto.stepfunctions.parser.asl.component.intrinsic.function.statesfunction.generic import string_format
from moto.stepfunctions.parser.asl.component.intrinsic.function.statesfunction.math_operations import math_random
from moto.stepfunctions.parser.asl.component.state.fail import state_fail
from moto.stepfunctions.parser.asl.parse import preprocessor
from moto.stepfunctions.parser.asl.utils import json_path

from local.seams import MissingSeamError, replace, seam
from local.stepfunctions import intrinsics
from local.stepfunctions.json_paths import BRACKETS

_ESCAPED = re.compile(r"\\([\\'{}])")
_TOKEN = re.compile(r"\\([\\'{}])|(\{\})")


# Something in brackets, which stays as it is, or a dot with the name that follows.
_DOTTED = re.compile(rf"{BRACKETS}|\.([^.\[\]()`]+)(?!\()")

# A wildcard, a slice, a list of indices, a filter, or any depth: the path may name many things.
_INDEFINITE = re.compile(r"\*|\.\.|\?\(|\[[^\]']*[:,]")


# By the method that reads it, where a component has a name of somebody's own.
_NAMES = {
    "visitStartat_decl": "start_at_name",
    "visitNext_decl": "name",
    "visitDefault_decl": "state_name",
    "visitError_name": "error_name",
    "visitJsonata_template_binding": "identifier",
}


def install() -> None:
    """Put all corrections in place."""
    _install_strings()
    _install_paths()
    _install_fail()
    _install_names_of_errors()
    _install_letters_of_names()


def _install_strings() -> None:
    """Unescape before parsing, and fill templates in by AWS's rules."""
    literal = seam(argument, "ArgumentLiteral")
    formatter = seam(string_format, "StringFormat")
    text_of = seam(formatter, "_to_str_repr")

    class JsonIntrinsicParser:
        """Parses what the JSON text stands for."""

        @staticmethod
        def parse(src: str) -> tuple[Any, None]:
            return intrinsics.parse(json.loads(f'"{src}"', strict=False)), None

    def evaluate_literal(self: Any, env: Any) -> Any:  # noqa: ARG001 - moto passes it
        value = self.definition_value
        return _ESCAPED.sub(r"\1", value) if isinstance(value, str) else value

    def evaluate_random(self: Any, env: Any) -> None:
        self.argument_list.eval(env=env)
        start, end, *seed = env.stack.pop()
        # The end of the range is not among its numbers, and fractions are rounded.
        env.stack.append(random.Random(*seed).randrange(round(start), round(end)))  # noqa: S311 - no secret

    def evaluate_format(self: Any, env: Any) -> None:
        self.argument_list.eval(env=env)
        template, *values = env.stack.pop()
        first = self.argument_list.arguments[0]
        if isinstance(first, literal):
            # Its escapes tell a brace from a placeholder: the text is needed as it was written.
            template = first.definition_value
        env.stack.append(filled_in(template, [text_of(value) for value in values]))

    replace(preprocessor, "IntrinsicParser", JsonIntrinsicParser)
    replace(literal, "_eval_argument", evaluate_literal)
    replace(seam(math_random, "MathRandom"), "_eval_body", evaluate_random)
    replace(formatter, "_eval_body", evaluate_format)


def filled_in(template: str, values: list[str]) -> str:
    """`template` with each `{}` replaced by the next of `values`, and its escapes undone.

    Raises ValueError where placeholders and values are not of one number.
    """
    remaining: Iterator[str] = iter(values)

    def text(token: re.Match[str]) -> str:
        return token[1] or next(remaining)

    if sum(1 for token in _TOKEN.finditer(template) if token[2]) != len(values):
        raise ValueError(f"States.Format: {len(values)} values for another number of placeholders in {template!r}")
    return _TOKEN.sub(text, template)


def _install_paths() -> None:
    """Replace the evaluation of paths in each module that has imported it."""
    # Parsing a path costs more than most states do.
    parse_cached = functools.lru_cache(maxsize=4096)(lambda path: parse(quoted(path)))
    replace(result_path, "parse", parse_cached)
    no_such_path = seam(json_path, "NoSuchJsonPathError")

    def extract_json(path: str, data: Any) -> Any:
        values = [match.value for match in parse_cached(path).find(data)]
        if _INDEFINITE.search(path):
            return values
        if not values:
            raise no_such_path(json_path=path, data=data)
        return values[0]

    original = replace(json_path, "extract_json", extract_json)
    users = [
        module
        for name, module in list(sys.modules.items())
        if name.startswith("moto.stepfunctions.parser.") and getattr(module, "extract_json", None) is original
    ]
    if not users:
        raise MissingSeamError("no module of moto's interpreter has imported extract_json")
    for module in users:
        replace(module, "extract_json", extract_json)


def quoted(path: str) -> str:
    """A path whose names that are no identifiers stand in quotes, as jsonpath_ng wants them; AWS reads both.

    >>> quoted("$.ride-id.ünit[?(@.a.b > 1)].km")
    "$.'ride-id'.'ünit'[?(@.a.b > 1)].km"
    """
    return _DOTTED.sub(lambda match: match[0] if match[1] is None or _plain(match[1]) else f".'{match[1]}'", path)


def _plain(name: str) -> bool:
    return (name.isascii() and name.replace("@", "_").isidentifier()) or name == "*"


def _install_names_of_errors() -> None:
    """Take names of a workflow's own that begin with `States.`, in Retry and Catch.

    The States Language forbids them; Step Functions takes them, as public workflows of AWS's own show.
    """

    def name(self: Any, error_name: str | None) -> None:
        ErrorName.__init__(self, error_name=error_name)

    seam(CustomErrorName, "__init__")
    replace(CustomErrorName, "__init__", name)


def _install_fail() -> None:
    replace(state_fail, "CustomErrorName", ErrorName)


def _install_letters_of_names() -> None:
    """Take names for what their JSON stands for: moto takes `a\\"b` for four letters, and shows it so in histories."""
    visitor = seam(preprocessor, "Preprocessor")
    for method, field in _NAMES.items():
        replace(visitor, method, _visit_by_letters(seam(visitor, method), field))
    make = seam(visitor, "_common_state_field_of")

    def state_of(state_props: Any) -> Any:
        state_props.name = _letters(state_props.name)
        return make(state_props=state_props)

    replace(visitor, "_common_state_field_of", staticmethod(state_of))


def _visit_by_letters(visit: Callable[[Any, Any], Any], field: str) -> Callable[[Any, Any], Any]:
    def component(self: Any, ctx: Any) -> Any:
        visited = visit(self, ctx)
        # An error of States Language's own is no name of somebody's.
        if isinstance(name := getattr(visited, field, None), str):
            setattr(visited, field, _letters(name))
        return visited

    return component


def _letters(name: str) -> str:
    return json.loads(f'"{name}"', strict=False)
