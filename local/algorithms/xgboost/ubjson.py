"""UBJSON as the library writes it, read with every length checked against what is there.

The library's own reader runs past the end of a file that was cut off. So what is loaded is read here first.

    >>> decode(b"{L" + (1).to_bytes(8, "big") + b"aSL" + (2).to_bytes(8, "big") + b"hi}")
    {'a': 'hi'}

A value is a mark and what follows it: `{` keys and values `}`; `[` values `]`, `[#<count>` values, or
`[$<mark>#<count>` numbers of one type; `S` a text; the numbers of `_NUMBERS`; `T`, `F`, `Z`. A count, and the length of
a key or text, is an integer with its mark. Numbers are big-endian. Source: https://ubjson.org/type-reference/.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from local import EmbeddedAwsError

# Marks of numbers, and their types in NumPy's words.
_NUMBERS = {b"i": ">i1", b"U": ">u1", b"I": ">i2", b"l": ">i4", b"L": ">i8", b"d": ">f4", b"D": ">f8"}
_CONSTANTS = {b"T": True, b"F": False, b"Z": None}
_DEEPEST = 16
# Values that are read one by one, some hundred bytes each: a tree has some thirty.
_MOST_VALUES = 500_000


class BadUbjsonError(EmbeddedAwsError):
    """The bytes are no UBJSON, or more than is read."""


@dataclass
class _Reader:
    data: bytes
    position: int = 0
    values: int = 0

    def take(self, count: int) -> bytes:
        if count < 0 or count > len(self.data) - self.position:
            raise BadUbjsonError(f"it ends within a value at byte {self.position}")
        self.position += count
        return self.data[self.position - count : self.position]

    def peek(self) -> bytes:
        return self.data[self.position : self.position + 1]

    def number(self, mark: bytes) -> int | float:
        kind = np.dtype(_NUMBERS[mark])
        return np.frombuffer(self.take(kind.itemsize), kind)[0].item()

    def count(self) -> int:
        """An integer with its mark: a length."""
        mark = self.take(1)
        if mark not in (b"i", b"U", b"I", b"l", b"L"):
            raise BadUbjsonError(f"{mark!r} is no length, at byte {self.position}")
        return int(self.number(mark))

    def text(self) -> str:
        return self.take(self.count()).decode("utf-8")

    def value(self, depth: int = 0) -> Any:
        self.values += 1
        if depth > _DEEPEST or self.values > _MOST_VALUES:
            raise BadUbjsonError(f"it nests more than {_DEEPEST} levels, or has more than {_MOST_VALUES} values")
        mark = self.take(1)
        if mark in _CONSTANTS:
            return _CONSTANTS[mark]
        if mark in _NUMBERS:
            return self.number(mark)
        if mark == b"S":
            return self.text()
        if mark == b"[":
            return self.array(depth)
        if mark == b"{":
            return self.object(depth)
        raise BadUbjsonError(f"{mark!r} begins no value, at byte {self.position}")

    def array(self, depth: int) -> list[Any] | np.ndarray:
        if self.peek() == b"#":
            self.take(1)
            return [self.value(depth + 1) for _ in range(self.count())]
        if self.peek() != b"$":
            values = []
            while self.peek() != b"]":
                values.append(self.value(depth + 1))
            self.take(1)
            return values
        self.take(1)
        mark, hash_sign = self.take(1), self.take(1)
        if mark not in _NUMBERS or hash_sign != b"#":
            raise BadUbjsonError(f"an array of {mark!r} at byte {self.position}")
        kind = np.dtype(_NUMBERS[mark])
        return np.frombuffer(self.take(self.count() * kind.itemsize), kind)

    def object(self, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while self.peek() != b"}":
            key = self.text()
            if key in members:
                raise BadUbjsonError(f"the key {key[:80]!r} is there twice")
            members[key] = self.value(depth + 1)
        self.take(1)
        return members


def decode(data: bytes) -> Any:
    """The value, with arrays of one type as NumPy's. Raises BadUbjsonError."""
    reader = _Reader(data)
    try:
        value = reader.value()
    except UnicodeDecodeError as error:
        raise BadUbjsonError(str(error)) from None
    if reader.position < len(data):
        raise BadUbjsonError(f"{len(data) - reader.position} bytes follow the value")
    return value
