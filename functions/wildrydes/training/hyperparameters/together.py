"""What the hyperparameters of one training job need of each other, whether they are set or searched for.

Each rule takes the settings by name, and says what is wrong with them, or None:

    >>> settings = {"k": Setting("hyperparameters.knn.k", ("200",)), "sample_size": Setting("…", ("100",))}
    >>> AtMost("k", "sample_size").fault(settings)
    'hyperparameters.knn.k is 200; it must be at most sample_size, 100'

A search is refused if one of its jobs would fail, and where a hyperparameter would have an effect in none of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from wildrydes.training.hyperparameters.rules import in_words


@dataclass(frozen=True)
class Setting:
    """A hyperparameter's values: the one that it is set to, all of a list, or both ends of a range.

    `where` is the field of the execution's input.
    """

    where: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.where} is {' or '.join(self.values)}"


Settings = Mapping[str, Setting]


@dataclass(frozen=True)
class Only:
    """`names` have a meaning only where `partner`, which is `default` if it is left out, is one of `values`."""

    names: tuple[str, ...]
    partner: str
    values: tuple[str, ...]
    default: str

    def fault(self, settings: Settings) -> str | None:
        partner = _values(settings, self.partner, self.default)
        if set(partner) & set(self.values):
            return None
        for name in self.names:
            if name in settings:
                return (
                    f"{settings[name].where} is set, and {self.partner} is {' or '.join(partner)}; "
                    f"it needs {self.partner} to be {in_words(self.values)}"
                )
        return None


@dataclass(frozen=True)
class Never:
    """No job has `name` as one of `values` and `partner`, which is `default` if it is left out, as one of `others`."""

    name: str
    values: tuple[str, ...]
    partner: str
    others: tuple[str, ...]
    default: str

    def fault(self, settings: Settings) -> str | None:
        values = [value for value in _values(settings, self.name) if value in self.values]
        others = [value for value in _values(settings, self.partner, self.default) if value in self.others]
        if not (values and others):
            return None
        return f"{settings[self.name].where} is {values[0]}, which {self.partner} {others[0]} does not allow"


@dataclass(frozen=True)
class Needs:
    """Where `name` is set (to one of `values`, if there are any), `partner` has to be set too."""

    name: str
    partner: str
    values: tuple[str, ...] = ()

    def fault(self, settings: Settings) -> str | None:
        values = [value for value in _values(settings, self.name) if not self.values or value in self.values]
        if not values or self.partner in settings:
            return None
        return f"{settings[self.name].where} is {values[0]}, and is set without {self.partner}, which it needs"


@dataclass(frozen=True)
class AtMost:
    """The number `name` is at most the number `partner`, or `below` it, in every job. Words, such as auto, pass."""

    name: str
    partner: str
    below: bool = False

    def fault(self, settings: Settings) -> str | None:
        numbers, bounds = (_numbers(_values(settings, name)) for name in (self.name, self.partner))
        if not numbers or not bounds or max(numbers) < min(bounds) + (not self.below):
            return None
        return (
            f"{settings[self.name].where} is {max(numbers)}; "
            f"it must be {'below' if self.below else 'at most'} {self.partner}, {min(bounds)}"
        )


Rule = Only | Never | Needs | AtMost


def _values(settings: Settings, name: str, default: str = "") -> tuple[str, ...]:
    if name in settings:
        return settings[name].values
    return (default,) if default else ()


def _numbers(values: tuple[str, ...]) -> list[int]:
    return [int(value) for value in values if value.removeprefix("+").isdecimal()]
