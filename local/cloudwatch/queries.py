"""PutMetricData, ListMetrics, GetMetricStatistics and GetMetricData.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import get_account_id, get_region

from local.cloudwatch import tokens
from local.cloudwatch.aggregates import STATISTICS, is_statistic
from local.cloudwatch.data import data_of, dimensions_of
from local.cloudwatch.errors import InvalidCombinationError, InvalidValueError, MissingParameterError, ValidationError
from local.cloudwatch.metric_data import Query, answer
from local.cloudwatch.store import DAY, HOUR, MINUTE, Metric, Store
from local.cloudwatch.wire import Members, moment_of, serve, time_of
from local.seams import replace

MOST_STATISTICS_POINTS = 1440
MOST_LISTED = 500
MOST_QUERIES = 500
MOST_DATAPOINTS = 100_800
_RECENTLY_ACTIVE = {"PT3H": 3 * HOUR}


def install(store: Store) -> None:
    """Answer them by the store, in MiniStack's place."""
    from ministack.services import cloudwatch

    operations = Operations(store)
    for function, name, operation in (
        ("_put_metric_data", "PutMetricData", operations.put),
        ("_list_metrics", "ListMetrics", operations.metrics),
        ("_get_metric_statistics", "GetMetricStatistics", operations.statistics),
        ("_get_metric_data", "GetMetricData", operations.data),
    ):
        replace(cloudwatch, function, serve(name, operation))


@dataclass(frozen=True)
class Operations:
    """The operations on the metrics of `store`, for the account and region of the request under way."""

    store: Store

    def put(self, request: Members) -> Members:
        """PutMetricData. Raises RefusedError."""
        from ministack.services import cloudwatch

        data = data_of(request, (self.store.now(), time.time()))
        for datum in data:
            metric = self._metric(request["Namespace"], datum.name, datum.dimensions)
            moment = self.store.now() if datum.moment is None else datum.moment
            self.store.record_aggregate(metric, datum.values, datum.unit, moment)
        cloudwatch._evaluate_all_alarms()
        return {}

    def metrics(self, request: Members) -> Members:
        """ListMetrics: 500 a page. Raises RefusedError."""
        self.store.measure_gauges()
        within = _RECENTLY_ACTIVE.get(request.get("RecentlyActive", ""), 14 * DAY)
        matching = sorted(
            metric
            for metric in self.store.metrics(get_account_id(), get_region(), within)
            if request.get("Namespace") in (None, metric.namespace)
            and request.get("MetricName") in (None, metric.name)
            and _has(metric, request.get("Dimensions") or [])
        )
        start = tokens.place_in(request.get("NextToken"))
        page = matching[start : start + MOST_LISTED]
        listed = [
            {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": _entries(metric)}
            for metric in page
        ]
        return {"Metrics": listed, "NextToken": tokens.token(start + MOST_LISTED, len(matching))}

    def statistics(self, request: Members) -> Members:
        """GetMetricStatistics: periods that begin with the start, a minute downwards. Raises RefusedError."""
        names = [*(request.get("Statistics") or []), *(request.get("ExtendedStatistics") or [])]
        if not names:
            raise MissingParameterError("At least one of the parameters Statistics and ExtendedStatistics is required.")
        for name in names:
            _check_statistic(name)
        (start, end), period = _window(request, "StartTime", "EndTime"), check_period(request.get("Period"))
        if (end - start) / period > MOST_STATISTICS_POINTS:
            count = math.ceil((end - start) / period)
            raise InvalidCombinationError(
                f"You have requested up to {count:,} datapoints, which exceeds the limit of {MOST_STATISTICS_POINTS:,}."
                " You may reduce the datapoints requested by increasing Period, or decreasing the time range."
            )
        start = start // MINUTE * MINUTE
        self.store.measure_gauges()
        metric = self._metric_of(request)
        unit = self.store.unit(metric)
        filtered = request.get("Unit")
        periods = {} if filtered not in (None, unit) else self.store.periods(metric, start, end, period, start)
        points = [_datapoint(place, values, names, unit) for place, values in periods.items()]
        return {"Label": metric.name, "Datapoints": points}

    def data(self, request: Members) -> Members:
        """GetMetricData, paged. Raises RefusedError."""
        entries = request.get("MetricDataQueries") or []
        if not entries:
            raise ValidationError("The parameter MetricDataQueries is required.")
        if len(entries) > MOST_QUERIES:
            raise ValidationError(f"The collection MetricDataQueries must not have a size greater than {MOST_QUERIES}.")
        start, end = _window(request, "StartTime", "EndTime")
        most = int(request.get("MaxDatapoints") or MOST_DATAPOINTS)
        if not 1 <= most <= MOST_DATAPOINTS:
            raise ValidationError(f"The parameter MaxDatapoints must be from 1 to {MOST_DATAPOINTS}.")
        queries = [Query.of(entry, self._metric_of, place) for place, entry in enumerate(entries, 1)]
        self.store.measure_gauges()
        results = answer(self.store, queries, start, end)
        ascending = request.get("ScanBy", "TimestampDescending") == "TimestampAscending"
        page, token = tokens.page(results, request.get("NextToken"), most, ascending)
        return {"MetricDataResults": page, "NextToken": token, "Messages": []}

    def _metric_of(self, entry: Mapping[str, Any]) -> Metric:
        for name in ("Namespace", "MetricName"):
            if not entry.get(name):
                raise MissingParameterError(f"The parameter {name} is required.")
        return self._metric(entry["Namespace"], entry["MetricName"], dimensions_of(entry.get("Dimensions") or []))

    def _metric(self, namespace: str, name: str, dimensions: tuple[tuple[str, str], ...]) -> Metric:
        return Metric(get_account_id(), get_region(), namespace, name, dimensions)


def _entries(metric: Metric) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in metric.dimensions]


def _has(metric: Metric, filters: Sequence[Mapping[str, str]]) -> bool:
    dimensions = dict(metric.dimensions)
    return all(each.get("Name") in dimensions for each in filters) and all(
        each.get("Value") in (None, dimensions[each["Name"]]) for each in filters
    )


def _window(request: Mapping[str, Any], *names: str) -> tuple[float, float]:
    start, end = (moment_of(request.get(name)) for name in names)
    if start is None or end is None:
        missing = names[0] if start is None else names[1]
        raise MissingParameterError(f"The parameter {missing} is required.")
    if start >= end:
        raise ValidationError("The parameter StartTime must be less than the parameter EndTime.")
    return start, end


def check_period(value: Any) -> int:
    """A period in seconds: a multiple of sixty, since points are by minute. Raises RefusedError."""
    if value is None:
        raise MissingParameterError("The parameter Period is required.")
    period = int(value)
    if period < 1 or (period >= MINUTE and period % MINUTE) or (period < MINUTE and period not in (1, 5, 10, 20, 30)):
        raise InvalidValueError(f"The value {value} for parameter Period is invalid: it must be a multiple of 60.")
    return max(period, MINUTE)


def _check_statistic(name: str) -> None:
    if not is_statistic(name):
        raise InvalidValueError(f"The statistic {name} is not supported here: {', '.join(STATISTICS)} and pNN are.")


def _datapoint(place: float, values: Any, names: Sequence[str], unit: str) -> Members:
    numbers = {name: values.statistic(name) for name in names}
    extended = {name: number for name, number in numbers.items() if name not in STATISTICS and number is not None}
    simple = {name: number for name, number in numbers.items() if name in STATISTICS}
    point = {"Timestamp": time_of(place), "Unit": unit, **simple}
    return point | ({"ExtendedStatistics": extended} if extended else {})
