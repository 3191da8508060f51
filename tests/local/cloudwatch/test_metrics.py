"""Metrics on the server: PutMetricData, GetMetricData, GetMetricStatistics, ListMetrics, and lines of functions."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.account import EmbeddedAws, entries
from machines import Client, function, invoke, role, unique
from watching import dimensions, now, total, until_total, window


@pytest.fixture
def namespace() -> str:
    return unique("namespace")


@pytest.fixture
def midnight(server: EmbeddedAws) -> datetime:
    """The beginning of the server's day."""
    return datetime.fromtimestamp(now(server) // 86_400 * 86_400, UTC)


def put(client: Client, namespace: str, name: str, when: datetime, *values: float, **dims: str) -> None:
    data = {"MetricName": name, "Timestamp": when, "Values": values, "Unit": "Count", "Dimensions": dimensions(**dims)}
    client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[data])


def metric(namespace: str, name: str, stat: str = "Sum", period: int = 60, **dims: str) -> dict[str, Any]:
    key = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions(**dims)}
    return {"Metric": key, "Stat": stat, "Period": period}


def results(client: Client, *queries: dict[str, Any], **request: Any) -> dict[str, list[tuple[str, float]]]:
    """By id, the time of day and value of each point."""
    answers = entries(
        client("cloudwatch"), "get_metric_data", "MetricDataResults", MetricDataQueries=queries, **request
    )
    values: dict[str, list[tuple[str, float]]] = {}
    for result in answers:
        times = [moment.astimezone(UTC).strftime("%H:%M") for moment in result["Timestamps"]]
        values.setdefault(result["Id"], []).extend(zip(times, result["Values"], strict=True))
    return values


def test_line_of_a_function_becomes_metrics(server: EmbeddedAws, client: Client, namespace: str) -> None:
    directive = {
        "Namespace": namespace,
        "Dimensions": [["service"], ["service", "task"]],
        "Metrics": [{"Name": "Latency", "Unit": "Milliseconds"}],
    }
    code = f"""
import json, time
def handler(event, context):
    aws = {{"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [{directive!r}]}}
    print("a line")
    print(json.dumps({{"_aws": aws, "service": "s", "task": "t", "Latency": event}}))
    print(json.dumps({{"_aws": aws, "service": "s", "task": "t", "Latency": "slow"}}))
"""
    arn = function(client, code, role(client, "lambda.amazonaws.com"))
    # The clock may be hours ahead of the function's: its line is of now all the same.
    now(server, 7200)
    for latency in (3, {"Values": [1, 5], "Counts": [2, 1], "Min": 1, "Max": 5, "Count": 3, "Sum": 7}):
        assert invoke(client, arn, latency)[1] is None
    assert total(server, namespace, "Latency", service="s") == 10
    assert total(server, namespace, "Latency", "SampleCount", service="s", task="t") == 4
    assert total(server, namespace, "Latency", "p100", service="s") == 5
    assert total(server, namespace, "Latency") is None
    group = "/aws/lambda/" + arn.rsplit(":", 1)[-1]
    until_total(server, 2, "AWS/Logs", "EMFValidationErrors", LogGroupName=group)
    assert total(server, "AWS/Logs", "EMFParsingErrors", LogGroupName=group) is None
    incoming = total(server, "AWS/Logs", "IncomingLogEvents", LogGroupName=group)
    assert incoming is not None
    assert incoming >= 2 * 6


def test_values_are_aligned_to_their_period(client: Client, namespace: str, midnight: datetime) -> None:
    for minutes, value in ((1, 1.0), (4, 2.0), (5, 4.0), (61, 8.0)):
        put(client, namespace, "m", midnight + timedelta(minutes=minutes, seconds=30), value)
    request = {"StartTime": midnight + timedelta(minutes=1), "EndTime": midnight + timedelta(hours=2)}
    by_period = results(
        client,
        {"Id": "five", "MetricStat": metric(namespace, "m", period=300)},
        {"Id": "hour", "MetricStat": metric(namespace, "m", "Average", period=3600)},
        ScanBy="TimestampAscending",
        **request,
    )
    assert by_period == {
        "five": [("00:00", 3.0), ("00:05", 4.0), ("01:00", 8.0)],
        "hour": [("00:00", pytest.approx(7 / 3)), ("01:00", 8.0)],
    }


def test_expressions_labels_and_what_is_not_returned(client: Client, namespace: str, midnight: datetime) -> None:
    put(client, namespace, "errors", midnight, 1)
    put(client, namespace, "requests", midnight, 4)
    put(client, namespace, "requests", midnight + timedelta(minutes=1), 6)
    queries = [
        {"Id": "rate", "Expression": "100 * filled / requests", "Label": "errors in percent"},
        {"Id": "filled", "Expression": "FILL(errors, 0)", "ReturnData": False},
        {"Id": "sum", "Expression": "SUM(METRICS())"},
        {"Id": "errors", "MetricStat": metric(namespace, "errors"), "ReturnData": False},
        {"Id": "requests", "MetricStat": metric(namespace, "requests")},
    ]
    response = client("cloudwatch").get_metric_data(
        MetricDataQueries=queries, StartTime=midnight, EndTime=midnight + timedelta(minutes=3)
    )["MetricDataResults"]
    assert [(each["Id"], each["Label"], each["Values"], each["StatusCode"]) for each in response] == [
        ("rate", "errors in percent", [0.0, 25.0], "Complete"),
        ("sum", "sum", [6.0, 5.0], "Complete"),
        ("requests", "requests", [6.0, 4.0], "Complete"),
    ]


