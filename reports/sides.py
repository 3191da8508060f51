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


def sides(card: Mapping[str, Any]) -> list[Side]:
    """The candidate, and the champion if it was compared."""
    champion = card.get("live") or {}
    models = [Side("candidate", card["execution"], card["metrics"], card.get("weights", ()))]
    if champion.get("metrics"):
        models.append(Side("champion", champion["execution"], champion["metrics"], champion.get("weights", ())))
    return models
