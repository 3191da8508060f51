"""What a delivery stream makes of each record before it is written: the processors that need no function.

    Decompression             gunzips what CloudWatch Logs puts (CompressionFormat GZIP)
    CloudWatchLogProcessing   of that, the messages of the log events alone, one a line (DataMessageExtraction true)
    AppendDelimiterToRecord   a line feed at the end of each record

https://docs.aws.amazon.com/firehose/latest/APIReference/API_Processor.html
https://docs.aws.amazon.com/firehose/latest/dev/Message_extraction.html
https://docs.aws.amazon.com/firehose/latest/dev/decomp-faq.html

AWS does not say what becomes of the message by which CloudWatch Logs tests a destination. Here it is delivered as any
other, which is the worst case for readers: a line that is no log event of the group.
"""

import base64
import gzip
import io
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local import EmbeddedAwsError
from local.firehose.errors import FirehoseError

MOST_BYTES = 10 << 20
"""Of a record, decompressed. AWS names no bound; CloudWatch Logs puts a megabyte of events at most, and gzip may hold a
thousand times the megabyte that a record may have.
"""

FAILED = "decompression-failed"
"""The error output type of a record that cannot be decompressed."""

_PARAMETERS = {
    "Decompression": {"CompressionFormat": "gzip"},
    "CloudWatchLogProcessing": {"DataMessageExtraction": "true"},
    "AppendDelimiterToRecord": {},
}


class UnprocessableRecordError(EmbeddedAwsError):
    """A record that cannot be decompressed: it goes to the error output as it is."""


@dataclass(frozen=True)
class Processing:
    """The processors of a destination."""

    decompresses: bool = False
    extracts: bool = False
    delimits: bool = False

    @classmethod
    def check(cls, config: Mapping[str, Any] | None) -> "Processing":
        """The processors of a ProcessingConfiguration. Raises FirehoseError: they are wrong, or not played here."""
        if not config or not _is_true(config.get("Enabled")):
            return cls()
        processors = config.get("Processors") or []
        kinds = [_checked_kind(processor) for processor in processors]
        if len(set(kinds)) < len(kinds):
            raise FirehoseError("A destination has each type of processor once.")
        if "CloudWatchLogProcessing" in kinds and "Decompression" not in kinds:
            raise FirehoseError("CloudWatchLogProcessing needs the processor Decompression.")
        return cls(*(kind in kinds for kind in _PARAMETERS))

    def apply(self, record: bytes) -> bytes:
        """What is written of a record. Raises UnprocessableRecordError."""
        if self.decompresses:
            record = self._decompressed(record)
        return record + b"\n" if self.delimits else record

    def _decompressed(self, record: bytes) -> bytes:
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(record)) as packed:
                data = packed.read(MOST_BYTES + 1)
            if len(data) > MOST_BYTES:
                raise ValueError(f"it has more than {MOST_BYTES:,} bytes when it is decompressed")
            if not self.extracts:
                return data
            return "\n".join(event["message"] for event in json.loads(data)["logEvents"]).encode()
        except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, RecursionError) as fault:
            raise UnprocessableRecordError(f"{type(fault).__name__}: {fault}") from None


def error_line(record: bytes, fault: UnprocessableRecordError, arrival: float, now: float) -> bytes:
    """The line of a record under the error output; the times in seconds since the epoch."""
    fields = {
        "attemptsMade": 1,
        "arrivalTimestamp": int(arrival * 1000),
        "errorCode": "Firehose.DecompressionFailed",
        "errorMessage": str(fault),
        "attemptEndingTimestamp": int(now * 1000),
        "rawData": base64.b64encode(record).decode(),
    }
    return f"{json.dumps(fields)}\n".encode()


def _checked_kind(processor: Mapping[str, Any]) -> str:
    kind = processor.get("Type") or ""
    if kind not in _PARAMETERS:
        raise FirehoseError(f"The processor {kind} is not supported here; {', '.join(_PARAMETERS)} are.")
    parameters: Sequence[Mapping[str, Any]] = processor.get("Parameters") or ()
    values = {each.get("ParameterName"): str(each.get("ParameterValue")).lower() for each in parameters}
    values = {name: value for name, value in values.items() if name != "Delimiter"}
    if values != _PARAMETERS[kind]:
        raise FirehoseError(f"The processor {kind} has the parameters {values}; it is to have {_PARAMETERS[kind]}.")
    return kind


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"
