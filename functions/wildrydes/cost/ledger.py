"""What each execution cost, an object each: `costs/<YYYY-MM>/<workflow>-<execution>.json`, by the month of its start.

An execution that is accounted twice writes the same object, also one that is redriven in another month, and costs all
that it has cost from its start on. So the sum of a month's objects is what the executions cost that began in it.

An object says as well what of it was accounted in which month. The metric `MonthSpend` adds up that: an execution that
begins before the end of a month is accounted after it, when the sum of the month of its start is no more published.

    >>> before = entry("retrain", "run-1", {"total_usd": 2.0}, datetime(2026, 10, 31), None)
    >>> entry("retrain", "run-1", {"total_usd": 2.5}, datetime(2026, 11, 1), before)["accounted_usd"]
    {'2026-10': 2.0, '2026-11': 0.5}
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from wildrydes.metric_line import directive, document

PREFIX = "costs/"


def month_of(moment: datetime) -> str:
    """`YYYY-MM`, of UTC."""
    return moment.strftime("%Y-%m")


def month_prefix(month: str) -> str:
    """Where the executions of a month are."""
    return f"{PREFIX}{month}/"


def entry_key(month: str, workflow: str, execution: str) -> str:
    """The object of an execution."""
    return f"{month_prefix(month)}{workflow}-{execution}.json"


def entry(
    workflow: str, execution: str, cost: Mapping[str, Any], now: datetime, before: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What the object of an execution holds that is accounted now; `before` is what it held until now."""
    month = month_of(now)
    accounted = {each: usd for each, usd in _accounted_usd(before).items() if each != month} if before else {}
    # As round as the total is.
    rest = round(float(cost["total_usd"]) - sum(accounted.values()), 10)
    return {
        "workflow": workflow,
        "execution": execution,
        "time": now.isoformat(timespec="seconds"),
        "cost": cost,
        "accounted_usd": accounted | {month: rest},
    }


def recent_months(now: datetime) -> tuple[str, str]:
    """The months in which executions began that are accounted now: the one before, and the one that is."""
    return month_of(now.replace(day=1) - timedelta(days=1)), month_of(now)


def accounted_usd(entries: Iterable[Mapping[str, Any] | None], month: str) -> float:
    """What of the executions of these objects was accounted in a month."""
    return sum(_accounted_usd(each).get(month, 0.0) for each in entries if each)


def _accounted_usd(of: Mapping[str, Any]) -> Mapping[str, float]:
    # An object of before there were months in it was accounted at once.
    return of.get("accounted_usd") or {of["time"][:7]: float(of["cost"]["total_usd"])}


def metric_line(service: str, workflow: str, cost_usd: float, month_usd: float, now: datetime) -> dict[str, Any]:
    """The line by which CloudWatch counts.

    `ExecutionCost` by workflow, and `MonthSpend`: what of all executions was accounted in this month.
    """
    directives = [
        directive(("service", "workflow"), "ExecutionCost"),
        directive(("service",), "MonthSpend"),
    ]
    values = {"ExecutionCost": cost_usd, "MonthSpend": round(month_usd, 10)}
    return document(directives, {"service": service, "workflow": workflow, **values}, now.timestamp())
