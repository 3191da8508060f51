"""Filter patterns: which log events a subscription filter takes.

    (empty)               every event
    ERROR "two words"     events that contain each of the terms; those in quotation marks may have blanks
    { $.capture = 1 }     events in JSON that have the value; or several by &&, !=, texts in quotation marks

Other patterns are refused by name, rather than matched wrongly.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html

>>> matcher("{ $.capture = 1 && $.task != \\"a\\" }")('{"capture": 1, "task": "b"}')
True
"""

import json
import re
from collections.abc import Callable
from typing import Any

from local import EmbeddedAwsError

Matcher = Callable[[str], bool]

_COMPARISON = re.compile(r'\s*\$((?:\.[A-Za-z0-9_-]+)+)\s*(=|!=)\s*(-?[0-9]+(?:\.[0-9]+)?|"[^"*]*")\s*')
_TERM = re.compile(r'"([^"]+)"|([A-Za-z0-9_]+)')


class PatternError(EmbeddedAwsError):
    """A pattern that is none, or that is not played here."""


def matcher(pattern: str) -> Matcher:
    """Whether an event's message matches a pattern. Raises PatternError."""
    text = pattern.strip()
    if text.startswith("{") and text.endswith("}"):
        return _json_matcher(text)
    terms = [quoted or plain for quoted, plain in _TERM.findall(text)]
    if _TERM.sub("", text).strip():
        raise PatternError(
            f"The filter pattern {pattern!r} is not supported here: terms, and comparisons of JSON, are."
        )
    return lambda message: all(term in message for term in terms)


def _json_matcher(text: str) -> Matcher:
    comparisons = [_COMPARISON.fullmatch(each) for each in text[1:-1].split("&&")]
    if None in comparisons:
        raise PatternError(f"The filter pattern {text!r} is not supported here: $.name = value, joined by &&, is.")
    tests = [(each[1][1:].split("."), each[2] == "=", json.loads(each[3])) for each in comparisons if each]

    def matches(message: str) -> bool:
        if not message.lstrip().startswith("{"):
            return False
        try:
            value = json.loads(message)
        except (ValueError, RecursionError):
            return False
        return all(_holds(value, path, is_equal, operand) for path, is_equal, operand in tests)

    return matches


def _holds(value: Any, path: list[str], is_equal: bool, operand: Any) -> bool:
    """Whether a comparison holds; one with a field that is not there does not."""
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    if isinstance(value, bool) or isinstance(value, str) is not isinstance(operand, str):
        return False
    return (value == operand) is is_equal
