"""The samples' way in the template: the table reads what is written, and nothing is lost between two services."""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from aws import firehose
from cli.template_document import read_template
from wildrydes.bucket import SAMPLES

ROOT = Path(__file__).parents[2]
RESOURCES: dict[str, dict[str, Any]] = read_template(ROOT / "template.yaml")["Resources"]
DESTINATION = RESOURCES["SamplesStream"]["Properties"]["ExtendedS3DestinationConfiguration"]
FUNCTION = RESOURCES["CollectSamplesFunction"]["Properties"]
BUCKET = "${DataBucket.Arn}/"


def grants(statements: list[dict[str, Any]], sid: str) -> list[str]:
    """The prefixes of the bucket, with their asterisks, that a statement is about."""
    (statement,) = [each for each in statements if each["Sid"] == sid]
    resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
    return [resource["Fn::Sub"].removeprefix(BUCKET) for resource in resources]


def test_the_table_reads_all_that_firehose_delivers_and_nothing_that_it_could_not_process() -> None:
    location = RESOURCES["SamplesTable"]["Properties"]["TableInput"]["StorageDescriptor"]["Location"]["Fn::Sub"]
    assert location == f"s3://${{DataBucket}}/{SAMPLES}"
    assert DESTINATION["Prefix"].startswith(SAMPLES)
    assert not DESTINATION["ErrorOutputPrefix"].startswith(SAMPLES)


def test_the_streams_role_may_write_there_and_nowhere_else() -> None:
    statements = RESOURCES["SamplesStreamPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    prefixes = grants(statements, "WriteSamples")
    for text in (DESTINATION["Prefix"], DESTINATION["ErrorOutputPrefix"]):
        assert [fnmatchcase(text, prefix) for prefix in prefixes].count(True) == 1
    assert DESTINATION["RoleARN"] == {"Fn::GetAtt": ["SamplesStreamRole", "Arn"]}
    # A stream that is there before its role's policy loses its first try.
    assert RESOURCES["SamplesStream"]["DependsOn"] == ["SamplesStreamPolicy"]


def test_the_function_may_put_records_and_keep_the_rejected_and_no_more() -> None:
    (policy,) = FUNCTION["Policies"]
    assert {each["Sid"]: each["Action"] for each in policy["Statement"]} == {
        "PutSamples": "firehose:PutRecordBatch",
        "KeepRejectedSamples": "s3:PutObject",
    }
    assert grants(policy["Statement"], "KeepRejectedSamples") == [f"rejected/{SAMPLES}*"]


def test_the_function_outlasts_its_attempts() -> None:
    pauses = sum(min(4.0, 0.05 * 2**attempt) for attempt in range(1, firehose.ATTEMPTS))
    # Each attempt may take some seconds itself.
    assert pauses + 3 * firehose.ATTEMPTS < FUNCTION["Timeout"]


def test_what_fails_for_good_on_either_side_of_lambda_is_in_one_queue() -> None:
    queue = {"Fn::GetAtt": ["SamplesDeadLetterQueue", "Arn"]}
    assert FUNCTION["EventInvokeConfig"]["DestinationConfig"]["OnFailure"] == {"Type": "SQS", "Destination": queue}
    subscription = FUNCTION["Events"]["Published"]["Properties"]
    assert subscription["RedrivePolicy"] == {"deadLetterTargetArn": queue}
    _, admitted = RESOURCES["SamplesQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (admitted["Principal"], admitted["Resource"]) == ({"Service": "sns.amazonaws.com"}, queue)
    assert admitted["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": "SamplesTopic"}}}
    assert RESOURCES["SamplesDeadLetterQueue"]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600
