"""The alarms of the template: whom they tell, that they are possible on AWS, and the runbook's entries for them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.template_document import read_template
from wildrydes.cost.forecast import Fixtures
from wildrydes.tasks import TASKS

ROOT = Path(__file__).resolve().parents[2]
RESOURCES: dict[str, dict[str, Any]] = read_template(ROOT / "template.yaml")["Resources"]
RUNBOOK = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
HOUR, DAY = 3600, 86_400


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {name: each["Properties"] for name, each in RESOURCES.items() if each["Type"] == kind}


ALARMS = of_type("AWS::CloudWatch::Alarm")
MACHINES = sorted(of_type("AWS::Serverless::StateMachine"))


def entries() -> set[str]:
    """The anchors of the runbook's entries: the headings of its section on alarms."""
    section = RUNBOOK.partition("\n## Alarms\n")[2].partition("\n## ")[0]
    headings = re.findall(r"^### (.*)", section, re.MULTILINE)
    return {heading.lower().replace(" ", "-") for heading in headings}


def anchor(alarm: dict[str, Any]) -> str:
    """The entry that an alarm's description names."""
    match = re.search(r"\. Runbook: docs/operations\.md#([a-z-]+)$", alarm["AlarmDescription"])
    assert match, alarm["AlarmDescription"]
    return match[1]


def test_each_alarm_has_an_entry_in_the_runbook_and_each_entry_an_alarm() -> None:
    assert {anchor(alarm) for alarm in ALARMS.values()} == entries()


@pytest.mark.parametrize("name", ALARMS)
def test_alarm_tells_the_topic_of_its_start_alone_and_says_what_missing_data_means(name: str) -> None:
    alarm = ALARMS[name]
    assert alarm["AlarmActions"] == [{"Ref": "FailureTopic"}]
    # Within minutes of a deployment a new alarm comes to OK.
    assert "OKActions" not in alarm
    assert alarm["TreatMissingData"] in ("notBreaching", "ignore")
    assert alarm["AlarmName"]["Fn::Sub"].startswith("${AWS::StackName}-")


@pytest.mark.parametrize("name", ALARMS)
def test_alarm_looks_no_further_back_than_it_may(name: str) -> None:
    """PutMetricAlarm refuses more than seven days, and more than one where the period is below an hour."""
    alarm = ALARMS[name]
    longest = 7 * DAY if alarm["Period"] >= HOUR else DAY
    assert alarm["Period"] % 60 == 0
    assert alarm["Period"] * alarm["EvaluationPeriods"] <= longest


def watched(namespace: str, metric: str) -> list[Any]:
    """What the alarms on a metric look at: the values of their dimensions."""
    alarms = [each for each in ALARMS.values() if (each["Namespace"], each["MetricName"]) == (namespace, metric)]
    return [dimension["Value"] for each in alarms for dimension in each["Dimensions"]]


