"""What to conclude from each picture of a day's document of `monitor`, and its numbers as tables."""

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

from reports.bars import shares
from reports.formats import number, span
from reports.html import Table
from reports.monitor_picture import bin_ends, drawn_days, drawn_features, is_binary

_THEN, _NOW = "training split", "the day"


def conclude_features(document: Mapping[str, Any]) -> str:
    """Which features lie elsewhere than they did in training."""
    drifted = [name for name, each in drawn_features(document).items() if each["drifted"]]
    if not drifted:
        return "No feature lies elsewhere than in training, beyond chance."
    return f"Beyond chance, {', '.join(drifted)} {'lies' if len(drifted) == 1 else 'lie'} elsewhere than in training."


def tabulate_features(document: Mapping[str, Any]) -> list[Table]:
    """Of each feature the share of rows below each edge, of the training split and of the day."""
    return [_below(name, each["histogram"]) for name, each in drawn_features(document).items()]


def _below(name: str, histogram: Mapping[str, Any]) -> Table:
    columns = [list(accumulate(shares(histogram[time])))[:-1] for time in ("then", "now")]
    rows = [
        (f"{edge:.4g}", f"{then:.1%}", f"{now:.1%}")
        for edge, then, now in zip(histogram["edges"], *columns, strict=True)
    ]
    return Table((f"{name} below", _THEN, _NOW), rows)


def conclude_scores(document: Mapping[str, Any]) -> str:
    """Whether the champion says something else than it did of the test split."""
    if document["scores"]["drifted"]:
        return "The champion's answers lie elsewhere than on its test split, beyond chance."
    return "The champion's answers lie where they lay on its test split, but for chance."


def tabulate_scores(document: Mapping[str, Any]) -> list[Table]:
    """The share of scores in each bin, of the test split and of the day."""
    histogram = document["scores"]["histogram"]
    ends = bin_ends(histogram["edges"], binary=is_binary(document))
    columns = [shares(histogram[time]) for time in ("then", "now")]
    rows = [
        (span(*pair), f"{then:.1%}", f"{now:.1%}") for pair, then, now in zip(pairwise(ends), *columns, strict=True)
    ]
    return [Table(("score", "test split", _NOW), rows)]


def conclude_served(document: Mapping[str, Any]) -> str:
    """Whether the champion is as good as its card promised."""
    served = document["served"]
    if not served:
        return "Too few truths are known to say whether the champion is as good as promised."
    if served["worse"]:
        return f"The champion is worse than its card promised: {served['measure']:.4f}, not {served['promised']:.4f}."
    return f"The champion is no worse than its card promised, {served['promised']:.4f}, beyond chance."


def tabulate_served(document: Mapping[str, Any]) -> list[Table]:
    """The champion's measure of each day with its interval."""
    rows = [_day(each) for each in drawn_days(document)]
    return [Table(("day", "truths", "measure", "95% interval"), rows)]


def _day(day: Mapping[str, Any]) -> Sequence[str]:
    return day["day"], f"{day['outcomes']:,}", number(day["measure"]), f"{number(day['low'])} to {number(day['high'])}"


CONCLUSIONS = {"features": conclude_features, "scores": conclude_scores, "served": conclude_served}
TABLES = {"features": tabulate_features, "scores": tabulate_scores, "served": tabulate_served}
