"""Outcomes -> metrics of CloudWatch, and the questions that bring them back.

Their namespace is WildRydes/Edge, their dimensions are Task and Model.

The losses are a statistic set a batch: their average over any time is the exact mean loss. Latencies are values with
counts, since CloudWatch takes percentiles of such alone.

Limits are PutMetricData's: 150 values in a datum (docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from math import sqrt
from types import MappingProxyType
from typing import Any

from wildrydes.edge.outcomes import Tally
from wildrydes.metric_line import COUNT, MILLISECONDS, NO_UNIT, Metric
from wildrydes.tasks import BINARY, TASKS

NAMESPACE = "WildRydes/Edge"
_BY, _SET = ("edge_compute", "wildrydes edge"), (("Task", "Model"),)
METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        "Requests": Metric(COUNT, "requests that were sent", _BY, _SET),
        "Errors": Metric(COUNT, "requests without a usable answer", _BY, _SET),
        "LogLoss": Metric(NO_UNIT, "of a classification: the loss of each answer whose truth is known", _BY, _SET),
        "SquaredError": Metric(NO_UNIT, "the same of a regression, in the label's unit squared", _BY, _SET),
        "RMSE": Metric(NO_UNIT, "of a regression's batch; an average of it is not the RMSE of the whole", _BY, _SET),
        "Latency": Metric(MILLISECONDS, "from the request to its answer, as the caller measured it", _BY, _SET),
    }
)
"""Every metric of the namespace, by its name."""
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
        yield common | {"MetricName": "Requests", "Value": float(standing.requests), "Unit": COUNT}
        yield common | {"MetricName": "Errors", "Value": float(standing.errors), "Unit": COUNT}
        if losses := tally.losses(standing.model):
            yield common | {"MetricName": loss_metric(task), "StatisticValues": _statistics(losses)}
            if TASKS[task].kind != BINARY:
                yield common | {"MetricName": "RMSE", "Value": sqrt(sum(losses) / len(losses))}
        times = Counter(each.tenths for each in tally.outcomes[standing.model])
        for part in _parts(sorted(times.items())):
            values, counts = ([float(each[place]) for each in part] for place in (0, 1))
            yield common | {"MetricName": "Latency", "Values": values, "Counts": counts, "Unit": MILLISECONDS}


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