@pytest.mark.parametrize("order", ["TimestampAscending", "TimestampDescending"])
def test_pages_hold_as_many_datapoints_as_were_asked_for(
    client: Client, namespace: str, midnight: datetime, order: str
) -> None:
    for minute in range(7):
        put(client, namespace, "m", midnight + timedelta(minutes=minute), minute)
    request = {
        "MetricDataQueries": [
            {"Id": "a", "MetricStat": metric(namespace, "m")},
            {"Id": "none", "MetricStat": metric(namespace, "absent")},
            {"Id": "b", "MetricStat": metric(namespace, "m", "Maximum")},
        ],
        "StartTime": midnight,
        "EndTime": midnight + timedelta(hours=1),
        "ScanBy": order,
    }
    pages = list(client("cloudwatch").get_paginator("get_metric_data").paginate(**request, MaxDatapoints=5))
    assert [sum(len(result["Values"]) for result in page["MetricDataResults"]) for page in pages] == [5, 5, 4]
    values: dict[str, list[float]] = {}
    for page in pages:
        for result in page["MetricDataResults"]:
            values.setdefault(result["Id"], []).extend(result["Values"])
    expected = sorted(map(float, range(7)), reverse=order == "TimestampDescending")
    assert values == {"a": expected, "none": [], "b": expected}
    assert pages[0]["MetricDataResults"][0]["StatusCode"] == "PartialData"


def test_statistics_count_periods_from_the_start(client: Client, namespace: str, midnight: datetime) -> None:
    for minute in range(6):
        put(client, namespace, "m", midnight + timedelta(minutes=minute), 1, d="x")
    points = client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName="m",
        Dimensions=dimensions(d="x"),
        StartTime=midnight + timedelta(minutes=1, seconds=34),
        EndTime=midnight + timedelta(hours=1),
        Period=120,
        Statistics=["Sum", "Average"],
        ExtendedStatistics=["p50"],
    )["Datapoints"]
    sums = {point["Timestamp"].strftime("%H:%M"): (point["Sum"], point["Unit"]) for point in points}
    assert sums == {"00:01": (2.0, "Count"), "00:03": (2.0, "Count"), "00:05": (1.0, "Count")}
    assert points[0]["ExtendedStatistics"] == {"p50": 1.0}


def test_metrics_are_listed_by_namespace_name_and_dimensions(
    client: Client, namespace: str, midnight: datetime
) -> None:
    put(client, namespace, "m", midnight, 1, d="x", e="y")
    put(client, namespace, "m", midnight, 1, d="z")
    put(client, namespace, "n", midnight, 1)

    def listed(**request: Any) -> list[tuple[str, dict[str, str]]]:
        pages = entries(client("cloudwatch"), "list_metrics", "Metrics", Namespace=namespace, **request)
        return [(each["MetricName"], {d["Name"]: d["Value"] for d in each["Dimensions"]}) for each in pages]

    assert listed() == [("m", {"d": "x", "e": "y"}), ("m", {"d": "z"}), ("n", {})]
    assert listed(Dimensions=[{"Name": "d"}]) == [("m", {"d": "x", "e": "y"}), ("m", {"d": "z"})]
    assert listed(MetricName="m", Dimensions=[{"Name": "d", "Value": "z"}]) == [("m", {"d": "z"})]


@pytest.mark.parametrize(
    ("datum", "code", "reason"),
    [
        ({"Value": 1, "Values": [1]}, "InvalidParameterCombination", "mutually exclusive"),
        ({}, "MissingParameter", "MetricData.member.1.Value is required"),
        ({"Values": [1, 2], "Counts": [1]}, "InvalidParameterValue", "same size"),
        ({"Value": 1, "Timestamp": "2020-01-01T00:00:00Z"}, "InvalidParameterValue", "within the past two weeks"),
        ({"Value": 1, "Timestamp": "2100-01-01T00:00:00Z"}, "InvalidParameterValue", "two hours in the future"),
        ({"Values": [1.0], "Counts": [-1.0]}, "InvalidParameterValue", "Counts is invalid"),
        (
            {"StatisticValues": {"SampleCount": 2, "Sum": 3, "Minimum": 2, "Maximum": 1}},
            "InvalidParameterValue",
            "StatisticValues are invalid",
        ),
        ({"Values": [1.0] * 151}, "InvalidParameterValue", "size greater than 150"),
    ],
)
def test_data_that_are_refused(client: Client, namespace: str, datum: dict[str, Any], code: str, reason: str) -> None:
    with pytest.raises(ClientError, match=reason) as fault:
        client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "m", **datum}])
    assert fault.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"Id": "A", "Expression": "1"}, "is not matching"),
        ({"Id": "a", "Expression": "1 + 1"}, "must give a time series"),
        ({"Id": "a", "Expression": "SEARCH('x', 'Sum')"}, "SEARCH is not supported here"),
        ({"Id": "a", "MetricStat": metric("n", "m", period=61)}, "multiple of 60"),
        ({"Id": "a", "MetricStat": metric("n", "m", "tm90")}, "are supported here"),
    ],
)
def test_queries_that_are_refused(server: EmbeddedAws, client: Client, query: dict[str, Any], reason: str) -> None:
    with pytest.raises(ClientError, match=reason):
        client("cloudwatch").get_metric_data(MetricDataQueries=[query], **window(server))


