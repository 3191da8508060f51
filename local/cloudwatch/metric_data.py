"""The queries of a GetMetricData, and their results: metrics by statistic and period, and expressions over them."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.cloudwatch.aggregates import STATISTICS, is_statistic
from local.cloudwatch.errors import ValidationError
from local.cloudwatch.math_functions import Line, Value
from local.cloudwatch.metric_math import evaluate, identifiers
from local.cloudwatch.store import MINUTE, Metric, Store

_ID = re.compile(r"[a-z][A-Za-z0-9_]{0,254}")
_MOST_STARTS = 100_800


@dataclass(frozen=True)
class Query:
    """One query: a metric with its statistic and period in seconds, or an expression over other queries' ids."""

    id: str
    label: str | None
    is_returned: bool
    period: int | None
    metric: Metric | None = None
    statistic: str = ""
    expression: str = ""

    @classmethod
    def of(cls, entry: Mapping[str, Any], metric_of: Callable[[Mapping[str, Any]], Metric], place: int) -> "Query":
        """The query of a request's entry. Raises RefusedError."""
        identity, where = entry.get("Id") or "", f"MetricDataQueries.member.{place}"
        if not _ID.fullmatch(identity):
            raise ValidationError(
                f"The value {identity!r} for parameter {where}.Id is not matching ^[a-z][a-zA-Z0-9_]*$."
            )
        expression, stat = entry.get("Expression"), entry.get("MetricStat")
        if bool(expression) == bool(stat):
            raise ValidationError(f"Exactly one of {where}.MetricStat and {where}.Expression must be specified.")
        is_returned = str(entry.get("ReturnData", True)).lower() != "false"
        label = entry.get("Label")
        if expression:
            period = entry.get("Period")
            return cls(identity, label, is_returned, int(period) if period else None, expression=expression)
        period = int((stat or {}).get("Period") or entry.get("Period") or 0)
        if period < MINUTE or period % MINUTE:
            raise ValidationError(f"The parameter {where}.MetricStat.Period must be a multiple of 60.")
        statistic = (stat or {}).get("Stat") or ""
        if not is_statistic(statistic):
            names = ", ".join(STATISTICS)
            raise ValidationError(f"{where}.MetricStat.Stat is {statistic!r}: {names} and pNN are supported here.")
        metric = metric_of((stat or {}).get("Metric") or {})
        return cls(identity, label, is_returned, period, metric, statistic)


@dataclass(frozen=True)
class Result:
    """The points of a query, by the start of their period in seconds since the epoch."""

    id: str
    label: str
    points: Mapping[float, float]


def answer(store: Store, queries: Sequence[Query], start: float, end: float) -> list[Result]:
    """The results of those queries that are to be returned, in their order. Raises ValidationError."""
    ids = [query.id for query in queries]
    if len(set(ids)) < len(ids):
        raise ValidationError("The values for parameter Id in MetricDataQueries are not unique.")
    metrics = {query.id: _line(store, query, start, end) for query in queries if query.metric is not None}
    values = _expressions({query.id: query for query in queries if query.expression}, metrics)
    results: list[Result] = []
    for query in queries:
        if not query.is_returned:
            continue
        value: Value = metrics[query.id] if query.metric is not None else values[query.id]
        results += _results(query, value)
    return results


def _line(store: Store, query: Query, start: float, end: float) -> Line:
    metric, period = query.metric, query.period or MINUTE
    first = int(start // period * period)
    starts = range(first, math.ceil(end), period)[:_MOST_STARTS]
    points: dict[float, float] = {}
    if metric is not None:
        for moment, aggregate in store.periods(metric, first, end, period).items():
            value = aggregate.statistic(query.statistic)
            if value is not None:
                points[moment] = value
    return Line(query.label or (metric.name if metric else query.id), period, points, starts)


def _expressions(queries: Mapping[str, Query], metrics: Mapping[str, Line]) -> dict[str, Value]:
    """The values of the expressions, each after those that it names. Raises ValidationError: they go in a circle."""
    values: dict[str, Value] = {}
    waiting = dict(queries)
    while waiting:
        ready = [
            identity
            for identity, query in waiting.items()
            if not (identifiers(query.expression) & waiting.keys() - {identity})
        ]
        if not ready:
            raise ValidationError(f"The expressions {', '.join(sorted(waiting))} name one another.")
        for identity in ready:
            values[identity] = evaluate(waiting.pop(identity).expression, metrics, values)
    return values


def _results(query: Query, value: Value) -> list[Result]:
    if isinstance(value, int | float):
        raise ValidationError(f"The expression {query.expression!r} gives one number; it must give a time series.")
    if isinstance(value, Line):
        label = query.label or (query.id if query.expression else value.label)
        return [Result(query.id, label, value.points)]
    return [Result(query.id, " ".join(filter(None, (query.label, line.label))), line.points) for line in value]
