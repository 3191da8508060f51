r"""The patterns of the models' texts, each matched in a time that grows with the text's length and no faster.

Python tries the ways in which a pattern may be read one after the other: those of `([a-z]?[a-z]+)*` are doubled by each
letter, so that a text of fifty keeps the server busy for ever. A pattern that repeats what may itself be long or short
is therefore matched by all its states at once, as an automaton: Thompson, "Regular Expression Search Algorithm" (1968).
"""

import re
import warnings
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from re import _constants as codes  # type: ignore[attr-defined] - the parser has no public name since Python 3.11
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, Protocol

from local import EmbeddedAwsError

_MOST_STATES = 2000
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT)
_CATEGORIES = {
    codes.CATEGORY_DIGIT: r"\d",
    codes.CATEGORY_NOT_DIGIT: r"\D",
    codes.CATEGORY_SPACE: r"\s",
    codes.CATEGORY_NOT_SPACE: r"\S",
    codes.CATEGORY_WORD: r"\w",
    codes.CATEGORY_NOT_WORD: r"\W",
}
_NAME = r"[a-zA-Z0-9](-*[a-zA-Z0-9])*"
_FIRST, _SOURCE_PATH = r"[/.\-_A-Zb-z0-9].*", r"\$(\.[\w_-]+(\[(\d+|\*)\])*)*"

EQUIVALENTS = {
    # The length that is looked for ahead is that of the member as well.
    rf"(?=.{{1,32}}$){_NAME}": _NAME,
    r"(?=.{1,255}$)([a-zA-Z0-9]([a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])?)(\.[a-zA-Z0-9]([a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])?)*": (
        r"([a-zA-Z0-9]([a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])?)(\.[a-zA-Z0-9]([a-zA-Z0-9\-]{0,61}[a-zA-Z0-9])?)*"
    ),
    # The member is not so long that it could have more parts.
    r"https://([.\-_a-zA-Z0-9]+/?){3,1016}": r"https://([.\-_a-zA-Z0-9]+/?){3,}",
    # What begins with `aws.` is left out letter by letter.
    rf"^(?=[/\.\-_A-Za-z0-9]+)((?!aws\.).*)|({_SOURCE_PATH})$": (
        rf"{_FIRST}|a([^w\n].*)?|aw([^s\n].*)?|aws([^.\n].*)?|{_SOURCE_PATH}"
    ),
}
"""Patterns that look ahead, or count far, and what means the same without."""


class Matcher(Protocol):
    """What says whether a whole text is of a form."""

    def fullmatch(self, text: str, /) -> Any:
        """Something true where it is."""


@cache
def compiled(pattern: str, *, has_lines: bool = False) -> Matcher | None:
    r"""A pattern of the models; None where Python cannot read it, or no automaton has what it repeats.

    Where the text `has_lines`, a dot is the end of a line too.

    >>> compiled(r"[\p{L}]+").fullmatch("Fahrt") is not None, compiled(r"[\w-_]*") is None
    (True, True)
    """
    flags = (0 if r"\p" in pattern else re.ASCII) | (re.DOTALL if has_lines else 0)
    text = python_pattern(EQUIVALENTS.get(pattern, pattern))
    with warnings.catch_warnings():
        # Java's patterns have sets within sets, which Python may read otherwise one day.
        warnings.simplefilter("ignore", FutureWarning)
        try:
            tree = parser.parse(text, flags)
            return Automaton(tree, flags) if is_ambiguous(tree) else re.compile(text, flags)
        except (re.error, NoAutomatonError):
            return None


