"""Where and how a delivery stream writes: its S3 destination, checked, and what its objects are called and hold.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_ExtendedS3DestinationConfiguration.html
https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
"""

import gzip
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ministack.services import firehose

from local.firehose.errors import FirehoseError
from local.firehose.processing import Processing
from local.seams import seam

_MEGABYTE = 1 << 20
_DEFAULT_HINTS = {"SizeInMBs": 5, "IntervalInSeconds": 300}
_BOUNDS = {"SizeInMBs": (1, 128), "IntervalInSeconds": (0, 900)}
_EXTENSIONS = {"UNCOMPRESSED": "", "GZIP": ".gz"}
_ERROR_TYPE = "!{firehose:error-output-type}"
_EXPRESSION = re.compile(r"!\{(timestamp|firehose):([^{}]*)\}")
_FIREHOSE_VALUES = ("error-output-type", "random-string")

# What transforms records or keeps others of them; none of it is played here.
_SWITCHES = ("DataFormatConversionConfiguration", "DynamicPartitioningConfiguration")


@dataclass(frozen=True)
class Destination:
    """An S3 destination. A batch is written when it has `size` bytes, or its first record is `seconds` old."""

    bucket: str
    role_arn: str
    prefix: str
    size: int
    seconds: float
    compression: str
    extension: str
    zone: ZoneInfo
    processing: Processing
    error_prefix: str

    @classmethod
    def check(cls, config: Mapping[str, Any]) -> "Destination":
        """The destination that a configuration describes. Raises FirehoseError: it is wrong, or is not played here."""
        _refuse_unsupported(config)
        hints = _hints(config.get("BufferingHints"))
        compression = config.get("CompressionFormat") or "UNCOMPRESSED"
        if compression not in _EXTENSIONS:
            raise FirehoseError(f"CompressionFormat {compression} is not supported here; {', '.join(_EXTENSIONS)} are.")
        check_prefixes(config.get("Prefix") or "", config.get("ErrorOutputPrefix"))
        return cls(
            bucket=_bucket(config),
            role_arn=_role(config),
            prefix=config.get("Prefix") or "",
            size=hints["SizeInMBs"] * _MEGABYTE,
            seconds=hints["IntervalInSeconds"],
            compression=compression,
            extension=_extension(config, compression),
            zone=_zone(config),
            processing=Processing.check(config.get("ProcessingConfiguration")),
            error_prefix=config.get("ErrorOutputPrefix") or "",
        )

    def key(self, stream: str, version: int, arrival: float) -> str:
        """The key of an object whose oldest record came at `arrival`, in seconds since the epoch."""
        return self._key(self.prefix, stream, version, arrival)

    def error_key(self, error_type: str, stream: str, version: int, arrival: float) -> str:
        """The key of an object with records that failed in such a way; it is under the error prefix, or as any other.

        Without an expression the type is a folder of its own.
        """
        prefix = self.error_prefix or f"{self.prefix}{error_type}/"
        return self._key(prefix.replace(_ERROR_TYPE, error_type), stream, version, arrival)

    def _key(self, prefix: str, stream: str, version: int, arrival: float) -> str:
        moment = datetime.fromtimestamp(arrival, self.zone).timetuple()
        name = seam(firehose, "_java_time")("yyyy-MM-dd-HH-mm-ss", moment)
        evaluated = seam(firehose, "_evaluate_prefix")(prefix, moment)
        return f"{evaluated}{stream}-{version}-{name}-{uuid.uuid4()}{self.extension}"

    def body(self, records: Sequence[bytes]) -> bytes:
        """The object's bytes: the records one after the other, with nothing between them."""
        data = b"".join(records)
        return gzip.compress(data, compresslevel=6) if self.compression == "GZIP" else data


def check_prefixes(prefix: str, error_prefix: str | None) -> None:
    """Raise FirehoseError where the expressions in prefixes are none, or not where they may be."""
    for name, text in (("Prefix", prefix), ("ErrorOutputPrefix", error_prefix or "")):
        for namespace, value in _EXPRESSION.findall(text):
            if namespace == "firehose" and value not in _FIREHOSE_VALUES:
                raise FirehoseError(
                    f"{name} has !{{firehose:{value}}}, which is none of {', '.join(_FIREHOSE_VALUES)}."
                )
        if "!{" in _EXPRESSION.sub("", text):
            raise FirehoseError(
                f"{name} may have !{{namespace:value}} with the namespaces timestamp and firehose alone."
            )
    if _ERROR_TYPE in prefix:
        raise FirehoseError(f"Prefix cannot contain {_ERROR_TYPE}.")
    if _EXPRESSION.search(prefix) and not error_prefix:
        raise FirehoseError("ErrorOutputPrefix cannot be null or empty when Prefix contains expressions.")
    if error_prefix and _EXPRESSION.search(error_prefix) and _ERROR_TYPE not in error_prefix:
        raise FirehoseError(f"ErrorOutputPrefix with expressions must contain {_ERROR_TYPE}.")


def _refuse_unsupported(config: Mapping[str, Any]) -> None:
    switches = [name for name in _SWITCHES if (config.get(name) or {}).get("Enabled")]
    if config.get("S3BackupMode") == "Enabled":
        switches.append("S3BackupMode")
    if switches:
        raise FirehoseError(f"{', '.join(switches)} of a destination is not supported here.")


def _hints(hints: Mapping[str, Any] | None) -> dict[str, int]:
    values = {name: int(value) for name, value in (hints or _DEFAULT_HINTS).items() if value is not None}
    if values.keys() != _DEFAULT_HINTS.keys():
        raise FirehoseError("BufferingHints must have both SizeInMBs and IntervalInSeconds, or neither.")
    for name, (least, most) in _BOUNDS.items():
        if not least <= values[name] <= most:
            raise FirehoseError(f"BufferingHints.{name} is {values[name]}; it must be from {least} to {most}.")
    return values


def _bucket(config: Mapping[str, Any]) -> str:
    try:
        return seam(firehose, "_s3_bucket_from_arn")(config.get("BucketARN") or "")
    except ValueError as fault:
        raise FirehoseError(str(fault)) from None


def _role(config: Mapping[str, Any]) -> str:
    role = config.get("RoleARN") or ""
    if not re.fullmatch(r"arn:[a-z-]+:iam::[0-9]{12}:role/.+", role):
        raise FirehoseError("RoleARN must be the ARN of a role.")
    return role


def _extension(config: Mapping[str, Any], compression: str) -> str:
    extension = config.get("FileExtension") or _EXTENSIONS[compression]
    if extension and not re.fullmatch(r"\.[0-9a-z!\-_.*'()]{1,127}", extension):
        raise FirehoseError(f"FileExtension is {extension!r}; it must begin with a dot.")
    return extension


def _zone(config: Mapping[str, Any]) -> ZoneInfo:
    try:
        return ZoneInfo(config.get("CustomTimeZone") or "UTC")
    except (ValueError, OSError, KeyError):
        raise FirehoseError(f"CustomTimeZone is {config['CustomTimeZone']!r}, which is no time zone.") from None
