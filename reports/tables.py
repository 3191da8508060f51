"""The numbers of a card as rows of text: metrics beside each other, counts, weights, lineage."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reports.differences import difference
from reports.formats import count, number, signed, words
from reports.html import UNKNOWN
from reports.kinds import kind_of
from reports.sides import Comparison

_MOST_OF_A_LIST = 20
_OF_A_CLASS = ("_positives", "_negatives")


@dataclass(frozen=True)
class MetricRow:
    """A metric of both models; the difference with its 95% interval, and what that means. UNKNOWN without one."""

    name: str
    candidate: str
    champion: str
    difference: str
    meaning: str


def metric_rows(comparison: Comparison) -> list[MetricRow]:
    """Every metric that is one number."""
    card, metrics = comparison.card, [side.metrics for side in comparison.sides]
    candidate, champion = metrics[0], metrics[1] if len(metrics) > 1 else {}
    return [
        MetricRow(label, number(candidate.get(name)), number(champion.get(name)), *difference(card, name, better))
        for name, (label, better) in kind_of(card).metrics.items()
    ]


def threshold_rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """Of a classification the threshold of each model, and what it makes of the test rows. None of a regression."""
    metrics = [side.metrics for side in comparison.sides]
    if "confusion" not in metrics[0]:
        return []
    cells = [each["confusion"] for each in metrics]
    return [
        ("threshold", *(number(each["threshold"]) for each in metrics)),
        *((words(name), *(count(each[name]) for each in cells)) for name in cells[0]),
    ]


def candidate_rows(card: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Of each candidate its algorithm, its metrics, and whether it is this model or why it has lost.

    None of a card that lists no candidates.
    """
    names = kind_of(card).metrics
    return [
        (
            str(each["algorithm"]),
            *(number(each["metrics"].get(name)) for name in names),
            each["error"] or ("this model" if each["model_path"] == card["model_path"] else "not as good"),
        )
        for each in card.get("candidates") or ()
    ]


def change_rows(card: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """How answers to captured requests change: of all rows, then of each group of a feature's values.

    None of a card that has no such rows.
    """
    changes = card.get("score_changes") or {}
    if not changes.get("rows"):
        return []
    return [
        ("all", *_change(changes)),
        *((f"{each['feature']} {each['low']:g} to {each['high']:g}", *_change(each)) for each in changes["groups"]),
    ]


def _change(group: Mapping[str, Any]) -> tuple[str, ...]:
    flipped = UNKNOWN if group["flipped"] is None else f"{group['flipped']:.1%}"
    return count(group["rows"]), signed(group["mean_change"]), number(group["mean_absolute_change"]), flipped


def count_rows(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What became of the rides, and the rows of the splits; of a classification those of each label too."""
    counts = card.get("training_set", {})
    # A regression's label is neither 0 nor 1: the workflow counts none of each.
    absent = _OF_A_CLASS if card.get("kind") == "regression" else ()
    return [(words(name), count(rows)) for name, rows in counts.items() if not name.endswith(absent)]


def feature_rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """Of each feature mean and deviation in the train split, in its own unit there, and the weights of each model."""
    card, models = comparison.card, [side.weights for side in comparison.sides]
    return [
        (
            name,
            f"{card['training'][name]['mean']:.4g}",
            f"{card['training'][name]['deviation']:.4g}",
            *(f"{weights[place]:+.6g}" if weights else UNKNOWN for weights in models),
        )
        for place, name in enumerate(card["features"])
    ]


def cost_rows(cost: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """What the execution used and what it cost, and the total last."""
    lines = [
        (each["service"], each["unit"], f"{each['quantity']:,.6g}", f"{each['usd']:.6f}") for each in cost["lines"]
    ]
    return [*lines, ("total", "", "", f"{cost['total_usd']:.6f}")]


def lineage_rows(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Everything that the model was made from, by name."""
    about = {name: card.get(name, "") for name in ("execution", "created", "region", "model_path", "hyperparameters")}
    return list(_flat("", about | dict(card.get("lineage", {}))))


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for inner, each in value.items():
            yield from _flat(f"{name}, {words(inner)}" if name else words(inner), each)
    elif isinstance(value, list | tuple) and len(value) > _MOST_OF_A_LIST:
        yield name, f"{len(value):,} entries, in the card"
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value, 1):
            yield from _flat(f"{name} {number}", each)
    else:
        yield name, UNKNOWN if value in (None, "") else str(value)
