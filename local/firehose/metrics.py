"""Counts what a delivery stream takes in and writes.

Source: "Monitor Amazon Data Firehose with CloudWatch metrics", Firehose Developer Guide: namespace AWS/Firehose,
dimension DeliveryStreamName. DeliveryToS3.Success is 1 or 0 a put, so that its average is the share that S3 took;
DeliveryToS3.DataFreshness is the age in seconds of the oldest record that has not been delivered.
"""

from collections.abc import Mapping, Sequence

from ministack.services import cloudwatch

from local.cloudwatch.gauges import SetGauge

_NAMESPACE = "AWS/Firehose"


def measure(ages: Mapping[tuple[str, str, str], float], set_gauge: SetGauge) -> None:
    """Say how fresh the data of streams are, by account, region and name: `ages` in seconds of their oldest records."""
    for (account, region, stream), age in ages.items():
        dimensions = {"DeliveryStreamName": stream}
        set_gauge((account, region), _NAMESPACE, "DeliveryToS3.DataFreshness", age, "Seconds", dimensions)


def _record(stream: str, name: str, value: float, unit: str = "Count") -> None:
    cloudwatch.record_metric(_NAMESPACE, name, value, unit, {"DeliveryStreamName": stream})


def count_incoming(stream: str, records: Sequence[bytes], refused: int) -> None:
    """Count the records of one call that were taken, and those that were not."""
    _record(stream, "IncomingPutRequests", 1)
    _record(stream, "IncomingRecords", len(records))
    _record(stream, "IncomingBytes", sum(map(len, records)), "Bytes")
    if refused:
        _record(stream, "ThrottledRecords", refused)


def count_delivery(stream: str, records: int, size: int, age_seconds: float, *, is_written: bool) -> None:
    """Count one try to write a batch of `size` bytes to S3, whose oldest record is `age_seconds` old."""
    _record(stream, "DeliveryToS3.Success", int(is_written))
    _record(stream, "DeliveryToS3.DataFreshness", age_seconds, "Seconds")
    if is_written:
        _record(stream, "DeliveryToS3.Records", records)
        _record(stream, "DeliveryToS3.Bytes", size, "Bytes")
