r"""The patterns of the models' texts, each matched in a time that grows with the text's length and no faster.

Python tries the ways in which a pattern may be read one after the other: those of `([a-z]?[a-z]+)*` are doubled by each
letter, so that a text of fifty keeps the server busy for ever. RE2 follows all of them at once. It does not look ahead,
and counts to a thousand only; Python reads such a pattern, where it leaves no such choice.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from re import _constants as codes  # type: ignore[attr-defined] - the parser has no public name since Python 3.11
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Protocol

import re2

_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT)
_SOURCE_PATH = r"\$(\.[\w_-]+(\[(\d+|\*)\])*)*"
# A look ahead that the pattern begins with, and what follows it.
_LOOK_AHEAD = re.compile(r"\^?\(\?([=!])((?:[^()\\]|\\.)*)\)([^|]*)")

EQUIVALENTS = {
    # The member is not so long that it could have more parts.
    r"https://([.\-_a-zA-Z0-9]+/?){3,1016}": r"https://([.\-_a-zA-Z0-9]+/?){3,}",
    # What begins with `aws.` is left out letter by letter.
    rf"^(?=[/\.\-_A-Za-z0-9]+)((?!aws\.).*)|({_SOURCE_PATH})$": (
        rf"[/.\-_A-Zb-z0-9].*|a([^w\n].*)?|aw([^s\n].*)?|aws([^.\n].*)?|{_SOURCE_PATH}"
    ),
}
"""Patterns that look ahead, or count far, and what means the same without."""

_OF_JAVA = (
    (r"\p{Alnum}", "A-Za-z0-9"),
    # What Java writes as two surrogates.
    (r"\uD800\uDC00-\uDBFF\uDFFF", r"\x{10000}-\x{10FFFF}"),
)
_CODE_POINT = re.compile(r"\\u([0-9A-Fa-f]{4})")
# Some count a class of thousands of characters to 256.
_MOST_BYTES = 64 << 20


class Matcher(Protocol):
    """What says whether a whole text is of a form."""

    def fullmatch(self, text: str, /) -> Any:
        """Something true where it is."""


@dataclass(frozen=True)
class LinearMatcher:
    """A pattern that RE2 has compiled, and what it looks ahead for: `True` where the text must begin with it."""

    pattern: Any
    look_ahead: Any = None
    is_wanted: bool = True

    def fullmatch(self, text: str, /) -> bool:
        """Whether the whole text is of the pattern's form. Half a surrogate pair is no character of any."""
        content = text.encode("utf-8", "surrogatepass")
        if self.look_ahead is not None and (self.look_ahead.match(content) is not None) is not self.is_wanted:
            return False
        return self.pattern.fullmatch(content) is not None


@cache
def compiled(pattern: str, *, has_lines: bool = False) -> Matcher | None:
    r"""A pattern of the models; None where it cannot be matched in a time that is bounded.

    Where the text `has_lines`, a dot is the end of a line too.

    >>> compiled(r"[\p{L}]+").fullmatch("Fahrt"), compiled("(?!aws:).*").fullmatch("aws:a"), compiled("(a|(?!b))+")
    (True, False, None)
    """
    text = EQUIVALENTS.get(pattern, pattern)
    options = re2.Options()
    options.log_errors, options.max_mem, options.dot_nl = False, _MOST_BYTES, has_lines
    try:
        if look_ahead := _LOOK_AHEAD.fullmatch(text):
            sign, ahead, rest = look_ahead.groups()
            return LinearMatcher(_by_re2(rest, options), _by_re2(ahead, options), sign == "=")
        return LinearMatcher(_by_re2(text, options))
    except re2.error:
        return _by_python(text, re.ASCII | (re.DOTALL if has_lines else 0))


def _by_re2(pattern: str, options: re2.Options) -> Any:
    return re2.compile(_without_java(pattern), options)


def _without_java(pattern: str) -> str:
    for java, own in _OF_JAVA:
        pattern = pattern.replace(java, own)
    return _CODE_POINT.sub(r"\\x{\1}", pattern)


def _by_python(text: str, flags: int) -> re.Pattern[str] | None:
    try:
        return None if is_ambiguous(parser.parse(text, flags)) else re.compile(text, flags)
    except re.error:
        return None


def is_ambiguous(tree: Iterable[tuple[Any, Any]], *, is_repeated: bool = False) -> bool:
    """Whether a parsed pattern repeats what has a choice in itself, so that there may be many ways to read a text."""
    for code, value in tree:
        if code in _REPEATS:
            least, most, inner = value
            if (is_repeated and least != most) or is_ambiguous(inner, is_repeated=is_repeated or most > 1):
                return True
        elif code is codes.BRANCH:
            if is_repeated or any(is_ambiguous(each) for each in value[1]):
                return True
        elif code in (codes.SUBPATTERN, codes.ASSERT, codes.ASSERT_NOT) and is_ambiguous(
            value[-1], is_repeated=is_repeated
        ):
            return True
    return False
