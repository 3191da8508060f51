"""What each execution cost, an object each: `costs/<YYYY-MM>/<workflow>-<execution>.json`, by the month of its start.

An execution that is accounted twice writes the same object, also one that is redriven in another month, and costs all
that it has cost from its start on. So the sum of a month's objects is what the month cost.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
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


def total_usd(entries: Iterable[Mapping[str, Any] | None]) -> float:
    """What the executions of these objects cost together."""
    return sum(float(entry["cost"]["total_usd"]) for entry in entries if entry)


def metric_line(service: str, workflow: str, cost_usd: float, month_usd: float, now: datetime) -> dict[str, Any]:
    """The line by which CloudWatch counts.

    `ExecutionCost` by workflow, and `MonthSpend`: the executions of this month so far. Both in dollars.
    """
    directives = [
        directive(("service", "workflow"), ("ExecutionCost", "None")),
        directive(("service",), ("MonthSpend", "None")),
    ]
    values = {"ExecutionCost": cost_usd, "MonthSpend": round(month_usd, 10)}
    return document(directives, {"service": service, "workflow": workflow, **values}, now.timestamp())
