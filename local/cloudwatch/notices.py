"""What topics and EventBridge hear of an alarm's new state.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
"""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.cloudwatch.alarm_states import iso
from local.seams import seam

_ACTIONS = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
_LONGEST_SUBJECT = 100
_REGIONS = {
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
    "eu-west-1": "EU (Ireland)",
    "eu-central-1": "EU (Frankfurt)",
    "ap-southeast-2": "Asia Pacific (Sydney)",
}


@dataclass(frozen=True)
class Change:
    """A new state of an alarm: the alarm with it, and the state before. `moment` is in seconds since the epoch."""

    alarm: Mapping[str, Any]
    before: Mapping[str, Any]
    moment: float

    @property
    def scope(self) -> tuple[str, str]:
        """The account and region of the alarm."""
        _, _, _, region, account, *_ = self.alarm["AlarmArn"].split(":")
        return account, region


def state_of(alarm: Mapping[str, Any]) -> dict[str, Any]:
    """The state of an alarm as events have it."""
    timestamp = alarm.get("StateUpdatedTimestamp")
    state = {
        "value": alarm["StateValue"],
        "reason": alarm.get("StateReason"),
        "reasonData": alarm.get("StateReasonData"),
        "timestamp": iso(float(timestamp)) if timestamp is not None else None,
    }
    return {name: value for name, value in state.items() if value is not None}


def send(change: Change) -> None:
    """Publish to the topics of the alarm's actions, and put the event on the default bus."""
    from ministack.core.responses import request_scope
    from ministack.services import eventbridge, sns

    with request_scope(*change.scope):
        for action in topics_of(change.alarm):
            seam(sns, "_fanout")(action, str(uuid.uuid4()), json.dumps(message_of(change)), subject_of(change))
        seam(eventbridge, "_put_events")({"Entries": [event_of(change)]}, allow_aws_source=True)


def topics_of(alarm: Mapping[str, Any]) -> list[str]:
    """The topics that are told of the state the alarm is in; none where its actions are disabled."""
    actions = alarm.get(_ACTIONS[alarm["StateValue"]]) or []
    return [action for action in actions if ":sns:" in action] if alarm.get("ActionsEnabled", True) else []


def subject_of(change: Change) -> str:
    """The subject of a message: `ALARM: "name" in US East (N. Virginia)`."""
    text = f'{change.alarm["StateValue"]}: "{change.alarm["AlarmName"]}" in {_region(change)}'
    return text[:_LONGEST_SUBJECT]


def _region(change: Change) -> str:
    region = change.scope[1]
    return _REGIONS.get(region, region)


def message_of(change: Change) -> dict[str, Any]:
    """The message to a topic."""
    alarm = change.alarm
    return {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription") or None,
        "AWSAccountId": change.scope[0],
        "AlarmConfigurationUpdatedTimestamp": iso(float(alarm.get("AlarmConfigurationUpdatedTimestamp") or 0)),
        "NewStateValue": alarm["StateValue"],
        "NewStateReason": alarm.get("StateReason"),
        "StateChangeTime": iso(change.moment),
        "Region": _region(change),
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": change.before["value"],
        "OKActions": alarm.get("OKActions") or [],
        "AlarmActions": alarm.get("AlarmActions") or [],
        "InsufficientDataActions": alarm.get("InsufficientDataActions") or [],
        **({"AlarmRule": alarm["AlarmRule"]} if "AlarmRule" in alarm else {"Trigger": _trigger(alarm)}),
    }


def _trigger(alarm: Mapping[str, Any]) -> dict[str, Any]:
    extended = alarm.get("ExtendedStatistic")
    statistic = (
        {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": extended}
        if extended
        else {"StatisticType": "Statistic", "Statistic": str(alarm.get("Statistic", "Average")).upper()}
    )
    return {
        "MetricName": alarm.get("MetricName"),
        "Namespace": alarm.get("Namespace"),
        **statistic,
        "Unit": alarm.get("Unit"),
        "Dimensions": [{"value": each["Value"], "name": each["Name"]} for each in alarm.get("Dimensions") or []],
        "Period": alarm.get("Period"),
        "EvaluationPeriods": alarm.get("EvaluationPeriods"),
        **({"DatapointsToAlarm": alarm["DatapointsToAlarm"]} if alarm.get("DatapointsToAlarm") else {}),
        "ComparisonOperator": alarm.get("ComparisonOperator"),
        "Threshold": alarm.get("Threshold"),
        "TreatMissingData": alarm.get("TreatMissingData") or "missing",
        "EvaluateLowSampleCountPercentile": "",
    }


def event_of(change: Change) -> dict[str, Any]:
    """The entry of EventBridge's PutEvents."""
    alarm = change.alarm
    detail = {
        "alarmName": alarm["AlarmName"],
        "state": state_of(alarm),
        "previousState": dict(change.before),
        "configuration": _configuration(alarm),
    }
    return {
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Resources": [alarm["AlarmArn"]],
        "Detail": json.dumps(detail),
    }


def _configuration(alarm: Mapping[str, Any]) -> dict[str, Any]:
    description = {"description": alarm["AlarmDescription"]} if alarm.get("AlarmDescription") else {}
    if "AlarmRule" in alarm:
        return {"alarmRule": alarm["AlarmRule"], **description}
    metric = {
        "namespace": alarm.get("Namespace"),
        "name": alarm.get("MetricName"),
        "dimensions": {each["Name"]: each["Value"] for each in alarm.get("Dimensions") or []},
    }
    metric_stat = {
        "metric": metric,
        "period": alarm.get("Period"),
        "stat": alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average",
    }
    identity = uuid.UUID(hashlib.md5(alarm["AlarmArn"].encode(), usedforsecurity=False).hexdigest())
    return {"metrics": [{"id": str(identity), "metricStat": metric_stat, "returnData": True}], **description}
