"""JSON as this project takes it: each key of an object once, whatever its case, and at most MOST_LEVELS of nesting.

RFC 8259 (section 4) leaves open what a key means that an object has twice, and how deep a text may go. Python takes the
last value of such a key, and goes as deep as the stack of the interpreter, which is another depth in each version of
Python. Here both are faults, of one name each, wherever a ride or the input of an execution comes from:

    reason of BadJson   when
    not_json            the text is no JSON
    ambiguous_field     an object has a key more than once, exactly or in different cases
    too_deep            objects and lists are nested in more than MOST_LEVELS levels, the outermost included

NaN and Infinity are values, for the reader of the values to refuse; an integer of more digits than Python converts is
a float.

    >>> decode('{"Distance": 1, "Distance": 18.0}')
    Traceback (most recent call last):
    ...
    wildrydes.errors.BadJson: ambiguous_field: Distance is there more than once: 1 and 18.0; one is expected
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Any

from wildrydes.errors import BadJson

MOST_LEVELS = 32
"""Levels of nesting: `{}` is one, `[{}]` two. A ride has one."""

_LONGEST_EXCERPT = 40
_LONGEST_NAME = 100
# A longer text is looked at anew each time: what is remembered of texts must stay small.
_LONGEST_PLAIN = 4096
# A bracket, or a whole text in quotation marks, so that the brackets in it are none. The last may have no end.
_BRACKETS = r'(?s)[\[\]{}]|"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
_WHOLE_TEXT = re.compile(r'(?s)"[^"\\]*+(?:\\.[^"\\]*+)*+"')
# Some of the text that has no text in quotation marks in part.
_PART = re.compile(rf'(?s)(?:[^"]{{1,64}}+|{_WHOLE_TEXT.pattern.removeprefix("(?s)")}){{1,64}}+')


def decode(text: str) -> Any:
    """The value of a JSON text; a byte order mark before it is skipped. Raises BadJson."""
    text = text.removeprefix("\ufeff")
    value = _load(text, _PLAIN)
    if fault := fault_of(value, text):
        raise fault
    return value


def decode_objects(text: str) -> Any:
    """The value of a JSON text, in which the fault of an object stands in its place: each of many is for itself.

    Keys that differ in case alone are not looked for: `ambiguity` does that, where not all keys are known ones. Raises
    BadJson for what is no JSON or goes too deep.
    """
    value = _load(text, _OBJECTS)
    if is_too_deep(value, text):
        raise too_deep()
    return value


def fault_of(value: Any, text: str) -> BadJson | None:
    """What is wrong with a value by its `text`, from which it was decoded; None is nothing.

    The texts of most rides are cleared without a second look: an object without another in it, and with as many commas
    as lie between its keys, has none of them twice.
    """
    if type(value) is dict:
        flat = text.count(",") == len(value) - 1 and text.rfind("{") == 0 and "[" not in text
        if flat and len(text) <= _LONGEST_PLAIN and not _cases_of_plain(tuple(value)):
            return None
    elif type(value) is not list:
        return None
    return _exact_fault(value, text)


def ambiguity(pairs: Iterable[tuple[str, Any]]) -> BadJson | None:
    """The fault of an object with these keys and values if one of the keys is there more than once, in any case."""
    earlier: dict[str, tuple[str, Any]] = {}
    for key, value in pairs:
        lowered = key.lower()
        if lowered not in earlier:
            earlier[lowered] = key, value
            continue
        first_key, first_value = earlier[lowered]
        cases = "" if key == first_key else ", in different cases"
        values = f"{_excerpt(first_value)} and {_excerpt(value)}"
        name = key[:_LONGEST_NAME]
        return BadJson("ambiguous_field", name, f"{name} is there more than once{cases}: {values}; one is expected")
    return None


def is_too_deep(value: Any, text: str) -> bool:
    """Whether a value goes deeper than MOST_LEVELS, by the `text` from which it was decoded."""
    openings = text.count("{") + text.count("[")
    if openings <= MOST_LEVELS:
        return False
    # A list of many objects is not deep by that: at worst, what is not one of them lies in one another in one of them.
    if type(value) is list and openings - sum(type(each) is dict for each in value) < MOST_LEVELS:
        return False
    return exceeds(text)


def exceeds(text: str, start: int = 0, end: int | None = None) -> bool:
    """Whether more than MOST_LEVELS brackets are open anywhere in text[start:end], which need not be whole JSON."""
    if text.count("{", start, end) + text.count("[", start, end) <= MOST_LEVELS:
        return False
    return any(levels > MOST_LEVELS for _, levels in _levels(text[start:end]))


class Nesting:
    """The brackets of one value, whose text may come in parts: how many are open, and where the first is closed.

    Each part begins where the value does, with what was there before. What was read of it is not read again.

        >>> nesting = Nesting()
        >>> nesting.closing('[{"]": [', 0), nesting.closing('[{"]": []}] 1', 0)
        (-1, 11)
    """

    def __init__(self) -> None:
        self._levels, self._deepest, self._read = 0, 0, 0

    def exceeds(self, text: str, start: int, end: int) -> bool:
        """Whether more than MOST_LEVELS brackets are open anywhere in text[start:end]."""
        self._closing(text, start, end)
        return self._deepest > MOST_LEVELS

    def closing(self, text: str, start: int) -> int:
        """The place after the bracket that closes the one at `start`; -1 where the text ends before."""
        return self._closing(text, start, len(text))

    def _closing(self, text: str, start: int, end: int) -> int:
        # A text within the text that has no end is read once it has one.
        while part := _PART.match(text, start + self._read, end):
            if place := self._closing_in(part[0]):
                return part.start() + place
            self._read = part.end() - start
        return -1

    def _closing_in(self, part: str) -> int:
        """The place after the bracket that closes the first; 0 where that is not in this part."""
        bare = _WHOLE_TEXT.sub("", part)
        openings, closings = bare.count("[") + bare.count("{"), bare.count("]") + bare.count("}")
        is_exceeded = self._deepest > MOST_LEVELS
        if closings < self._levels and (is_exceeded or self._levels + openings <= MOST_LEVELS):
            # Whatever their order: millions of brackets are counted as fast as letters.
            self._levels += openings - closings
            self._deepest = max(self._deepest, self._levels)
            return 0
        for place, levels in _levels(part, self._levels):
            self._levels = levels
            self._deepest = max(self._deepest, levels)
            if levels == 0:
                return place
        return 0


def too_deep() -> BadJson:
    """The fault of a value that goes too deep."""
    detail = f"objects or lists are nested in more than {MOST_LEVELS} levels"
    return BadJson("too_deep", None, detail)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | BadJson:
    content = dict(pairs)
    return content if len(content) == len(pairs) else ambiguity(pairs) or content


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_EXCERPT else float(digits)


# json.loads would make one for each text. The second takes integers of more digits than int() does.
_PLAIN = json.JSONDecoder(), json.JSONDecoder(parse_int=_number)
_OBJECTS = json.JSONDecoder(object_pairs_hook=_object), json.JSONDecoder(object_pairs_hook=_object, parse_int=_number)


def _load(text: str, decoders: Iterable[json.JSONDecoder]) -> Any:
    decoder, *others = decoders
    try:
        return decoder.decode(text)
    except RecursionError:
        raise too_deep() from None
    except json.JSONDecodeError as fault:
        # Another version of Python might have come as far as here, and another not.
        if exceeds(text, 0, fault.pos):
            raise too_deep() from None
        raise BadJson("not_json", None, f"{fault.msg} at character {fault.pos + 1}") from None
    except ValueError:
        return _load(text, others)


def _has_cases(keys: Collection[str]) -> bool:
    return len({key.lower() for key in keys}) < len(keys)


_cases_of_plain = lru_cache(maxsize=256)(_has_cases)


def _exact_fault(value: Any, text: str) -> BadJson | None:
    if is_too_deep(value, text):
        return too_deep()
    faults: list[BadJson] = []

    def check(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        content = dict(pairs)
        if (len(content) < len(pairs) or _has_cases(content)) and (fault := ambiguity(pairs)):
            faults.append(fault)
        return content

    json.loads(text, object_pairs_hook=check, parse_int=_number)
    return faults[0] if faults else None


def _levels(text: str, levels: int = 0) -> Iterator[tuple[int, int]]:
    """The place after each bracket, and how many are open there, with the `levels` before the text."""
    for match in re.finditer(_BRACKETS, text):
        bracket = text[match.start()]
        if bracket != '"':
            levels += 1 if bracket in "{[" else -1
            yield match.end(), levels


def _excerpt(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_EXCERPT else f"{text[:_LONGEST_EXCERPT]}…"