@pytest.mark.parametrize("metric", ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"])
def test_every_bad_end_of_every_workflow_raises_an_alarm(metric: str) -> None:
    assert sorted(each["Ref"] for each in watched("AWS/States", metric)) == MACHINES


def test_forecast_counts_the_alarms_that_every_stack_has() -> None:
    always = [each for each in RESOURCES.values() if each["Type"].endswith("::Alarm") and "Condition" not in each]
    assert Fixtures().alarms == len(always)


@pytest.mark.parametrize("page", ["docs/costs.md", "docs/workshop/10-clean-up.md"])
def test_page_has_as_many_alarms_as_the_forecast(page: str) -> None:
    counts = re.findall(r"\b(\d+) alarms\b", (ROOT / page).read_text(encoding="utf-8"))
    assert counts == [str(Fixtures().alarms)]


def test_every_dead_letter_queue_has_an_alarm() -> None:
    queues = sorted(name for name in of_type("AWS::SQS::Queue") if name.endswith("DeadLetterQueue"))
    watched_queues = watched("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    assert sorted(each["Fn::GetAtt"][0] for each in watched_queues) == queues


def test_every_log_group_whose_lines_are_captured_has_an_alarm_on_those_that_are_lost() -> None:
    filters = of_type("AWS::Logs::SubscriptionFilter")
    captured = [[each["LogGroupName"], "Firehose", {"Ref": name}] for name, each in filters.items()]
    values = watched("AWS/Logs", "DeliveryErrors")
    assert [values[start : start + 3] for start in range(0, len(values), 3)] == captured


def test_every_end_that_lambda_or_eventbridge_gives_up_is_kept() -> None:
    for name, events, queue in (
        ("AnnounceFunction", ["ExecutionEnded", "AlarmOver"], "AnnouncementsDeadLetterQueue"),
        ("AccountCostsFunction", ["NotSucceeded"], "CostsDeadLetterQueue"),
    ):
        function, arn = RESOURCES[name]["Properties"], {"Fn::GetAtt": [queue, "Arn"]}
        for event in events:
            assert function["Events"][event]["Properties"]["DeadLetterConfig"] == {"Arn": arn}
        assert function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"] == arn
        (policy,) = [each for each in of_type("AWS::SQS::QueuePolicy").values() if each["Queues"] == [{"Ref": queue}]]
        (allowed,) = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]
        sources = allowed["Condition"]["ArnEquals"]["aws:SourceArn"]
        arns = [{"Fn::GetAtt": [f"{name}{event}", "Arn"]} for event in events]
        assert (sources if isinstance(sources, list) else [sources]) == arns


EXEMPT = {
    # What is missed is measured no more.
    "FreshnessSchedule", "EdgeSchedule", "EdgeComputeFunction",
}  # fmt: skip
"""What needs no dead-letter queue, by the reason in the template."""


def keepers() -> Iterator[tuple[str, Any]]:
    """What delivers by itself, and its settings for what it cannot: rules, schedules, topics' and functions' events."""
    asynchronous: set[str] = set()
    for name, rule in of_type("AWS::Events::Rule").items():
        for target in rule["Targets"]:
            yield name, target.get("DeadLetterConfig")
            asynchronous.add(json.dumps(target["Arn"]))
    for name, schedule in of_type("AWS::Scheduler::Schedule").items():
        yield name, schedule["Target"].get("DeadLetterConfig")
        asynchronous.add(json.dumps(schedule["Target"]["Arn"]))
    for name, function in of_type("AWS::Serverless::Function").items():
        events = function.get("Events", {})
        for event in events.values():
            yield name, event["Properties"].get("DeadLetterConfig") or event["Properties"].get("RedrivePolicy")
        if events or json.dumps({"Fn::GetAtt": [name, "Arn"]}) in asynchronous:
            yield name, function.get("EventInvokeConfig", {}).get("DestinationConfig", {}).get("OnFailure")


def test_whatever_is_delivered_without_a_caller_has_a_dead_letter_queue() -> None:
    """An email's subscription has nobody to deliver to instead, and the API's functions have callers."""
    without = {name for name, keeper in keepers() if not keeper}
    assert without == EXEMPT
    assert {"ModelAlarmChanged", "RidesUploaded", "StartRetrainingFunction", "Schedule", "MonitorDaily"} <= {
        name for name, keeper in keepers() if keeper
    }


def test_every_task_has_an_alarm_on_drift_and_one_on_quality() -> None:
    for metric, name in (("DriftedFeatures", "drift"), ("QualityLoss", "quality")):
        assert watched("WildRydes", metric)[1::2] == list(TASKS)
        names = [each["AlarmName"]["Fn::Sub"] for each in ALARMS.values() if each["MetricName"] == metric]
        assert names == [f"${{AWS::StackName}}-{name}-{task}" for task in TASKS]


def test_every_end_of_every_workflow_is_announced_and_what_cannot_be_is_kept() -> None:
    function = RESOURCES["AnnounceFunction"]["Properties"]
    rule = function["Events"]["ExecutionEnded"]["Properties"]
    detail = rule["Pattern"]["detail"]
    assert sorted(each["Ref"] for each in detail["stateMachineArn"]) == MACHINES
    # As Step Functions names them, without RUNNING and PENDING_REDRIVE.
    assert set(detail["status"]) == {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}
    queue = {"Fn::GetAtt": ["AnnouncementsDeadLetterQueue", "Arn"]}
    assert rule["DeadLetterConfig"] == {"Arn": queue}
    assert function["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"] == queue
    (policy,) = function["Policies"]
    (read,) = [each for each in policy["Statement"] if each["Sid"] == "ReadEnds"]
    machines = [re.search(r":execution:\$\{(\w+)\.Name\}:\*$", each["Fn::Sub"]) for each in read["Resource"]]
    assert sorted(match[1] for match in machines if match) == MACHINES


def test_every_alarm_that_is_over_is_announced_and_a_new_one_is_not() -> None:
    pattern = RESOURCES["AnnounceFunction"]["Properties"]["Events"]["AlarmOver"]["Properties"]["Pattern"]
    prefixes = {each["prefix"]["Fn::Sub"] for each in pattern["detail"]["alarmName"]}
    by_prefix = {
        prefix: [name for name, alarm in ALARMS.items() if alarm["AlarmName"]["Fn::Sub"].startswith(prefix)]
        for prefix in prefixes
    }
    assert all(by_prefix.values())
    assert sorted(name for names in by_prefix.values() for name in names) == sorted(ALARMS)
    assert (pattern["detail"]["state"], pattern["detail"]["previousState"]) == ({"value": ["OK"]}, {"value": ["ALARM"]})
    # EventBridge takes 2,048 characters, and a stack's name has at most 40.
    assert len(str(pattern).replace("${AWS::StackName}", "x" * 40)) < 2048


def test_topic_has_a_key_that_alarms_may_use() -> None:
    key = {"Fn::If": ["HasKey", {"Ref": "KmsKeyArn"}, {"Ref": "NoticesKey"}]}
    assert RESOURCES["FailureTopic"]["Properties"]["KmsMasterKeyId"] == key
    statements = RESOURCES["NoticesKey"]["Properties"]["KeyPolicy"]["Statement"]
    (alarms,) = [each for each in statements if each["Principal"] == {"Service": "cloudwatch.amazonaws.com"}]
    assert alarms["Action"] == ["kms:GenerateDataKey*", "kms:Decrypt"]
    assert alarms["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_dashboard_has_a_name_that_no_stack_of_another_region_has() -> None:
    """All dashboards of an account are global, as the reference of AWS::CloudWatch::Dashboard says."""
    assert RESOURCES["Dashboard"]["Properties"]["DashboardName"] == {"Fn::Sub": "${AWS::StackName}-${AWS::Region}"}


def test_budget_has_no_name_since_another_address_replaces_it() -> None:
    """CloudFormation cannot replace what has a name; NotificationsWithSubscribers can only be replaced."""
    budget = RESOURCES["Budget"]["Properties"]
    assert "NotificationEmail" in str(budget["NotificationsWithSubscribers"])
    assert "BudgetName" not in budget["Budget"]
