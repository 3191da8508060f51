"""Ranges of hyperparameters: each rule parses a string, and says in words what it allows."""

import math
from dataclasses import dataclass

from local import EmbeddedAwsError


class NotAllowedError(EmbeddedAwsError):
    """The string is outside of the rule."""


@dataclass(frozen=True)
class OneOf:
    """One of some words."""

    values: tuple[str, ...]

    @property
    def allowed(self) -> str:
        return f"one of {', '.join(self.values)}"

    def parse(self, text: str) -> str:
        if text not in self.values:
            raise NotAllowedError
        return text


@dataclass(frozen=True)
class Flag:
    """`true` or `false`."""

    allowed: str = "true or false"

    def parse(self, text: str) -> bool:
        if text.lower() not in ("true", "false"):
            raise NotAllowedError
        return text.lower() == "true"


@dataclass(frozen=True)
class Integer:
    """A whole number from `low` up to `high`."""

    low: int = 1
    high: int | None = None

    @property
    def allowed(self) -> str:
        return f"an integer of at least {self.low}" + (f" and at most {self.high}" if self.high else "")

    def parse(self, text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise NotAllowedError from None
        if value < self.low or (self.high is not None and value > self.high):
            raise NotAllowedError
        return value


@dataclass(frozen=True)
class Number:
    """A finite number within limits that belong to the range where `closed` says so."""

    low: float = -math.inf
    high: float = math.inf
    closed: tuple[bool, bool] = (False, False)

    @property
    def allowed(self) -> str:
        limits = []
        if math.isfinite(self.low):
            limits.append(f"{'at least' if self.closed[0] else 'greater than'} {self.low:g}")
        if math.isfinite(self.high):
            limits.append(f"{'at most' if self.closed[1] else 'less than'} {self.high:g}")
        return f"a number {' and '.join(limits)}" if limits else "a number"

    def parse(self, text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise NotAllowedError from None
        above = value > self.low or (self.closed[0] and value == self.low)
        below = value < self.high or (self.closed[1] and value == self.high)
        if not (math.isfinite(value) and above and below):
            raise NotAllowedError
        return value


@dataclass(frozen=True)
class Auto:
    """`auto`, parsed as None, or what another rule allows."""

    rule: OneOf | Flag | Integer | Number

    @property
    def allowed(self) -> str:
        return f"auto or {self.rule.allowed}"

    def parse(self, text: str) -> str | bool | int | float | None:
        return None if text == "auto" else self.rule.parse(text)


@dataclass(frozen=True)
class Text:
    """Any string: what concerns the container's machinery and not the model."""

    allowed: str = "any string"

    def parse(self, text: str) -> str:
        return text


Rule = OneOf | Flag | Integer | Number | Auto | Text
POSITIVE = Number(low=0)
NOT_NEGATIVE = Number(low=0, closed=(True, False))
FRACTION = Number(low=0, high=1)
FRACTION_WITH_ONE = Number(low=0, high=1, closed=(False, True))
FRACTION_WITH_ZERO = Number(low=0, high=1, closed=(True, False))
