"""Outcomes -> metrics of CloudWatch, and the questions that bring them back.

Namespace WildRydes/Edge, dimensions Task and Model:

    Requests, Errors          counts: their sums
    SquaredError or LogLoss   a statistic set a batch: its average over any time is the exact mean loss
    RMSE                      of a regression's batch, for dashboards: an average of it is not the RMSE of the whole
    Latency                   milliseconds, as values with counts: CloudWatch takes percentiles of such alone

Limits are PutMetricData's: 150 values in a datum (docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from math import sqrt
from typing import Any

from wildrydes.edge.outcomes import Tally
from wildrydes.tasks import BINARY, TASKS

NAMESPACE = "WildRydes/Edge"
MOST_VALUES = 150
MOST_DATA = 500
"""In one call of PutMetricData; the service takes 1,000."""
_STATISTICS = (
    ("requests", "Requests", "Sum"),
    ("errors", "Errors", "Sum"),
    ("loss", "", "Average"),
    ("answers", "", "SampleCount"),
    ("p50", "Latency", "p50"),
    ("p99", "Latency", "p99"),
)
"""Of each number of a standing, its metric and statistic; the empty metric is that of the task's loss."""


def loss_metric(task: str) -> str:
    """The metric of a task's loss."""
    return "LogLoss" if TASKS[task].kind == BINARY else "SquaredError"


def metric_data(task: str, tally: Tally, time: datetime) -> Iterator[dict[str, Any]]:
    """The data of PutMetricData for the outcomes of a task, all of one time."""
    for standing in tally.standings(task):
        dimensions = [{"Name": "Task", "Value": task}, {"Name": "Model", "Value": standing.model}]
        common = {"Dimensions": dimensions, "Timestamp": time}
        yield common | {"MetricName": "Requests", "Value": float(standing.requests), "Unit": "Count"}
        yield common | {"MetricName": "Errors", "Value": float(standing.errors), "Unit": "Count"}
        if losses := tally.losses(standing.model):
            yield common | {"MetricName": loss_metric(task), "StatisticValues": _statistics(losses)}
            if TASKS[task].kind != BINARY:
                yield common | {"MetricName": "RMSE", "Value": sqrt(sum(losses) / len(losses))}
        times = Counter(each.tenths for each in tally.outcomes[standing.model])
        for part in _parts(sorted(times.items())):
            values, counts = ([float(each[place]) for each in part] for place in (0, 1))
            yield common | {"MetricName": "Latency", "Values": values, "Counts": counts, "Unit": "Milliseconds"}


def calls(task: str, tally: Tally, time: datetime) -> Iterator[dict[str, Any]]:
    """The arguments of each call of PutMetricData for the outcomes of a task, all of one time."""
    data = list(metric_data(task, tally, time))
    for start in range(0, len(data), MOST_DATA):
        yield {"Namespace": NAMESPACE, "MetricData": data[start : start + MOST_DATA]}


def _statistics(losses: Sequence[float]) -> dict[str, float]:
    return {
        "SampleCount": float(len(losses)),
        "Sum": sum(losses),
        "Minimum": min(losses),
        "Maximum": max(losses),
    }


def _parts(items: Sequence[tuple[float, int]]) -> Iterator[Sequence[tuple[float, int]]]:
    for start in range(0, len(items), MOST_VALUES):
        yield items[start : start + MOST_VALUES]


def queries(models: Sequence[tuple[str, str]], period: int) -> list[dict[str, Any]]:
    """The queries of GetMetricData for (task, model) pairs; `period` in seconds. Their ids are `<name>_<place>`."""
    return [
        {
            "Id": f"{name}_{place}",
            "MetricStat": {
                "Metric": {
                    "Namespace": NAMESPACE,
                    "MetricName": metric or loss_metric(task),
                    "Dimensions": [{"Name": "Task", "Value": task}, {"Name": "Model", "Value": model}],
                },
                "Period": period,
                "Stat": statistic,
            },
        }
        for place, (task, model) in enumerate(models)
        for name, metric, statistic in _STATISTICS
    ]
