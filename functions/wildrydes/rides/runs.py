"""Runs: the plain records of a text, one after the other, that a decoder in C takes at once.

A record is plain where its syntax leaves nothing to judge: an object without another or a list in it, whose texts hold
no escape of an ASCII character. Most files are nothing else. A run is as many of them as `RunReader` takes in one step.
The record that it stops at is read by `wildrydes.rides.json_window`, which alone says what is wrong, and where.

    text   {"Distance": 1}, {"Distance": 2}, {"Distance": NaN}, …
            └───────────── a run ─────────┘  └ read by itself ┘

msgspec sees all of the text's syntax. A text with as many opening brackets as records has no other of them, in a string
neither: each { begins a record.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from wildrydes.rides.json_window import Taken

MOST_CHARACTERS = 1 << 15
"""Of a run. It and what is made of it stay in the processor's cache, and a fault costs no more than one run."""

_FEWEST_CHARACTERS = 1 << 9
_STEP = 4
# An escape that hides a character that JSON has a use for, such as a quotation mark, or a control.
_ASCII_ESCAPE = re.compile(r"\\(?!u(?!00[0-7]))")


class RunReader:
    """Takes runs out of texts. `make` gives what is made of a text that is plain records alone, or None.

    It gets the text in UTF-8, the JSON list of the same records, and how many opening brackets there are: one a record,
    where they are plain. How far a reader looks shrinks where it finds one that is not, and grows again after it.
    """

    def __init__(self, make: Callable[[bytes, bytes, int], Any]) -> None:
        self._make = make
        self._reach = MOST_CHARACTERS

    def read(self, text: str, at: int, *, in_list: bool) -> Taken | None:
        """The run that starts at `at`; None where there is none.

        Between records of a list there is a comma, between others there is not.
        """
        while plain := self._plain(text, at):
            data = plain.encode()
            # Some times as fast as bytes.count is.
            number = len(data) - len(data.replace(b"{", b""))
            listed = b"[%b]" % data if in_list else _listed(data, number)
            content = self._make(data, listed, number) if listed else None
            if content is not None:
                self._reach = min(self._reach * _STEP, MOST_CHARACTERS)
                return Taken(at + len(plain), number, content, data)
            if self._reach <= _FEWEST_CHARACTERS:
                return None
            self._reach //= _STEP
        return None

    def _plain(self, text: str, at: int) -> str:
        """The text from `at` to the last closing bracket in reach before which there is no list and no escape of ASCII.

        It is empty where the first record is not plain, or longer than the reach. That shrinks by the one, and grows by
        the other.
        """
        if not text.startswith("{", at):
            return ""
        end = text.rfind("}", at, at + self._reach) + 1
        if not end:
            self._reach = min(self._reach * _STEP, MOST_CHARACTERS)
            return ""
        for bracket in "[]":
            place = text.find(bracket, at, end)
            end = text.rfind("}", at, place) + 1 if place >= 0 else end
        if end and (escape := _ASCII_ESCAPE.search(text, at, end)):
            end = text.rfind("}", at, escape.start()) + 1
        if not end:
            self._reach = max(self._reach // _STEP, _FEWEST_CHARACTERS)
        return text[at:end]


def count_records(_data: bytes, listed: bytes, number: int) -> int | None:
    """The number of records in a list that is plain, whatever they are."""
    try:
        records = _skip(listed)
    except (msgspec.DecodeError, RecursionError):
        return None
    return number if len(records) == number else None


def _listed(data: bytes, number: int) -> bytes:
    """Records without commas between them as a list; nothing where there are other closing brackets than theirs."""
    if b"_" in data and b"travel_data" in data.lower():
        return b""
    records = data.replace(b"}", b"},")
    return b"[%b]" % memoryview(records)[:-1] if len(records) == len(data) + number else b""


class _Skipped(msgspec.Struct, gc=False):
    """An object whose syntax was seen."""


_skip = msgspec.json.Decoder(list[_Skipped]).decode
