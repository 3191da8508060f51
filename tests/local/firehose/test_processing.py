"""Processors of a delivery stream, by AWS's documents.

https://docs.aws.amazon.com/firehose/latest/dev/Message_extraction.html
https://docs.aws.amazon.com/firehose/latest/dev/decomp-faq.html
"""

import base64
import gzip
import json
from typing import Any

import pytest

from local.firehose.errors import FirehoseError
from local.firehose.processing import MOST_BYTES, Processing, UnprocessableRecordError, error_line

DECOMPRESSION = {
    "Type": "Decompression",
    "Parameters": [{"ParameterName": "CompressionFormat", "ParameterValue": "GZIP"}],
}
EXTRACTION = {
    "Type": "CloudWatchLogProcessing",
    "Parameters": [{"ParameterName": "DataMessageExtraction", "ParameterValue": "true"}],
}
DELIMITER = {"Type": "AppendDelimiterToRecord"}
PAYLOAD = json.dumps(
    {"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "message": "one"}, {"id": "2", "message": "two"}]}
).encode()
RECORD = gzip.compress(PAYLOAD, mtime=0)


def processing(*processors: dict[str, Any], enabled: Any = True) -> Processing:
    return Processing.check({"Enabled": enabled, "Processors": list(processors)})


@pytest.mark.parametrize(
    ("processors", "written"),
    [
        ([], RECORD),
        ([DECOMPRESSION], PAYLOAD),
        ([DECOMPRESSION, EXTRACTION], b"one\ntwo"),
        ([DELIMITER, EXTRACTION, DECOMPRESSION], b"one\ntwo\n"),
    ],
)
def test_a_record_becomes(processors: list[dict[str, Any]], written: bytes) -> None:
    assert processing(*processors).apply(RECORD) == written


def test_what_is_not_enabled_does_nothing() -> None:
    assert Processing.check(None) == processing(DECOMPRESSION, enabled="false") == Processing()


@pytest.mark.parametrize(
    "record",
    [
        b"plain",
        b"",
        RECORD[:-9],
        gzip.compress(b"[]", mtime=0),
        gzip.compress(b'{"logEvents": 1}', mtime=0),
        gzip.compress(b"[" * 100_000, mtime=0),
        # A bomb, as one stream and as several.
        gzip.compress(b" " * (MOST_BYTES + 1), mtime=0),
        gzip.compress(b" " * (MOST_BYTES // 2 + 1), mtime=0) * 2,
    ],
)
def test_a_record_that_cannot_be_decompressed_is_an_error_that_holds_it(record: bytes) -> None:
    with pytest.raises(UnprocessableRecordError) as fault:
        processing(DECOMPRESSION, EXTRACTION).apply(record)
    line = json.loads(error_line(record, fault.value, 1.5, 2.0))
    assert base64.b64decode(line["rawData"]) == record
    assert (line["arrivalTimestamp"], line["attemptEndingTimestamp"]) == (1500, 2000)


@pytest.mark.parametrize(
    ("processors", "message"),
    [
        ([EXTRACTION], "needs the processor Decompression"),
        ([DECOMPRESSION, DECOMPRESSION], "once"),
        ([{"Type": "Lambda"}], "not supported here"),
        ([{"Type": "Decompression"}], "is to have"),
        ([DECOMPRESSION | {"Parameters": [{"ParameterName": "CompressionFormat", "ParameterValue": "ZIP"}]}], "have"),
    ],
)
def test_wrong_processors_are_refused(processors: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(FirehoseError, match=message):
        processing(*processors)
