"""The S3 destination of a delivery stream, by AWS's documents.

https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html
"""

import gzip
import re
from typing import Any

import pytest

from local.firehose.destination import Destination, check_prefixes
from local.firehose.errors import FirehoseError

CONFIG = {"BucketARN": "arn:aws:s3:::a-bucket", "RoleARN": "arn:aws:iam::123456789012:role/writer"}
ERRORS = "errors/!{firehose:error-output-type}/"
# 2018-08-27 at 10:30:05 UTC.
ARRIVAL = 1535365805.25
NAME = r"stream-3-2018-08-27-10-30-05-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def key(prefix: str, **config: Any) -> str:
    return Destination.check(CONFIG | {"Prefix": prefix, "ErrorOutputPrefix": ERRORS} | config).key(
        "stream", 3, ARRIVAL
    )


@pytest.mark.parametrize(
    ("prefix", "evaluated"),
    [
        ("", "2018/08/27/10/"),
        ("samples/", "samples/2018/08/27/10/"),
        ("samples", "samples2018/08/27/10/"),
        ("samples/!{timestamp:yyyy-MM-dd}/", "samples/2018-08-27/"),
        ("!{timestamp:yyyy}/m=!{timestamp:MM}/d=!{timestamp:dd}/h=!{timestamp:HH}/", "2018/m=08/d=27/h=10/"),
        ("day=!{timestamp:yyyy'-'DDD}/", "day=2018-239/"),
    ],
)
def test_expressions_of_a_prefix_are_evaluated_by_the_arrival_of_the_oldest_record_in_utc(
    prefix: str, evaluated: str
) -> None:
    assert re.fullmatch(re.escape(evaluated) + NAME, key(prefix))


def test_random_string_is_another_in_each_object() -> None:
    keys = [key("!{firehose:random-string}/!{timestamp:yyyy}/") for _ in range(2)]
    assert all(re.fullmatch(r"\w{11}/2018/" + NAME, each) for each in keys)
    assert keys[0][:11] != keys[1][:11]


def test_gzip_appends_its_extension_unless_there_is_another() -> None:
    assert key("a/", CompressionFormat="GZIP").endswith(".gz")
    assert key("a/", CompressionFormat="GZIP", FileExtension=".json.gz").endswith(".json.gz")
    assert re.search(NAME + "$", key("a/"))


def test_a_time_zone_of_ones_own_counts_for_prefix_and_name() -> None:
    text = key("!{timestamp:yyyy-MM-dd'T'HH}/", CustomTimeZone="Asia/Tokyo")
    assert text.startswith("2018-08-27T19/stream-3-2018-08-27-19-30-05-")


def test_records_are_put_together_without_anything_between_them() -> None:
    records = [b"a\n", b"b", b"c\n"]
    assert Destination.check(CONFIG).body(records) == b"a\nbc\n"
    assert gzip.decompress(Destination.check(CONFIG | {"CompressionFormat": "GZIP"}).body(records)) == b"a\nbc\n"


def test_hints_are_both_or_neither_and_5_megabytes_or_300_seconds_by_default() -> None:
    default = Destination.check(CONFIG)
    assert (default.size, default.seconds) == (5 * 1024 * 1024, 300)
    hints = Destination.check(CONFIG | {"BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 0}})
    assert (hints.size, hints.seconds) == (1024 * 1024, 0)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"BufferingHints": {"SizeInMBs": 1}}, "both"),
    ({"BufferingHints": {"SizeInMBs": 0, "IntervalInSeconds": 60}}, "from 1 to 128"),
    ({"BufferingHints": {"SizeInMBs": 129, "IntervalInSeconds": 60}}, "from 1 to 128"),
    ({"BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 901}}, "from 0 to 900"),
    ({"BucketARN": "a-bucket"}, "BucketARN"),
    ({"BucketARN": None}, "BucketARN"),
    ({"RoleARN": "writer"}, "RoleARN"),
    ({"CompressionFormat": "ZIP"}, "ZIP is not supported here"),
    ({"FileExtension": "gz"}, "begin with a dot"),
    ({"CustomTimeZone": "Mars/Base"}, "no time zone"),
    (
        {"ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "Lambda"}]}},
        "Lambda is not supported here",
    ),
    ({"DynamicPartitioningConfiguration": {"Enabled": True}}, "DynamicPartitioning.* not supported here"),
    ({"S3BackupMode": "Enabled"}, "S3BackupMode .* not supported here"),
]


@pytest.mark.parametrize(("config", "message"), WRONG, ids=[message for _, message in WRONG])
def test_a_configuration_that_is_wrong_or_not_played_here_is_refused(config: dict[str, Any], message: str) -> None:
    with pytest.raises(FirehoseError, match=message):
        Destination.check(CONFIG | config)


def test_what_is_switched_off_is_no_fault() -> None:
    off = {"ProcessingConfiguration": {"Enabled": False}, "S3BackupMode": "Disabled"}
    assert Destination.check(CONFIG | off) == Destination.check(CONFIG)


@pytest.mark.parametrize(
    ("prefix", "error_prefix", "message"),
    [
        ("a/!{timestamp:yyyy}/", None, "cannot be null"),
        ("a/!{timestamp:yyyy}/", "", "cannot be null"),
        ("a/!{firehose:error-output-type}/", ERRORS, "cannot contain"),
        ("a/", "b/!{timestamp:yyyy}/", "must contain"),
        ("a/!{timestamp:yyyy", ERRORS, "namespace"),
        ("a/!{moon:phase}/", ERRORS, "namespace"),
        ("a/!{firehose:name}/", ERRORS, "none of"),
        ("a/!{partitionKeyFromQuery:day}/", ERRORS, "namespaces timestamp and firehose alone"),
    ],
)
def test_prefixes_have_rules_of_their_own(prefix: str, error_prefix: str | None, message: str) -> None:
    with pytest.raises(FirehoseError, match=message):
        check_prefixes(prefix, error_prefix)


@pytest.mark.parametrize(("prefix", "error_prefix"), [("a/", None), ("a/", "b/"), ("a/!{timestamp:yyyy}/", ERRORS)])
def test_prefixes_without_a_fault_are_taken(prefix: str, error_prefix: str | None) -> None:
    check_prefixes(prefix, error_prefix)
