"""What a page shows of the champions in service: what `monitor` found of a day, and what callers measured."""

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from cli import leaderboard, monitor
from cli.stack import Stack
from console import charts
from local.account import entries
from wildrydes.bucket import monitoring_prefix
from wildrydes.tasks import TASKS

_OF_A_FEATURE = ("psi", "chance", "drifted", "missing")
_OF_A_DAY = ("day", "model", "predictions", "outcomes", "measure", "low", "high")
_OF_A_DOCUMENT = ("date", "model", "kind", "unit", "predictions", "outcomes", "drifted", "remarks")
_MOST_DAYS = 14
_AT_ONCE = 8
_DAY = re.compile(r"\d{4}-\d\d-\d\d\.json")
_OF_WHAT_WAS_SERVED = ("measure", "low", "high", "promised", "worse")


@dataclass(frozen=True)
class _Day:
    """What a page shows of a day, and its line of the drift, None where the day had no requests."""

    shown: dict[str, Any]
    drift: dict[str, Any] | None


def tasks(_: Stack, __: Any = None) -> list[str]:
    """The tasks that the code has: known without a question to AWS."""
    return list(TASKS)


def watched(stack: Stack, _: Any = None) -> list[dict[str, Any]]:
    """Of each task the newest day that `monitor` has looked at, `newest` None where there is none yet.

    Of the document (`wildrydes.monitoring.report`) it has the numbers, without the histograms. `charts` have those of
    the days before as well, by the day that each is about: a metric's point stands on the day on which it was found.
    `odd` has the keys of the objects that are no such documents: all by their names, of the newest by what they hold.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [{"task": task, **_newest(stack, task, pool)} for task in TASKS]


def _newest(stack: Stack, task: str, pool: ThreadPoolExecutor) -> dict[str, Any]:
    prefix = monitoring_prefix(task)
    listed = entries(stack.client("s3"), "list_objects_v2", "Contents", Bucket=stack.bucket, Prefix=prefix)
    # A day's key has the day: the last by name is the newest.
    keys = sorted(each["Key"] for each in listed)
    of_days = [key for key in keys if _DAY.fullmatch(key.removeprefix(prefix))]
    newest = of_days[-_MOST_DAYS:]
    read = dict(zip(newest, pool.map(lambda key: _day(stack, key), newest), strict=True))
    odd = [key for key in keys if key not in of_days or (key in read and read[key] is None)]
    days = [each for each in read.values() if each is not None]
    if not days:
        return {"newest": None, "odd": odd}
    drift = [each.drift for each in days if each.drift]
    newest_day = days[-1].shown
    by_day = newest_day.pop("by_day")
    drawn = [*_charts_of_drift(drift), *_chart_of_measure(by_day, newest_day["served"])]
    return {"newest": newest_day | {"days": len(keys) - len(odd), "charts": drawn}, "odd": odd}


def _charts_of_drift(days: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """How far each day was from training, and how many of its features drifted; nothing of no day."""
    if not days:
        return []
    psi = [("the feature farthest away", "psi"), ("the champion's answers", "scores")]
    return [_chart("psi", days, psi), _chart("drifted", days, [("features that drifted", "features")])]


def _chart_of_measure(by_day: list[dict[str, Any]], served: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The measure on the truths of each day that has one, and what was promised."""
    days = [each | {"promised": served and served["promised"]} for each in by_day if charts.is_number(each["measure"])]
    names = [("measured", "measure"), *([("promised", "promised")] if served else [])]
    return [_chart("measured", days, names)] if days else []


def _chart(name: str, days: list[dict[str, Any]], labels: list[tuple[str, str]]) -> dict[str, Any]:
    """A chart whose points stand on the days of which they are, from the `first` to the `last` that it is of."""
    series = [
        {"label": label, "points": [(each["day"], each[field]) for each in days if charts.is_number(each[field])]}
        for label, field in labels
    ]
    return {"name": name, "first": days[0]["day"], "last": days[-1]["day"], **charts.chart(series)}


def _day(stack: Stack, key: str) -> _Day | None:
    """What a day's document says; None of an object that is none."""
    try:
        document = monitor.read(stack, key)
        served = document["served"]
        # Documents of before have no age of the champion.
        shown = {"champion_age_days": document.get("champion_age_days")} | {
            **{name: document[name] for name in _OF_A_DOCUMENT},
            "features": {name: _of(each, _OF_A_FEATURE) for name, each in document["features"].items()},
            "scores": _of(document["scores"], _OF_A_FEATURE) if document["scores"] else None,
            "served": _of(served, _OF_WHAT_WAS_SERVED) if served else None,
            "by_day": [_of(each, _OF_A_DAY) for each in document["by_day"]],
        }
        return _Day(shown, _drift(document) if document["predictions"] else None)
    except (KeyError, TypeError, ValueError, AttributeError):
        # Somebody else's, or cut short.
        return None


def _drift(document: Mapping[str, Any]) -> dict[str, Any]:
    """How far a day lies from training: `psi` of the farthest feature, of `scores`, and `features` beyond chance."""
    indices = [each["psi"] for each in document["features"].values() if each["psi"] is not None]
    scores = document["scores"] or {}
    return {
        "day": document["date"],
        "psi": max(indices, default=None),
        "scores": scores.get("psi"),
        "features": len(document["drifted"]),
    }


def _of(fields: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: fields.get(name) for name in names}


def ranked(stack: Stack, _: Any = None) -> list[dict[str, Any]]:
    """The models of every task as callers rank them: `wildrydes leaderboard --json`."""
    return leaderboard.to_json(leaderboard.ranking(stack, None), stack)
