"""What a page shows of the champions in service: what `monitor` found of a day, and what callers measured."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from cli import leaderboard, monitor
from cli.stack import Stack
from local.account import entries
from wildrydes.bucket import monitoring_prefix
from wildrydes.tasks import TASKS

_OF_A_FEATURE = ("psi", "chance", "drifted", "missing")
_OF_A_DAY = ("day", "model", "predictions", "outcomes", "measure", "low", "high")
_OF_A_DOCUMENT = ("date", "model", "kind", "unit", "predictions", "outcomes", "drifted", "remarks", "champion_age_days")
_MOST_DAYS = 14
_AT_ONCE = 8
_OF_WHAT_WAS_SERVED = ("measure", "low", "high", "promised", "worse")


def watched(stack: Stack, _: Any = None) -> list[dict[str, Any]]:
    """Of each task the newest day that `monitor` has looked at, `newest` None where there is none yet.

    Of the document (`wildrydes.monitoring.report`) it has the numbers, without the histograms. `drift` has those of the
    days before as well, by the day that each is about: a metric's point stands on the day on which it was found.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [{"task": task, "newest": _newest(stack, task, pool)} for task in TASKS]


def _newest(stack: Stack, task: str, pool: ThreadPoolExecutor) -> dict[str, Any] | None:
    listed = entries(
        stack.client("s3"), "list_objects_v2", "Contents", Bucket=stack.bucket, Prefix=monitoring_prefix(task)
    )
    if not listed:
        return None
    # A day's key has the day: the last by name is the newest.
    keys = sorted(each["Key"] for each in listed)[-_MOST_DAYS:]
    documents = list(pool.map(lambda key: monitor.read(stack, key), keys))
    document = documents[-1]
    served = document["served"]
    return {name: document.get(name) for name in _OF_A_DOCUMENT} | {
        "days": len(listed),
        "features": {name: _of(each, _OF_A_FEATURE) for name, each in document["features"].items()},
        "scores": _of(document["scores"], _OF_A_FEATURE) if document["scores"] else None,
        "served": _of(served, _OF_WHAT_WAS_SERVED) if served else None,
        "drift": [_drift(each) for each in documents if each["predictions"]],
        "by_day": [_of(each, _OF_A_DAY) for each in document["by_day"]],
    }


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
