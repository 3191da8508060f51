"""What a champion's card says of the rows that it was trained and judged on, as a day's rows are compared with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wildrydes.errors import BadModel
from wildrydes.model.card import ModelCard
from wildrydes.tasks import BINARY, measure_of


@dataclass(frozen=True)
class Reference:
    """Counts of rows between edges, and as how many independent rows they count."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    independent_rows: float
    quantiles: tuple[float, ...] = ()


def feature_references(card: ModelCard) -> dict[str, Reference]:
    """Of each feature that the card has a profile of. Raises BadModel for a profile that is none."""
    return {
        name: _feature(name, card.feature_profiles[name]) for name in card.features if name in card.feature_profiles
    }


def _feature(name: str, profile: Mapping[str, Any]) -> Reference:
    try:
        histogram = profile["histogram"]
        reference = Reference(
            tuple(map(float, histogram["edges"])),
            tuple(map(int, histogram["counts"])),
            float(profile["independent_rows"]),
            tuple(map(float, profile["quantiles"])),
        )
    except (KeyError, TypeError, ValueError) as bad:
        raise BadModel(f"the card's profile of {name} cannot be read: {type(bad).__name__} {bad}") from None
    if len(reference.counts) != len(reference.edges) + 1 or not sum(reference.counts):
        raise BadModel(f"the card's profile of {name} has {len(reference.edges)} edges and counts {reference.counts}")
    return reference


def score_reference(card: ModelCard) -> Reference | None:
    """How the scores of the test split are spread, from the card's histogram or grid; None where it has none."""
    metrics = card.metrics
    if card.kind == BINARY:
        histogram = metrics.get("histogram")
        if not histogram:
            return None
        counts = [sum(each) for each in zip(histogram["negatives"], histogram["positives"], strict=True)]
        low, high = 0.0, 1.0
    else:
        grid = metrics.get("grid")
        if not grid:
            return None
        counts = [sum(column) for column in zip(*grid["counts"], strict=True)]
        low, high = grid["low"], grid["high"]
    edges = tuple(low + (high - low) * place / len(counts) for place in range(1, len(counts)))
    return Reference(edges, tuple(counts), float(card.rows)) if sum(counts) else None


def card_measure(card: ModelCard) -> tuple[float, int] | None:
    """The measure on the test split, and its rows; None of a card without metrics."""
    value = card.metrics.get(measure_of(card.kind))
    return None if value is None or not card.rows else (float(value), card.rows)


def far_share(card: ModelCard) -> float:
    """The share of the training set's rides that were far from their ground station."""
    rows = sum(card.training_set.get(f"{split}_rows", 0) for split in ("train", "validation", "test"))
    return card.training_set.get("far_rides", 0) / rows if rows else 0.0


def missing_share(card: ModelCard) -> float:
    """The share of the labelled rides that were left out of the training set, since a feature was missing."""
    return float(card.training_set.get("without_weather_fraction", 0.0))