def test_statistics_of_too_many_periods_are_refused(client: Client, midnight: datetime) -> None:
    with pytest.raises(ClientError, match="which exceeds the limit of 1,440"):
        client("cloudwatch").get_metric_statistics(
            Namespace="n",
            MetricName="m",
            StartTime=midnight - timedelta(days=2),
            EndTime=midnight,
            Period=60,
            Statistics=["Sum"],
        )


ROWS = [["N", "m"]]
BODY = {
    "widgets": [
        {
            "type": "metric",
            "x": 0,
            "y": 0,
            "width": 12,
            "height": 6,
            "properties": {
                "region": "us-east-1",
                "title": "Requests",
                "metrics": [["N", "m", "d", "x"], ["...", "y", {"stat": "Sum"}], [{"expression": "SUM(METRICS())"}]],
            },
        },
        {"type": "text", "properties": {"markdown": "# Rides"}},
    ]
}


def test_dashboard_is_given_back_as_it_was_put(client: Client) -> None:
    name, body = unique("dashboard"), json.dumps(BODY)
    response = client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=body)
    assert response["DashboardValidationMessages"] == []
    dashboard = client("cloudwatch").get_dashboard(DashboardName=name)
    arn = f"arn:aws:cloudwatch::123456789012:dashboard/{name}"
    assert (dashboard["DashboardBody"], dashboard["DashboardArn"]) == (body, arn)


@pytest.mark.parametrize(
    ("change", "path", "reason"),
    [
        ({"type": "chart"}, "type", "one of the allowed values"),
        ({"x": 24}, "x", "integer from 0 to 23"),
        ({"width": 0}, "width", "integer from 1 to 24"),
        ({"properties": {"metrics": ROWS}}, "properties", "required property 'region'"),
        ({"properties": {"region": "r"}}, "properties", "required property 'metrics'"),
        ({"properties": {"region": "r", "metrics": [["N", "m", "d"]]}}, "properties/metrics/0", "pairs of"),
        ({"properties": {"region": "r", "metrics": [["..."]]}}, "properties/metrics/0", "before the first"),
        ({"properties": {"region": "r", "metrics": ROWS, "stat": "x"}}, "properties/stat", "x is no statistic"),
        ({"properties": {"region": "r", "metrics": ROWS, "view": "x"}}, "properties/view", "one of the allowed"),
    ],
)
def test_dashboards_that_are_refused(client: Client, change: dict[str, Any], path: str, reason: str) -> None:
    body = json.dumps({"widgets": [BODY["widgets"][0] | change]})
    with pytest.raises(ClientError, match=reason) as fault:
        client("cloudwatch").put_dashboard(DashboardName="wrong", DashboardBody=body)
    assert fault.value.response["Error"]["Code"] == "InvalidParameterInput"
    (message,) = fault.value.response["dashboardValidationMessages"]
    assert message["DataPath"] == f"/widgets/0/{path}"


@pytest.mark.parametrize("body", ["no JSON", "[]", "{}"])
def test_bodies_that_are_no_dashboards(client: Client, body: str) -> None:
    with pytest.raises(ClientError, match="The dashboard body is invalid"):
        client("cloudwatch").put_dashboard(DashboardName="wrong", DashboardBody=body)


def test_dashboard_of_a_template_is_checked_and_goes_with_the_stack(client: Client) -> None:
    name = unique("dashboard")

    def deploy(body: str) -> str:
        resource = {
            "Type": "AWS::CloudWatch::Dashboard",
            "Properties": {"DashboardName": name, "DashboardBody": body},
        }
        stack = unique("stack")
        template = json.dumps({"Resources": {"Dashboard": resource}})
        client("cloudformation").create_stack(StackName=stack, TemplateBody=template)
        return stack

    with pytest.raises(Exception, match="Waiter"):
        client("cloudformation").get_waiter("stack_create_complete").wait(
            StackName=deploy("{}"), WaiterConfig={"Delay": 1}
        )
    stack = deploy(json.dumps(BODY))
    client("cloudformation").get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    assert json.loads(client("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"]) == BODY
    client("cloudformation").delete_stack(StackName=stack)
    client("cloudformation").get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    with pytest.raises(ClientError, match="ResourceNotFound"):
        client("cloudwatch").get_dashboard(DashboardName=name)
