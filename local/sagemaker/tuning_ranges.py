"""The ranges that a tuning job searches: values drawn from them, or every combination of them.

How the scales work: https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-ranges.html. What
`Auto` stands for is SageMaker's to choose; here it is logarithmic for a range over three orders of magnitude or more.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from local.sagemaker.errors import ApiError

KINDS = ("IntegerParameterRanges", "ContinuousParameterRanges", "CategoricalParameterRanges")
_AUTO_LOGARITHMIC = 1000


class Range(Protocol):
    """What one hyperparameter may be."""

    @property
    def name(self) -> str: ...

    def draw(self, generator: Random) -> str:
        """One value, as the text that a training job gets."""
        ...


@dataclass(frozen=True)
class Categories:
    """One of some texts."""

    name: str
    values: tuple[str, ...]

    def draw(self, generator: Random) -> str:
        return generator.choice(self.values)


@dataclass(frozen=True)
class Numbers:
    """A number from `least` to `most`, both included; `whole` numbers alone, or any."""

    name: str
    least: float
    most: float
    scaling: str
    whole: bool

    def draw(self, generator: Random) -> str:
        if self.whole:
            # Each whole number stands for the interval up to the next, so that the ends come as often as the others.
            drawn = math.floor(self._scaled(generator.random(), self.least, self.most + 1))
            return str(min(max(drawn, int(self.least)), int(self.most)))
        return repr(min(max(self._scaled(generator.random(), self.least, self.most), self.least), self.most))

    def _scaled(self, share: float, least: float, most: float) -> float:
        """The value at a share of the way from `least` to `most`, on the range's scale."""
        scaling = self.scaling
        if scaling == "Auto":
            scaling = "Logarithmic" if least > 0 and most / least >= _AUTO_LOGARITHMIC else "Linear"
        if scaling == "Logarithmic":
            return math.exp(_between(math.log(least), math.log(most), share))
        if scaling == "ReverseLogarithmic":
            return 1 - math.exp(_between(math.log(1 - least), math.log(1 - most), share))
        return _between(least, most, share)


def _between(least: float, most: float, share: float) -> float:
    return least + (most - least) * share


def read(ranges: dict[str, Any]) -> list[Range]:
    """The ranges of a checked ParameterRanges. Raises ApiError."""
    listed: list[Range] = []
    for kind in KINDS[:2]:
        listed += [_numbers(each, whole=kind == KINDS[0]) for each in ranges.get(kind, [])]
    listed += [Categories(each["Name"], tuple(each["Values"])) for each in ranges.get(KINDS[2], [])]
    names = [each.name for each in listed]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ApiError(f"The hyperparameters [{', '.join(repeated)}] have more than one range.")
    return listed


def _numbers(described: dict[str, str], *, whole: bool) -> Numbers:
    name, scaling = described["Name"], described.get("ScalingType", "Auto")
    least, most = (_number(name, described[end], whole=whole) for end in ("MinValue", "MaxValue"))
    if least > most:
        raise ApiError(f"The range of {name} is invalid: MinValue {least} is greater than MaxValue {most}.")
    if scaling == "Logarithmic" and least <= 0:
        raise ApiError(f"The range of {name} is invalid: Logarithmic scaling needs values greater than 0.")
    if scaling == "ReverseLogarithmic" and whole:
        raise ApiError(f"The range of {name} is invalid: integers have no ReverseLogarithmic scaling.")
    if scaling == "ReverseLogarithmic" and not 0 <= least <= most < 1:
        raise ApiError(f"The range of {name} is invalid: ReverseLogarithmic scaling needs values from 0 to below 1.")
    return Numbers(name, least, most, scaling, whole)


def _number(name: str, text: str, *, whole: bool) -> float:
    try:
        number = int(text) if whole else float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ApiError(f"The range of {name} is invalid: {text!r} is no {'integer' if whole else 'number'}.")
    return number


def drawn(ranges: Sequence[Range], count: int, seed: int | None) -> Iterator[dict[str, str]]:
    """So many combinations, drawn at random: the same ones from the same seed."""
    # No secret: a search has to be repeatable.
    generator = Random(seed)  # noqa: S311
    for _ in range(count):
        yield {each.name: each.draw(generator) for each in ranges}


def combinations(ranges: Sequence[Range]) -> list[dict[str, str]]:
    """Every combination of categories. Raises ApiError where a range is of numbers."""
    categories = [each for each in ranges if isinstance(each, Categories)]
    if len(categories) < len(ranges):
        raise ApiError("Grid search supports categorical hyperparameters only.")
    names = [each.name for each in categories]
    return [
        dict(zip(names, values, strict=True)) for values in itertools.product(*(each.values for each in categories))
    ]
