"""The records of PutRecord and PutRecordBatch, checked by the limits of the API.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from local.firehose.errors import FirehoseError, LimitError

MOST_RECORDS = 500
MOST_RECORD_BYTES = 1_024_000
MOST_BYTES = 4 * 1024 * 1024
_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,64}")


def check_name(name: Any) -> str:
    """The name of a stream. Raises LimitError."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise LimitError(
            "1 validation error detected: Value at 'deliveryStreamName' failed to satisfy constraint: Member must "
            "satisfy regular expression pattern: [a-zA-Z0-9_.-]+ and have length from 1 to 64"
        )
    return name


def records_of(entries: Any) -> list[bytes]:
    """The records of a batch, before they were encoded. Raises FirehoseError for all, where one breaks a limit."""
    if not isinstance(entries, list) or not 1 <= len(entries) <= MOST_RECORDS:
        raise LimitError(
            "1 validation error detected: Value at 'records' failed to satisfy constraint: Member must have length "
            f"from 1 to {MOST_RECORDS}"
        )
    records = [record_of(entry) for entry in entries]
    if sum(map(len, records)) > MOST_BYTES:
        raise FirehoseError("Records size exceeds 4 MB limit")
    return records


def record_of(entry: Any) -> bytes:
    """One record, before it was encoded. Raises FirehoseError."""
    data = entry.get("Data") if isinstance(entry, Mapping) else None
    if not isinstance(data, str):
        raise LimitError("1 validation error detected: Value null at 'data': Member must not be null")
    try:
        record = base64.b64decode(data, validate=True)
    except binascii.Error:
        raise FirehoseError("Record.Data must be valid base64.") from None
    if len(record) > MOST_RECORD_BYTES:
        raise LimitError(
            "1 validation error detected: Value at 'data' failed to satisfy constraint: Member must have length less "
            f"than or equal to {MOST_RECORD_BYTES}"
        )
    return record
