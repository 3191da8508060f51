"""Reads Universal Binary JSON (UBJSON), the part of it that XGBoost's `save_model` writes, within bounds.

    object   { · names and values · }       a name is a length and its bytes
    array    [ · values · ]                 or [ # length · values, or [ $ type # length · numbers of this type
    text     S · length · bytes
    number   i int8 · U uint8 · I int16 · l int32 · L int64 · d float32 · D float64
    others   T true · F false · Z null

All big-endian. Source: the UBJSON specification, draft 12, and `UBJWriter` in XGBoost's src/common/json.cc.

The arrays of a type hold nearly all of a model. They stay the bytes they are until a reader wants their numbers, so
that those which nobody wants cost nothing.

    >>> read_ubjson(b"{i\\x01aSi\\x02okU\\x01b[$d#i\\x01\\x3f\\x80\\x00\\x00}")["a"]
    'ok'
    >>> read_ubjson(b"{U\\x01b[$d#i\\x01\\x3f\\x80\\x00\\x00}")["b"].numbers()
    (1.0,)
"""

from struct import Struct, unpack
from typing import Any, NamedTuple

from wildrydes.errors import BadModel

MOST_VALUES = 300_000
"""The values that are read one by one: five thousand trees have some 150,000."""

_MOST_DEPTH = 16
_LONGEST_TEXT = 1 << 16
_NUMBERS = {
    b"i": Struct(">b"),
    b"U": Struct(">B"),
    b"I": Struct(">h"),
    b"l": Struct(">i"),
    b"L": Struct(">q"),
    b"d": Struct(">f"),
    b"D": Struct(">d"),
}
_CONSTANTS = {b"T": True, b"F": False, b"Z": None}


class TypedArray(NamedTuple):
    """Numbers of one type: `marker` names it, `data` are they."""

    marker: bytes
    data: bytes

    @property
    def length(self) -> int:
        """How many there are."""
        return len(self.data) // _NUMBERS[self.marker].size

    def numbers(self) -> tuple[Any, ...]:
        """The numbers, as int or float."""
        return unpack(f">{self.length}{_NUMBERS[self.marker].format[1:]}", self.data)


def read_ubjson(data: bytes) -> dict[str, Any]:
    """The object in the bytes: arrays of a type as TypedArray, others as lists. Raises BadModel."""
    reader = _Reader(data)
    value = reader.value(0)
    if not isinstance(value, dict):
        raise BadModel("the UBJSON holds no object")
    if reader.at != len(data):
        raise BadModel(f"the UBJSON goes on after its end at byte {reader.at}")
    return value


class _Reader:
    """Reads values one after the other; `at` is the place of the next."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.values = 0

    def value(self, depth: int) -> Any:
        """The next value."""
        self.values += 1
        if self.values > MOST_VALUES or depth > _MOST_DEPTH:
            raise BadModel(f"the UBJSON has more than {MOST_VALUES} values, or goes deeper than {_MOST_DEPTH}")
        marker = self.take(1)
        if marker == b"{":
            return self.members(depth)
        if marker == b"[":
            return self.elements(depth)
        if marker == b"S":
            return self.text()
        if marker in _CONSTANTS:
            return _CONSTANTS[marker]
        return self.number(marker)

    def take(self, count: int) -> bytes:
        """The next bytes."""
        start = self.at
        self.at += count
        if self.at > len(self.data):
            raise BadModel(f"the UBJSON is cut short: {count} bytes at byte {start} are not there")
        return self.data[start : self.at]

    def number(self, marker: bytes) -> Any:
        """The number of this type that follows."""
        form = _NUMBERS.get(marker)
        if form is None:
            raise BadModel(f"the UBJSON has the unknown type {marker!r} at byte {self.at - 1}")
        return form.unpack(self.take(form.size))[0]

    def length(self) -> int:
        """The length that follows."""
        length = self.number(self.take(1))
        if type(length) is not int or length < 0:
            raise BadModel(f"the UBJSON has the length {length!r} before byte {self.at}")
        return length

    def text(self) -> str:
        """The text that follows, with its length before it."""
        length = self.length()
        if length > _LONGEST_TEXT:
            raise BadModel(f"the UBJSON has a text of {length} bytes")
        try:
            return self.take(length).decode()
        except UnicodeDecodeError:
            raise BadModel(f"the UBJSON has a text before byte {self.at} that is not in UTF-8") from None

    def members(self, depth: int) -> dict[str, Any]:
        """The members of an object, up to its end."""
        members: dict[str, Any] = {}
        while not self.ends(b"}"):
            name = self.text()
            if name in members:
                raise BadModel(f"an object of the UBJSON has {name[:100]!r} twice")
            members[name] = self.value(depth + 1)
        return members

    def elements(self, depth: int) -> list[Any] | TypedArray:
        """The elements of an array, up to its end."""
        if self.ends(b"$"):
            return self.typed()
        if self.ends(b"#"):
            return [self.value(depth + 1) for _ in range(self.length())]
        elements = []
        while not self.ends(b"]"):
            elements.append(self.value(depth + 1))
        return elements

    def typed(self) -> TypedArray:
        """The numbers of an array of a type, which have no markers of their own."""
        marker = self.take(1)
        if marker not in _NUMBERS or not self.ends(b"#"):
            raise BadModel(f"the UBJSON has an array of the type {marker!r} before byte {self.at}")
        return TypedArray(marker, self.take(self.length() * _NUMBERS[marker].size))

    def ends(self, marker: bytes) -> bool:
        """Whether this byte is next; if so, goes on after it."""
        here = self.data[self.at : self.at + 1] == marker
        self.at += here
        return here
