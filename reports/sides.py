"""The models that a card compares: the one it is of, and the live model where both were judged on the same rows."""

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


def sides(card: Mapping[str, Any]) -> list[Side]:
    """The candidate, and the live model if it was compared."""
    live = card.get("live") or {}
    found = [Side("candidate", card["execution"], card["metrics"], card.get("weights", ()))]
    if live.get("metrics"):
        found.append(Side("live model", live["execution"], live["metrics"], live.get("weights", ())))
    return found
