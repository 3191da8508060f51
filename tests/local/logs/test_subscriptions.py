"""What capture relies on of subscription filters to Firehose, over the wire. A tenth of the puts fail (tests/conftest).

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
"""

import gzip
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import account
from local.account import EmbeddedAws
from machines import allow, function, invoke, role, unique, until

CODE = """
import json, sys
def handler(event, context):
    for number in range(event["lines"]):
        sys.stdout.write(json.dumps({"capture": 1, "number": number}) + chr(10))
    print("no JSON")
    return "answer"
"""
CAPTURED = "{ $.capture = 1 }"


class Subscription:
    """A function whose captured lines go through a filter into a stream, and from there into a bucket."""

    def __init__(self, server: EmbeddedAws) -> None:
        self.server, self.client = server, server.client
        self.bucket, self.group, self.name = unique("captured"), unique("/aws/lambda/group"), unique("stream")
        self.client("s3").create_bucket(Bucket=self.bucket)
        writer = role(
            self.client, "firehose.amazonaws.com", allow("s3:PutObject", resource=f"arn:aws:s3:::{self.bucket}/*")
        )
        self.stream = self.client("firehose").create_delivery_stream(
            DeliveryStreamName=self.name,
            ExtendedS3DestinationConfiguration={
                "BucketARN": f"arn:aws:s3:::{self.bucket}",
                "RoleARN": writer,
                "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
                "CompressionFormat": "GZIP",
                "Prefix": "captured/!{timestamp:yyyy/MM/dd}/",
                "ErrorOutputPrefix": "failed/!{firehose:error-output-type}/",
                "ProcessingConfiguration": {
                    "Enabled": True,
                    "Processors": [
                        {
                            "Type": "Decompression",
                            "Parameters": [{"ParameterName": "CompressionFormat", "ParameterValue": "GZIP"}],
                        },
                        {
                            "Type": "CloudWatchLogProcessing",
                            "Parameters": [{"ParameterName": "DataMessageExtraction", "ParameterValue": "true"}],
                        },
                        {"Type": "AppendDelimiterToRecord"},
                    ],
                },
            },
        )["DeliveryStreamARN"]
        self.client("logs").create_log_group(logGroupName=self.group)
        self.role = role(self.client, "logs.amazonaws.com", allow("firehose:PutRecord", resource=self.stream))
        executor = role(self.client, "lambda.amazonaws.com", allow("logs:*"))
        self.function = function(self.client, CODE, executor, LoggingConfig={"LogGroup": self.group})

    def put(self, **settings: Any) -> None:
        self.client("logs").put_subscription_filter(
            **{
                "logGroupName": self.group,
                "filterName": "capture",
                "filterPattern": CAPTURED,
                "destinationArn": self.stream,
                "roleArn": self.role,
            }
            | settings
        )

    def invoke(self, lines: int) -> None:
        assert invoke(self.client, self.function, {"lines": lines}) == ("answer", None)

    def lines(self, prefix: str = "captured/") -> list[str]:
        """The lines that were delivered, once the clock has moved on."""
        self.server.request("/_local/clock", advance_seconds=61)
        s3 = self.client("s3")
        listed = account.entries(s3, "list_objects_v2", "Contents", Bucket=self.bucket, Prefix=prefix)
        bodies = [s3.get_object(Bucket=self.bucket, Key=each["Key"])["Body"].read() for each in listed]
        return [line for body in bodies for line in gzip.decompress(body).decode().splitlines()]

    def metric(self, name: str) -> float:
        """The sum of a metric of the filter."""
        dimensions = {"LogGroupName": self.group, "DestinationType": "Firehose", "FilterName": "capture"}
        points = self.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Logs",
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=datetime.now(UTC) - timedelta(hours=1),
            # The clock may have been moved on by other tests.
            EndTime=datetime.now(UTC) + timedelta(days=3650),
            Period=86_400 * 365,
            Statistics=["Sum"],
        )["Datapoints"]
        return sum(each["Sum"] for each in points)


@pytest.fixture
def subscription(server: EmbeddedAws) -> Subscription:
    return Subscription(server)


def test_matching_lines_arrive_one_by_one_and_nothing_else(subscription: Subscription) -> None:
    subscription.put()
    subscription.invoke(lines=3)
    subscription.invoke(lines=1)
    numbers = ['{"capture": 1, "number": 0}', '{"capture": 1, "number": 0}', '{"capture": 1, "number": 1}']
    lines = [line for line in subscription.lines() if "CONTROL" not in line]
    assert sorted(lines) == [*numbers, '{"capture": 1, "number": 2}']
    assert subscription.metric("ForwardedLogEvents") == 4
    assert subscription.metric("DeliveryErrors") == 0


def test_when_the_stream_is_gone_answers_are_not_lost_and_lines_are_counted(subscription: Subscription) -> None:
    subscription.put()
    subscription.client("firehose").delete_delivery_stream(DeliveryStreamName=subscription.name)
    subscription.invoke(lines=3)
    assert until(lambda: subscription.metric("DeliveryErrors"), lambda lost: lost > 0) == 3
    assert subscription.metric("ForwardedLogEvents") == 0


def test_a_role_that_may_no_longer_put_loses_lines(subscription: Subscription) -> None:
    subscription.put()
    subscription.client("iam").delete_role_policy(RoleName=subscription.role.rpartition("/")[2], PolicyName="test")
    subscription.invoke(lines=2)
    assert until(lambda: subscription.metric("DeliveryErrors"), lambda lost: lost > 0) == 2


def test_a_record_of_another_kind_goes_to_the_error_output(subscription: Subscription) -> None:
    firehose = subscription.client("firehose")

    def put() -> int:
        answer = firehose.put_record_batch(DeliveryStreamName=subscription.name, Records=[{"Data": b"no gzip"}])
        return answer["FailedPutCount"]

    until(put, lambda failed: failed == 0)
    (line,) = subscription.lines("failed/decompression-failed/")
    assert "Firehose.DecompressionFailed" in line


@pytest.mark.parametrize(
    ("settings", "code", "message"),
    [
        ({"destinationArn": "arn:aws:firehose:us-east-1:123456789012:deliverystream/none"}, "InvalidParameter", "test"),
        ({"destinationArn": "arn:aws:kinesis:us-east-1:123456789012:stream/s"}, "InvalidParameter", "not supported"),
        ({"roleArn": "arn:aws:iam::123456789012:role/none"}, "InvalidParameter", "Could not deliver test message"),
        ({"filterPattern": "{ $.a > 1 }"}, "InvalidParameter", "Invalid filter pattern"),
        ({"logGroupName": "none"}, "ResourceNotFound", "does not exist"),
    ],
)
def test_a_filter_that_could_not_deliver_is_refused(
    subscription: Subscription, settings: dict[str, str], code: str, message: str
) -> None:
    with pytest.raises(ClientError, match=message) as refusal:
        subscription.put(**settings)
    assert refusal.value.response["Error"]["Code"] == f"{code}Exception"


def test_a_group_has_two_filters_at_most(subscription: Subscription) -> None:
    for name in ("first", "second", "second"):
        subscription.put(filterName=name)
    with pytest.raises(ClientError, match="LimitExceededException"):
        subscription.put(filterName="third")
