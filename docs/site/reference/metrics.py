"""docs/reference/metrics.md: every metric of this project, and those of AWS's that alarms and the dashboard look at."""

import json
from collections.abc import Iterator, Mapping
from functools import cache

import yaml

from docs.site.reference.markdown import code, codes, page, sentence, table, with_part
from docs.site.reference.template import ROOT, of_type, text_of
from wildrydes import metric_line
from wildrydes.edge import metric_data
from wildrydes.metric_line import NO_UNIT, Metric

_HEAD = ("metric", "unit", "what a point says", "dimensions", "written by", "looked at by")
_OWN: Mapping[str, Mapping[str, Metric]] = {
    metric_line.NAMESPACE: metric_line.METRICS,
    metric_data.NAMESPACE: metric_data.METRICS,
}
_REFERENCES = {
    "AWS/ApiGateway": "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html",
    "AWS/Lambda": "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html",
    "AWS/Logs": "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html",
    "AWS/SQS": "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html",
    "AWS/States": "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html",
}
"""Where AWS says what its metrics mean."""


def rendered() -> str:
    """The page."""
    body = "\n".join([*map(_own, _OWN), _of_aws()])
    return page("Metrics", _INTRODUCTION, body, _SOURCE)


def with_metrics_of_the_monitor(text: str) -> str:
    """docs/monitoring.md with the metrics that monitor_model writes."""
    rows = [
        (code(name), sentence(each.meaning))
        for name, each in metric_line.METRICS.items()
        if "monitor_model" in each.functions
    ]
    return with_part(text, "metrics", table(("metric", "what a point says"), rows))


def _own(namespace: str) -> str:
    rows = [_row(namespace, name, metric) for name, metric in _OWN[namespace].items()]
    return f"## {namespace}\n\n{_OF_OWN[namespace]}\n\n{table(_HEAD, rows)}"


def _row(namespace: str, name: str, metric: Metric) -> tuple[str, ...]:
    return (
        code(name),
        "" if metric.unit == NO_UNIT else metric.unit,
        sentence(metric.meaning),
        "; ".join(codes(each) for each in metric.dimensions),
        codes(metric.functions),
        _readers(namespace, name),
    )


def _readers(namespace: str, name: str) -> str:
    """The alarms and the charts that look at a metric."""
    charts = ["the dashboard"] if name in charted().get(namespace, ()) else []
    alarms = [f"[{title}](alarms.md#{anchor})" for anchor, title in watched().get((namespace, name), {}).items()]
    return ", ".join([*charts, *alarms])


@cache
def charted() -> Mapping[str, Mapping[str, str]]:
    """By namespace, the metrics of the dashboard with the title of a chart of each."""
    text = yaml.safe_load((ROOT / "statemachines/dashboard.yaml").read_text(encoding="utf-8"))["Fn::Sub"]
    charts: dict[str, dict[str, str]] = {}
    for widget in json.loads(text)["widgets"]:
        for namespace, name, *_ in widget["properties"].get("metrics", ()):
            charts.setdefault(namespace, {}).setdefault(name, widget["properties"]["title"])
    return charts


@cache
def watched() -> Mapping[tuple[str, str], Mapping[str, str]]:
    """By namespace and metric, the entries of the alarms on it, by their anchors."""
    entries: dict[tuple[str, str], dict[str, str]] = {}
    for alarm in of_type("AWS::CloudWatch::Alarm").values():
        properties = alarm["Properties"]
        anchor = text_of(properties["AlarmDescription"]).rpartition("#")[2]
        metric = (properties["Namespace"], properties["MetricName"])
        entries.setdefault(metric, {})[anchor] = f"the alarm {anchor.replace('-', ' ')}"
    return entries


def _of_aws() -> str:
    """The metrics of AWS's services that something here looks at."""
    rows = list(_rows_of_aws())
    return f"## AWS's own\n\n{_OF_AWS}\n\n{table(('namespace', 'metric', 'looked at by'), rows)}"


def _rows_of_aws() -> Iterator[tuple[str, str, str]]:
    metrics = {(space, name) for space, names in charted().items() for name in names} | set(watched())
    for namespace, name in sorted(metrics):
        if namespace not in _OWN:
            yield f"[{code(namespace)}]({_REFERENCES[namespace]})", code(name), _readers(namespace, name)


_INTRODUCTION = """
CloudWatch has these metrics of each stack. `wildrydes dashboard` draws those of the dashboard into
`build/dashboard.html`, and [alarms](alarms.md) look at some. A stack's name is the dimension `service`, so two stacks
of an account have their own. [Operations](../operations.md#logs) says where the lines are.

    wildrydes dashboard --hours 3
    . build/embedded-aws.env
    aws --endpoint-url "$AWS_ENDPOINT_URL" cloudwatch list-metrics --namespace WildRydes
"""

_OF_OWN = {
    metric_line.NAMESPACE: "The functions write them into their logs, from which CloudWatch takes them. Each list of "
    "dimensions is a series of its own. A day without a fact has no point: what nobody knows is left out. "
    "[Watching the champions](../monitoring.md) explains those of `monitor_model`.",
    metric_data.NAMESPACE: "What [callers measure](../edge.md) of the models that answer. The schedule of `EdgeTask` "
    "publishes them each minute, `wildrydes edge` while it runs.",
}

_OF_AWS = "What they mean is in AWS's documents; here is who looks at them."

_SOURCE = """
What a metric says, and its unit, is in
[`functions/wildrydes/metric_line.py`](../../functions/wildrydes/metric_line.py), from which the functions take it, and
in [`functions/wildrydes/edge/metric_data.py`](../../functions/wildrydes/edge/metric_data.py). The charts are in
[`statemachines/dashboard.py`](../../statemachines/dashboard.py).
"""
