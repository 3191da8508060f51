"""What to conclude from each picture of a card: a sentence or two, by the card's numbers."""

from collections.abc import Callable, Mapping, Sequence
from math import exp
from typing import Any

from reports.bars import scaled_weights, shares
from reports.curves import share_interval
from reports.differences import difference
from reports.formats import signed
from reports.html import UNKNOWN
from reports.regression import mean_interval
from reports.sides import Comparison, Side

LEAST_CHANCE = 0.025
"""At this chance of its calibration gap or bias gap and below the gate holds a model back."""


def roc(comparison: Comparison) -> str:
    """How often each model ranks two rides rightly."""
    sides = [side for side in comparison.sides if side.metrics["roc"]]
    shares_of_pairs = _list_of(sides, lambda side: f"in {side.metrics['auc']:.1%} of pairs")
    return (
        f"A ride with label 1 scores above one with label 0 {shares_of_pairs}.{_next_to_champion(comparison, 'auc', 1)}"
    )


def _list_of(sides: Sequence[Side], value: Callable[[Side], str]) -> str:
    """A value of one model, or of two by their names."""
    if len(sides) == 1:
        return value(sides[0])
    return " and ".join(f"{value(side)} for the {side.name}" for side in sides)


def _next_to_champion(comparison: Comparison, metric: str, better: int) -> str:
    _, meaning = difference(comparison.card, metric, better)
    if meaning == UNKNOWN:
        return ""
    return {
        "may be chance": " The difference may be chance.",
        "the same": " They are the same.",
    }.get(meaning, f" The candidate is {meaning} beyond chance.")


def calibration(comparison: Comparison) -> str:
    """Whether the candidate's probabilities can be used as such."""
    metrics = comparison.sides[0].metrics

    def is_off(point: Mapping[str, Any]) -> bool:
        low, high = share_interval(point["observed"], point["rows"])
        return not low <= point["predicted"] <= high

    off = _count_off(metrics["calibration"], is_off, "the diagonal")
    good, bad = "The probabilities can be used as such", "Do not use the probabilities as such"
    return f"{_judgement(metrics, 'calibration_chance', good, bad)} {off}"


def _judgement(metrics: Mapping[str, Any], chance: str, good: str, bad: str) -> str:
    if metrics.get(chance, 1.0) <= LEAST_CHANCE:
        return f"{bad}: the candidate is off by more than chance explains."
    return f"{good}: chance explains how far the candidate is off."


def _count_off(points: Sequence[Mapping[str, Any]], is_off: Callable[[Mapping[str, Any]], bool], line: str) -> str:
    off = sum(map(is_off, points))
    return f"{off} of its {len(points)} intervals {'misses' if off == 1 else 'miss'} {line}; by chance one in 20 does."


def score_distribution(comparison: Comparison) -> str:
    """How much of the two labels' distributions is common."""
    sides = [side for side in comparison.sides if side.metrics.get("histogram")]
    return (
        f"The bars of the two labels overlap by {_list_of(sides, lambda side: f'{overlap(side):.0%}')}. "
        "At 0% a threshold parts the labels, at 100% the model knows nothing of them."
    )


def overlap(side: Side) -> float:
    """The share of their bars that both labels have, from 0 to 1."""
    counts = side.metrics["histogram"]
    return sum(map(min, shares(counts["negatives"]), shares(counts["positives"])))


def weights(comparison: Comparison) -> str:
    """Which feature moves the prediction most, by each model."""
    card = comparison.card
    return " ".join(_strongest(card, side) for side in comparison.sides if side.weights)


def _strongest(card: Mapping[str, Any], side: Side) -> str:
    scaled = scaled_weights(card, side.weights)
    name = max(scaled, key=lambda each: abs(scaled[each]))
    if card.get("kind") == "regression":
        unit = f" {card['unit']}" if card.get("unit") else ""
        change = f"one deviation more of it moves the prediction by {signed(scaled[name])}{unit}"
    else:
        change = f"one deviation more of it multiplies the odds of label 1 by {_factor(scaled[name])}"
    return f"{name} moves the {side.name} most: {change}."


def _factor(log_odds: float) -> str:
    # Weights of separable labels grow without bound.
    return f"{exp(log_odds):.3g}" if abs(log_odds) < 50 else f"e^{log_odds:.0f}"


def actual(comparison: Comparison) -> str:
    """How much of the label's variance each model explains."""
    sides = [side for side in comparison.sides if side.metrics.get("r2") is not None]
    if not sides:
        return "All test rows have the same label, so there is no variance to explain."
    explained = _list_of(sides, lambda side: f"{side.metrics['r2']:.1%}")
    return f"Of the label's variance the predictions explain {explained}.{_next_to_champion(comparison, 'r2', 1)}"


def residuals(comparison: Comparison) -> str:
    """By how much each model is off."""
    unit = f" {comparison.card['unit']}" if comparison.card.get("unit") else ""
    errors = _list_of(comparison.sides, lambda side: f"{side.metrics['mae']:,.4g}{unit}")
    return f"A prediction is off by {errors}, on average.{_next_to_champion(comparison, 'mae', -1)}"


def residual_groups(comparison: Comparison) -> str:
    """Whether the candidate's predictions can be added up."""
    metrics = comparison.sides[0].metrics

    def is_off(point: Mapping[str, Any]) -> bool:
        return abs(point["observed"] - point["predicted"]) > mean_interval(point)

    off = _count_off(metrics.get("groups", ()), is_off, "zero")
    return f"{_judgement(metrics, 'bias_chance', 'Predictions can be added up', 'Do not add predictions up')} {off}"
