"""docs/reference/alarms.md: every alarm of the template, with what it looks at and what to do."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from docs.site.reference.markdown import code, page, sentence, table
from docs.site.reference.template import of_type, text_of

_RUNBOOK = re.compile(r"(?P<meaning>.*)\. Runbook: docs/operations\.md#(?P<anchor>[\w-]+)")
_COMPARISONS = {"GreaterThanOrEqualToThreshold": "≥", "GreaterThanThreshold": ">"}
_MISSING = {"notBreaching": "is no fault", "ignore": "leaves it as it is"}
_SPANS = {60: "a minute", 300: "5 minutes", 3600: "an hour", 86_400: "a day"}


def rendered() -> str:
    """The page."""
    entries: dict[str, list[tuple[str, str, str, str]]] = {}
    for alarm in of_type("AWS::CloudWatch::Alarm").values():
        match = _RUNBOOK.fullmatch(alarm["Properties"]["AlarmDescription"])
        if match is None:
            raise LookupError(f"an alarm names no entry of the runbook: {alarm}")
        entries.setdefault(match["anchor"], []).append(_row(alarm, match["meaning"]))
    body = "\n".join(_entries(entries))
    return page("Alarms", _INTRODUCTION, body, _SOURCE)


def _entries(entries: Mapping[str, list[tuple[str, str, str, str]]]) -> Iterator[str]:
    head = ("alarm", "meaning", "goes off at", "a period without a point")
    for anchor, rows in entries.items():
        heading = sentence(anchor.replace("-", " ")).removesuffix(".")
        yield f"## {heading}\n\n[What to do](../operations.md#{anchor}).\n\n{table(head, rows)}"


def _row(alarm: Mapping[str, Any], meaning: str) -> tuple[str, str, str, str]:
    properties = alarm["Properties"]
    name = text_of(properties["AlarmName"]).replace("${AWS::StackName}", "<stack>")
    condition = f" Only {_CONDITIONS[alarm['Condition']]}." if "Condition" in alarm else ""
    return code(name), sentence(meaning) + condition, _breach(properties), _MISSING[properties["TreatMissingData"]]


def _breach(properties: Mapping[str, Any]) -> str:
    """When it goes off: statistic, metric, comparison and periods."""
    threshold = text_of(properties["Threshold"])
    threshold = code(threshold[2:-1]) if threshold.startswith("$") else threshold
    statistic = properties.get("Statistic") or properties["ExtendedStatistic"]
    periods = properties["EvaluationPeriods"]
    times = f", {periods} times in a row" if periods > 1 else ""
    when = f"in {_SPANS[properties['Period']]}{times}"
    named = {each["Name"]: each["Value"] for each in properties["Dimensions"] if isinstance(each["Value"], str)}
    of = "".join(f", {name} {value}" for name, value in named.items())
    metric = code(f"{properties['Namespace']} {properties['MetricName']}") + of
    return f"{statistic} of {metric} {_COMPARISONS[properties['ComparisonOperator']]} {threshold} {when}"


_CONDITIONS = {"HasSchedule": "with a `ScheduleExpression`", "HasBudget": "with a `MonthlyBudget`"}
"""What a stack has to have been given, by the conditions of alarms."""

_INTRODUCTION = """
An alarm goes off when a metric says that something needs a person. `<stack>` is the stack's name, `wildrydes` by
default. Each tells the topic in the output `FailureTopicArn` when it goes off, and `announce` tells it when it is over.
[The runbook](../operations.md#alarms) says what to do, and [the metrics](metrics.md) what is measured. This lists those
that are on:

    . build/embedded-aws.env
    aws --endpoint-url "$AWS_ENDPOINT_URL" cloudwatch describe-alarms --state-value ALARM \\
      --query 'MetricAlarms[].[AlarmName,StateReason]' --output text
"""

_SOURCE = """
Most alarms are written in [`statemachines/alarms.py`](../../statemachines/alarms.py), those on the inference functions
in [`statemachines/task_resources.py`](../../statemachines/task_resources.py), and that on the spend in
[`template.yaml`](../../template.yaml). [Add an alarm](../add-an-alarm.md) goes through it.
[A record](../decisions/0043-who-hears-of-what.md) has the reasons.
"""