_OF_JAVA = (
    (r"\p{Alnum}", "A-Za-z0-9"),
    (r"\p{L}", r"\w"),
    (r"\p{N}", r"\d"),
    (r"\p{Z}", r"\s"),
    # What Java writes as two surrogates.
    (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF"),
)


def python_pattern(pattern: str) -> str:
    """A pattern of the models, its classes of Java's as Python has them."""
    for java, python in _OF_JAVA:
        pattern = pattern.replace(java, python)
    return pattern


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


class NoAutomatonError(EmbeddedAwsError):
    """A pattern has what an automaton does not, such as a look ahead, or too many states."""


class Automaton:
    """A pattern as states and the steps between them. Each character of a text is looked at once."""

    def __init__(self, tree: Any, flags: int) -> None:
        self._flags = flags
        self._tests: list[Callable[[str], bool] | None] = []
        self._next: list[list[int]] = []
        self._anchors: dict[int, Any] = {}
        start = self._state()
        self._end = self._sequence(tree, start)
        self._start = self._closure([start], codes.AT_BEGINNING)
        self._step = lru_cache(4096)(self._step_of)

    def fullmatch(self, text: str, /) -> bool:
        """Whether the whole text is of the pattern's form."""
        states = self._start
        for character in text:
            states = self._step(states, character)
            if not states:
                return False
        anchors = (codes.AT_END,) if text else (codes.AT_BEGINNING, codes.AT_END)
        return self._end in self._closure(states, *anchors)

    def _state(self, test: Callable[[str], bool] | None = None) -> int:
        if len(self._next) >= _MOST_STATES:
            raise NoAutomatonError
        self._tests.append(test)
        self._next.append([])
        return len(self._next) - 1

    def _sequence(self, tree: Any, start: int) -> int:
        """Add the states of a pattern behind a state; the one where it ends."""
        for code, value in tree:
            start = self._part(code, value, start)
        return start

    def _part(self, code: Any, value: Any, start: int) -> int:
        if code is codes.SUBPATTERN:
            return self._sequence(value[-1], start)
        if code in _REPEATS:
            least, most, inner = value
            return self._repeat(least, most, inner, start)
        end = self._state()
        if code is codes.BRANCH:
            for each in value[1]:
                self._next[self._sequence(each, self._after(start))].append(end)
            return end
        if code is codes.AT and value in (codes.AT_BEGINNING, codes.AT_END):
            self._anchors[end] = value
            self._next[start].append(end)
            return end
        self._next[self._after(start, _character_test(code, value, self._flags))].append(end)
        return end

    def _after(self, start: int, test: Callable[[str], bool] | None = None) -> int:
        state = self._state(test)
        self._next[start].append(state)
        return state

    def _repeat(self, least: int, most: int, inner: Any, start: int) -> int:
        for _ in range(least):
            start = self._sequence(inner, start)
        end = self._after(start)
        if most is codes.MAXREPEAT:
            entry = self._after(start)
            self._next[entry].append(end)
            self._next[self._sequence(inner, entry)].append(entry)
            return end
        for _ in range(most - least):
            start = self._sequence(inner, start)
            self._next[start].append(end)
        return end

    def _closure(self, states: Iterable[int], *anchors: Any) -> frozenset[int]:
        """The states that are reached without a character; those with a test wait for theirs."""
        reached: set[int] = set()
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            if state in reached or (state in self._anchors and self._anchors[state] not in anchors):
                continue
            reached.add(state)
            if self._tests[state] is None:
                waiting.extend(self._next[state])
        return frozenset(reached)

    def _step_of(self, states: frozenset[int], character: str) -> frozenset[int]:
        passed = (state for state in states if (test := self._tests[state]) is not None and test(character))
        return self._closure(following for state in passed for following in self._next[state])


def _character_test(code: Any, value: Any, flags: int) -> Callable[[str], bool]:
    """Whether a character is the one, or of the set, that a part of a pattern asks for."""
    if code is codes.LITERAL:
        return lambda character: ord(character) == value
    if code is codes.NOT_LITERAL:
        return lambda character: ord(character) != value
    if code is codes.ANY:
        return lambda character: character != "\n" or bool(flags & re.DOTALL)
    if code is codes.RANGE:
        return lambda character: value[0] <= ord(character) <= value[1]
    if code is codes.CATEGORY:
        category = re.compile(_CATEGORIES[value], flags)
        return lambda character: category.match(character) is not None
    if code is not codes.IN:
        raise NoAutomatonError
    is_negated = value[0][0] is codes.NEGATE
    tests = [_character_test(part, of, flags) for part, of in value[is_negated:]]
    return lambda character: any(test(character) for test in tests) is not is_negated
