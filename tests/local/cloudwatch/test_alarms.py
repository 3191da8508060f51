"""Alarms on the server: by the clock that can be moved, to topics and EventBridge, and in their history.

AWS's "Alarm events and EventBridge", "Notifying users on alarm changes", and DescribeAlarmHistory.
"""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.account import EmbeddedAws, entries
from machines import Client, unique
from watching import dimensions, heard, now, queue_for


def alarm(client: Client, name: str, **settings: Any) -> str:
    """An alarm on the metric `m` of the namespace of its name; its name."""
    client("cloudwatch").put_metric_alarm(
        **{
            "AlarmName": name,
            "AlarmDescription": "Too much",
            "Namespace": name,
            "MetricName": "m",
            "Dimensions": dimensions(d="x"),
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 5,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
        }
        | settings
    )
    return name


def put(client: Client, name: str, *values: float, **others: str) -> None:
    data = {"MetricName": "m", "Dimensions": dimensions(**(others or {"d": "x"})), "Values": values}
    client("cloudwatch").put_metric_data(Namespace=name, MetricData=[data])


def described(client: Client, name: str) -> dict[str, Any]:
    (entry,) = client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return entry


def history(client: Client, name: str) -> list[dict[str, Any]]:
    """What became of the alarm, the latest first."""
    return entries(client("cloudwatch"), "describe_alarm_history", "AlarmHistoryItems", AlarmName=name)


def state(client: Client, name: str) -> str:
    return described(client, name)["StateValue"]


def test_alarm_fires_by_its_own_dimensions_and_clears_as_time_goes_by(server: EmbeddedAws, client: Client) -> None:
    name = alarm(client, unique("alarm"))
    put(client, name, 9, other="x")
    assert state(client, name) == "OK"
    put(client, name, 3, 3)
    assert state(client, name) == "ALARM"
    assert "6.0" in described(client, name)["StateReason"]
    now(server, 5 * 60)
    assert state(client, name) == "OK"
    assert described(client, name)["StateReason"].endswith("1 missing datapoint was treated as [NonBreaching].")


def test_two_out_of_three(server: EmbeddedAws, client: Client) -> None:
    # One value that is two periods old is enough, if later ones are missing: no minute may begin between a call and the
    # next one.
    now(server, 60 - now(server) % 60)
    name = alarm(client, unique("alarm"), EvaluationPeriods=3, DatapointsToAlarm=2, TreatMissingData="missing")
    assert state(client, name) == "INSUFFICIENT_DATA"
    states = []
    for value in (9, 1, 9, 1, 1):
        put(client, name, value)
        states.append(state(client, name))
        now(server, 60)
    assert states == ["OK", "OK", "ALARM", "OK", "OK"]


def test_percentiles(client: Client) -> None:
    name = unique("alarm")
    client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace=name,
        MetricName="m",
        Dimensions=dimensions(d="x"),
        ExtendedStatistic="p90",
        Period=60,
        EvaluationPeriods=1,
        Threshold=5,
        ComparisonOperator="GreaterThanThreshold",
    )
    put(client, name, *[1] * 95, *[100] * 5)
    assert state(client, name) == "OK"
    put(client, name, *[100] * 20)
    assert state(client, name) == "ALARM"


