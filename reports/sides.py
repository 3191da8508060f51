"""The models that a card compares: the candidate, and the champion if both were judged on the same rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Side:
    """A model: what pictures call it, the execution that trained it, its metrics and weights as the card has them."""

    name: str
    execution: str
    metrics: Mapping[str, Any]
    weights: Sequence[float]


@dataclass(frozen=True)
class Comparison:
    """A card, and the models that it compares: the candidate, and the champion if it was compared."""

    card: Mapping[str, Any]
    sides: tuple[Side, ...]

    @classmethod
    def of(cls, card: Mapping[str, Any]) -> "Comparison":
        """What a card compares."""
        champion = card.get("live") or {}
        sides = [Side("candidate", card["execution"], card["metrics"], card.get("weights", ()))]
        if champion.get("metrics"):
            sides.append(Side("champion", champion["execution"], champion["metrics"], champion.get("weights", ())))
        return cls(card, tuple(sides))
