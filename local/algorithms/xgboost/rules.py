"""Ranges of hyperparameters: each rule parses a text, and says what it contains in the container's words."""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """Numbers from `low` to `high`, None standing for no end; `open_low` and `open_high` leave the ends out."""

    low: float | None = None
    high: float | None = None
    open_low: bool = False
    open_high: bool = False
    whole: bool = False

    def parse(self, text: str) -> float | int:
        """Raises ValueError for what is no number."""
        return int(text) if self.whole else float(text)

    def contains(self, value: object) -> bool:
        if not isinstance(value, int | float) or value != value:
            return False
        above = self.low is None or value > self.low or (value == self.low and not self.open_low)
        below = self.high is None or value < self.high or (value == self.high and not self.open_high)
        return above and below

    def __str__(self) -> str:
        low = "(-inf" if self.low is None else f"{'(' if self.open_low else '['}{self.low}"
        high = "+inf)" if self.high is None else f"{self.high}{')' if self.open_high else ']'}"
        return f"{low}, {high}"


@dataclass(frozen=True)
class Words:
    """One of some words."""

    words: tuple[str, ...]

    def parse(self, text: str) -> str:
        return text

    def contains(self, value: object) -> bool:
        return value in self.words

    def __str__(self) -> str:
        return str(list(self.words))


@dataclass(frozen=True)
class WordList:
    """Words with commas between them."""

    words: tuple[str, ...]

    def parse(self, text: str) -> list[str]:
        return text.split(",")

    def contains(self, value: object) -> bool:
        return isinstance(value, list) and all(word.partition("@")[0] in self.words for word in value)

    def __str__(self) -> str:
        return str(list(self.words))


@dataclass(frozen=True)
class NumberTuple:
    """Some numbers in brackets, as in `(1,0,-1)`."""

    numbers: tuple[int, ...]

    def parse(self, text: str) -> tuple[int, ...]:
        """Raises ValueError for what is none."""
        value = json.loads(f"[{text.strip().removeprefix('(').removesuffix(')').strip().rstrip(',')}]")
        return tuple(value)

    def contains(self, value: object) -> bool:
        return isinstance(value, tuple) and all(number in self.numbers for number in value)

    def __str__(self) -> str:
        return str(list(self.numbers))


@dataclass(frozen=True)
class NestedList:
    """Lists of column numbers in a list, as in `[[0,1],[2,3]]`; the numbers are at least `low`."""

    low: int

    def parse(self, text: str) -> list[list[int]]:
        """Raises ValueError for what is none."""
        value = json.loads(text)
        if not isinstance(value, list) or not all(isinstance(inner, list) for inner in value):
            raise ValueError(text)
        return value

    def contains(self, value: object) -> bool:
        return isinstance(value, list) and all(type(each) is int and each >= self.low for row in value for each in row)

    def __str__(self) -> str:
        return f"[{self.low}, +inf)"


Rule = Interval | Words | WordList | NumberTuple | NestedList
POSITIVE = Interval(low=0, open_low=True)
NOT_NEGATIVE = Interval(low=0)
SHARE = Interval(low=0, high=1)
SHARE_ABOVE_ZERO = Interval(low=0, high=1, open_low=True)
COUNT = Interval(low=1, whole=True)
COUNT_OR_NONE = Interval(low=0, whole=True)
FLAG = Interval(low=0, high=1, whole=True)
BOOLEAN = Words(("true", "false"))
