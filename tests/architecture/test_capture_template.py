"""Capture in the template: each inference function's lines get into the table, and nobody has a grant too many."""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from aws import firehose
from cli.template_document import read_template
from wildrydes.bucket import OUTCOMES, PREDICTIONS
from wildrydes.capture.record import Capture, lines
from wildrydes.tasks import TASKS

ROOT = Path(__file__).parents[2]
TEMPLATE: dict[str, Any] = read_template(ROOT / "template.yaml")
RESOURCES: dict[str, dict[str, Any]] = TEMPLATE["Resources"]
BUCKET = "${DataBucket.Arn}/"


def properties(name: str) -> dict[str, Any]:
    return RESOURCES[name]["Properties"]


@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
def test_each_inference_function_s_lines_are_captured_unless_the_parameter_is_zero(task: Any) -> None:
    function, subscription = properties(task.function), properties(f"Predict{task.words}Capture")
    assert function["Environment"]["Variables"]["CAPTURE_FRACTION"] == {"Ref": "CaptureFraction"}
    assert subscription["LogGroupName"] == function["LoggingConfig"]["LogGroup"] == {"Ref": f"Predict{task.words}Logs"}
    assert subscription["DestinationArn"] == {"Fn::GetAtt": ["PredictionsStream", "Arn"]}
    assert subscription["RoleArn"] == {"Fn::GetAtt": ["CaptureFilterRole", "Arn"]}
    # AWS tests the delivery as the role when the filter is created.
    assert RESOURCES[f"Predict{task.words}Capture"]["DependsOn"] == ["CaptureFilterPolicy"]


def test_logs_may_be_the_filters_role_as_the_guide_has_it() -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html, "Example 3"."""
    (statement,) = properties("CaptureFilterRole")["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "logs.amazonaws.com"}
    source = {"Fn::Sub": "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:*"}
    assert statement["Condition"] == {"StringLike": {"aws:SourceArn": source}}


def test_capture_is_on_by_default_and_zero_switches_it_off() -> None:
    parameter = TEMPLATE["Parameters"]["CaptureFraction"]
    assert (parameter["Default"], parameter["MinValue"], parameter["MaxValue"]) == (1, 0, 1)


def test_the_filter_takes_the_lines_by_their_first_field() -> None:
    text = lines(Capture(0.0, "heavy_utilization", "m", "id"))
    assert properties("PredictCapture")["FilterPattern"] == "{ $.capture = 1 }"
    assert text.startswith('{"capture": 1, ')


@pytest.mark.parametrize(
    ("stream", "table", "prefix"),
    [("PredictionsStream", "PredictionsTable", PREDICTIONS), ("OutcomesStream", "OutcomesTable", OUTCOMES)],
)
def test_the_table_reads_the_days_that_firehose_writes(stream: str, table: str, prefix: str) -> None:
    destination = properties(stream)["ExtendedS3DestinationConfiguration"]
    assert destination["Prefix"] == f"{prefix}!{{timestamp:yyyy/MM/dd}}/"
    assert not destination["ErrorOutputPrefix"].startswith(prefix)
    parameters = properties(table)["TableInput"]["Parameters"]
    assert parameters["projection.day.format"] == "yyyy/MM/dd"
    assert parameters["storage.location.template"] == {"Fn::Sub": f"s3://${{DataBucket}}/{prefix}${{!day}}/"}
    assert RESOURCES[stream]["DependsOn"] == ["CaptureStreamPolicy"]
    written = properties("CaptureStreamPolicy")["PolicyDocument"]["Statement"][1]["Resource"]
    grants = [each["Fn::Sub"].removeprefix(BUCKET) for each in written]
    for text in (destination["Prefix"], destination["ErrorOutputPrefix"]):
        assert [fnmatchcase(text, grant) for grant in grants].count(True) == 1


def test_the_columns_are_the_fields_of_the_lines() -> None:
    columns = [each["Name"] for each in properties("PredictionsTable")["TableInput"]["StorageDescriptor"]["Columns"]]
    assert columns == ["capture", *Capture._fields]


def test_what_is_captured_is_removed_after_the_days_of_the_parameter() -> None:
    rules = properties("DataBucket")["LifecycleConfiguration"]["Rules"]
    by_prefix = {each.get("Prefix"): each.get("ExpirationInDays") for each in rules}
    assert by_prefix[PREDICTIONS] == by_prefix[OUTCOMES] == {"Ref": "CaptureRetentionDays"}


def test_outcomes_may_be_put_and_no_more_and_the_function_outlasts_its_attempts() -> None:
    function = properties("RecordOutcomesFunction")
    (policy,) = function["Policies"]
    assert [(each["Action"], each["Resource"]) for each in policy["Statement"]] == [
        ("firehose:PutRecordBatch", {"Fn::GetAtt": ["OutcomesStream", "Arn"]})
    ]
    pauses = sum(min(4.0, 0.05 * 2**attempt) for attempt in range(1, firehose.ATTEMPTS))
    assert pauses + firehose.ATTEMPTS < function["Timeout"] < 29
