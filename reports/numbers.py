"""The numbers of each picture of a card as tables, with the same values on the same axes."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from reports.bars import scaled_weights, shares
from reports.curves import share_interval
from reports.formats import count, number, signed, span
from reports.html import Table
from reports.regression import edges, mean_interval
from reports.sides import Comparison, Side

_STEPS = 20
"""A ROC curve is read off at as many rates, and at zero."""


def roc(comparison: Comparison) -> list[Table]:
    """The true positive rate of each model at false positive rates from 0 to 1."""
    sides = [side for side in comparison.sides if side.metrics["roc"]]
    head = ("false positive rate", *(f"true positive rate, {side.name}" for side in sides))
    rates = [step / _STEPS for step in range(_STEPS + 1)]
    return [
        Table(
            head,
            [
                (f"{rate:.2f}", *(number(true_positives_at(side.metrics["roc"], rate)) for side in sides))
                for rate in rates
            ],
        )
    ]


def true_positives_at(curve: Sequence[Mapping[str, float]], rate: float) -> float:
    """The highest true positive rate at a false positive rate, on straight lines between the points of a curve."""
    before = [point for point in curve if point["false_positives"] <= rate]
    after = [point for point in curve if point["false_positives"] > rate]
    last = before[-1]
    if not after:
        return last["true_positives"]
    share = (rate - last["false_positives"]) / (after[0]["false_positives"] - last["false_positives"])
    return last["true_positives"] + share * (after[0]["true_positives"] - last["true_positives"])


def calibration(comparison: Comparison) -> list[Table]:
    """Of each group of a model's rows the mean prediction, and the share of label 1 with its interval."""

    def cells(point: Mapping[str, Any]) -> tuple[str, ...]:
        interval = span(*share_interval(point["observed"], point["rows"]))
        return number(point["predicted"]), number(point["observed"]), interval

    return [_groups(comparison, "calibration", ("predicted", "observed", "95% interval"), cells)]


def _groups(
    comparison: Comparison,
    metric: str,
    head: Sequence[str],
    cells: Callable[[Mapping[str, Any]], tuple[str, ...]],
) -> Table:
    """A row for each group of each model."""
    rows = [
        (f"{side.name}, group {place}", count(point["rows"]), *cells(point))
        for side in comparison.sides
        for place, point in enumerate(side.metrics.get(metric, ()), 1)
    ]
    return Table(("model and group", "rows", *head), rows)


def score_distribution(comparison: Comparison) -> list[Table]:
    """For each model and label the share of rows in each bin of the predicted probability."""
    sides = [side for side in comparison.sides if side.metrics.get("histogram")]
    columns = [
        (f"{side.name}, label {label}", shares(side.metrics["histogram"][name]))
        for side in sides
        for label, name in enumerate(("negatives", "positives"))
    ]
    bins = len(columns[0][1]) if columns else 0
    rows = [
        (f"{place / bins:.2f} to {(place + 1) / bins:.2f}", *(f"{column[place]:.2%}" for _, column in columns))
        for place in range(bins)
    ]
    return [Table(("predicted probability", *(name for name, _ in columns)), rows)]


def weights(comparison: Comparison) -> list[Table]:
    """Of each feature what one deviation of it changes, by each model."""
    card, sides = comparison.card, [side for side in comparison.sides if side.weights]
    scaled = [scaled_weights(card, side.weights) for side in sides]
    head = ("a deviation more of", *(side.name for side in sides))
    return [Table(head, [(name, *(signed(each[name]) for each in scaled)) for name in card["features"]])]


def actual(comparison: Comparison) -> list[Table]:
    """Of each model the rows by actual (down) and predicted value (across); a cell without rows is empty."""
    return [_grid(side) for side in comparison.sides if side.metrics.get("grid")]


def _grid(side: Side) -> Table:
    grid = side.metrics["grid"]
    names = [span(*ends) for ends in pairwise(edges(grid["low"], grid["high"], len(grid["counts"])))]
    rows = [
        (name, *(count(each) if each else "" for each in row)) for name, row in zip(names, grid["counts"], strict=True)
    ]
    return Table((f"{side.name}: actual by predicted", *names), [row for row in rows if any(row[1:])])


def residuals(comparison: Comparison) -> list[Table]:
    """For each bin of the actual less the predicted value, the share of each model's rows."""
    histograms = {side.name: side.metrics["residuals"] for side in comparison.sides if side.metrics.get("residuals")}
    return [
        Table(
            (f"residual, {name}", "share of the test rows"),
            [
                (span(*ends), f"{share:.2%}")
                for ends, share in zip(
                    pairwise(edges(each["low"], each["high"], len(each["counts"]))), shares(each["counts"]), strict=True
                )
                if share
            ],
        )
        for name, each in histograms.items()
    ]


def residual_groups(comparison: Comparison) -> list[Table]:
    """Of each group of a model's rows the mean prediction and the mean residual, with half its interval."""

    def cells(point: Mapping[str, Any]) -> tuple[str, ...]:
        half = mean_interval(point)
        return number(point["predicted"]), signed(point["observed"] - point["predicted"]), f"± {half:.4f}"

    return [_groups(comparison, "groups", ("predicted", "actual less predicted", "95% interval"), cells)]
