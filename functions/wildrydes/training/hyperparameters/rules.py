"""What a hyperparameter may be: each rule says whether it allows a text, and names in words what it allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite


@dataclass(frozen=True)
class Number:
    """A number between `least` and `most`, which belong to the range unless it has `open_ends`, or one of `words`.

    `above` leaves out `least` alone.
    """

    least: float
    most: float
    whole: bool = False
    open_ends: bool = False
    above: bool = False
    words: tuple[str, ...] = ()

    def allows(self, text: str) -> bool:
        if text in self.words:
            return True
        try:
            number = int(text) if self.whole else float(text)
        except ValueError:
            return False
        inside = self.least < number if self.open_ends or self.above else self.least <= number
        inside = inside and (number < self.most if self.open_ends else number <= self.most)
        # An integer may have more digits than a float holds, and is finite all the same.
        finite = isinstance(number, int) or isfinite(number)
        return finite and inside and text.isascii() and "_" not in text and text == text.strip()

    def __str__(self) -> str:
        kind = "an integer" if self.whole else "a number"
        between = f"above {self.least:g}" if self.open_ends or self.above else f"from {self.least:g}"
        end = "" if self.most == inf else f" {'below' if self.open_ends else 'to'} {self.most:g}"
        return f"{kind} {between}{end}{''.join(f' or {word}' for word in self.words)}"


@dataclass(frozen=True)
class Words:
    """One of some words."""

    words: tuple[str, ...]

    def allows(self, text: str) -> bool:
        return text in self.words

    def __str__(self) -> str:
        return f"one of {', '.join(self.words)}"


Rule = Number | Words

POSITIVE = Number(0, inf, open_ends=True)
NOT_NEGATIVE = Number(0, inf)
SHARE = Number(0, 1)
SHARE_ABOVE_ZERO = Number(0, 1, above=True)
COUNT = Number(1, inf, whole=True)
COUNT_OR_NONE = Number(0, inf, whole=True)


def in_words(words: Sequence[str]) -> str:
    """Words as a choice: `auto, approx or hist`."""
    return " or ".join([*([", ".join(words[:-1])] if words[1:] else []), words[-1]])