def test_changes_go_to_the_topic_and_to_eventbridge_and_into_the_history(server: EmbeddedAws, client: Client) -> None:
    name = unique("alarm")
    topic = client("sns").create_topic(Name=name)["TopicArn"]
    by_topic, topic_queue = queue_for(client, "sns.amazonaws.com")
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=topic_queue)
    by_event, event_queue = queue_for(client, "events.amazonaws.com")
    pattern = {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": [name], "state": {"value": ["ALARM"]}},
    }
    client("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
    client("events").put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": event_queue}])
    alarm(client, name, AlarmActions=[topic])
    put(client, name, 9)

    notice = heard(client, by_topic)
    message = json.loads(notice["Message"])
    assert notice["Subject"] == f'ALARM: "{name}" in US East (N. Virginia)'
    states = [message[each] for each in ("AlarmName", "NewStateValue", "OldStateValue", "Region", "AWSAccountId")]
    assert states == [name, "ALARM", "OK", "US East (N. Virginia)", "123456789012"]
    assert message["Trigger"] == {
        "MetricName": "m",
        "Namespace": name,
        "StatisticType": "Statistic",
        "Statistic": "SUM",
        "Unit": None,
        "Dimensions": [{"value": "x", "name": "d"}],
        "Period": 60,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 5.0,
        "TreatMissingData": "notBreaching",
        "EvaluateLowSampleCountPercentile": "",
    }

    event = heard(client, by_event)
    assert (event["source"], event["resources"]) == ("aws.cloudwatch", [described(client, name)["AlarmArn"]])
    detail = event["detail"]
    assert (detail["previousState"]["value"], detail["state"]["value"]) == ("OK", "ALARM")
    assert detail["state"]["reason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [9.0 (")
    assert json.loads(detail["state"]["reasonData"])["recentDatapoints"] == [9.0]
    (metric,) = detail["configuration"]["metrics"]
    assert metric["metricStat"] == {
        "metric": {"namespace": name, "name": "m", "dimensions": {"d": "x"}},
        "period": 60,
        "stat": "Sum",
    }
    assert (metric["returnData"], detail["configuration"]["description"]) == (True, "Too much")

    changes = [item for item in reversed(history(client, name)) if item["HistoryItemType"] == "StateUpdate"]
    assert [item["HistorySummary"] for item in changes] == [
        "Alarm updated from INSUFFICIENT_DATA to OK",
        "Alarm updated from OK to ALARM",
    ]
    data = json.loads(changes[-1]["HistoryData"])
    assert (data["oldState"]["stateValue"], data["newState"]["stateValue"]) == ("OK", "ALARM")
    assert data["newState"]["stateReasonData"]["threshold"] == 5.0
    assert abs(changes[-1]["Timestamp"].timestamp() - now(server)) < 3600


def test_point_of_a_watched_metric_is_enough(client: Client) -> None:
    # Nobody describes the alarm, and the rule's queue hears of it.
    name = unique("alarm")
    url, arn = queue_for(client, "events.amazonaws.com")
    pattern = {"source": ["aws.cloudwatch"], "detail": {"alarmName": [name], "state": {"value": ["ALARM"]}}}
    client("events").put_rule(Name=name, EventPattern=json.dumps(pattern))
    client("events").put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
    group = unique("group")
    client("logs").create_log_group(logGroupName=group)
    client("logs").create_log_stream(logGroupName=group, logStreamName="s")
    watched = {"Namespace": "AWS/Logs", "MetricName": "IncomingLogEvents"}
    alarm(client, name, Dimensions=dimensions(LogGroupName=group), Threshold=1, **watched)
    events = [{"timestamp": 1_700_000_000_000, "message": text} for text in "abc"]
    client("logs").put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    (metric,) = heard(client, url)["detail"]["configuration"]["metrics"]
    assert metric["metricStat"]["metric"]["namespace"] == "AWS/Logs"


def test_history_goes_back_thirty_days(server: EmbeddedAws, client: Client) -> None:
    name = alarm(client, unique("alarm"))
    put(client, name, 9)
    assert state(client, name) == "ALARM"
    now(server, 29 * 86_400)
    summaries = [item["HistorySummary"] for item in history(client, name)]
    assert summaries[:2] == ["Alarm updated from ALARM to OK", "Alarm updated from OK to ALARM"]
    now(server, 2 * 86_400)
    assert [item["HistorySummary"] for item in history(client, name)] == summaries[:1]


def test_sets_of_no_values_are_no_points(client: Client) -> None:
    # Their average would be nothing by nothing, and no alarm would be looked at any more.
    name = alarm(client, unique("alarm"), Statistic="Average")
    for empty in (
        {"Values": [9.0], "Counts": [0.0]},
        {"StatisticValues": {"SampleCount": 0, "Sum": 0, "Minimum": 0, "Maximum": 0}},
    ):
        data: Any = {"MetricName": "m", "Dimensions": dimensions(d="x"), **empty}
        client("cloudwatch").put_metric_data(Namespace=name, MetricData=[data])
        assert state(client, name) == "OK"
    put(client, name, 9)
    assert state(client, name) == "ALARM"


def test_set_alarm_state_lasts_until_the_alarm_is_looked_at(client: Client) -> None:
    # Metric alarms return "to their actual state quickly, often within seconds": API_SetAlarmState of CloudWatch.
    name = alarm(client, unique("alarm"))
    for _ in range(3):
        client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a trial")
        assert state(client, name) == "OK"
    summaries = [item["HistorySummary"] for item in history(client, name)]
    assert summaries[:6] == ["Alarm updated from ALARM to OK", "Alarm updated from OK to ALARM"] * 3


@pytest.mark.parametrize(
    ("missing", "expected"),
    [("breaching", "ALARM"), ("notBreaching", "OK"), ("missing", "INSUFFICIENT_DATA"), ("ignore", "INSUFFICIENT_DATA")],
)
def test_without_points_the_treatment_of_missing_data_decides(client: Client, missing: str, expected: str) -> None:
    assert state(client, alarm(client, unique("alarm"), TreatMissingData=missing)) == expected


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"DatapointsToAlarm": 2}, "less than or equal to EvaluationPeriods"),
        ({"EvaluationPeriods": 1441}, "EvaluationPeriods \\* Period must be <= 86400"),
        ({"Period": 86_400, "EvaluationPeriods": 8}, "across more than 7 days"),
        ({"Period": 90}, "multiple of 60"),
        ({"AlarmActions": ["arn:aws:lambda:us-east-1:123456789012:function:f"]}, "tells topics and EventBridge alone"),
        ({"TreatMissingData": "good"}, "TreatMissingData must be one of"),
        ({"ComparisonOperator": "LessThanLowerThreshold"}, "no others are supported here"),
    ],
)
def test_alarms_that_are_refused(client: Client, settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(ClientError, match=reason):
        alarm(client, "wrong", **settings)
