"""Sets aside what of the captured predictions and of the outcomes cannot be read, before a query meets it.

A query over a damaged gzip fails, whatever else there is to read, and so does one over a text in the place of a number:
HIVE_CURSOR_ERROR and HIVE_BAD_DATA, docs.aws.amazon.com/athena/latest/ug/troubleshooting-athena.html. So

    an object that cannot be unpacked     is moved to damaged/objects/<its key>
    lines that nobody of ours has written  are put into damaged/lines/<its key>, and the object is written without them

What is there counts as left out, also the next time: an object that comes back repaired is read as any other is. Lines
that are blank, and those by which CloudWatch Logs tests a stream, are neither.
"""

import zlib
from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import Any, NamedTuple

from aws_lambda_powertools import Logger

from aws import s3
from wildrydes.bucket import DAMAGED_LINES, DAMAGED_OBJECTS, OUTCOMES, PREDICTIONS
from wildrydes.capture import outcome, record
from wildrydes.errors import BadCapture, BadTestSet, MissingObject
from wildrydes.evaluation.split_rows import lines

logger = Logger(child=True)

MOST_BYTES = 1 << 28
"""Of an object, unpacked: Firehose writes 5 MB at once."""

MOST_KEYS = 20
"""Of those that are named."""

_TEST_MESSAGE = b"CWL CONTROL MESSAGE"
_GZIP = 16 + zlib.MAX_WBITS
_READERS = {PREDICTIONS: record.read, OUTCOMES: outcome.read_line}


class Days(NamedTuple):
    """Partitions from the first to the last, both as YYYY/MM/DD."""

    first: str
    last: str


def set_aside(bucket: str, days: Days, has_time: Callable[[], bool]) -> dict[str, Any]:
    """Goes through the days' objects as long as there is time; what is left out of them, as a day's document has it."""
    unchecked = 0
    for prefix, read in _READERS.items():
        for key in _keys(bucket, prefix, days):
            if has_time():
                _check(bucket, key, read)
            else:
                unchecked += 1
    objects = [key for prefix in _READERS for key in _keys(bucket, DAMAGED_OBJECTS + prefix, days)]
    parts = [key for prefix in _READERS for key in _keys(bucket, DAMAGED_LINES + prefix, days)]
    count = sum(1 for key in parts for _ in lines(s3.stream(bucket, key), key))
    counts = {"objects": len(objects), "lines": count, "keys": (objects + parts)[:MOST_KEYS], "unchecked": unchecked}
    return counts | {"remark": remark(len(objects), count, unchecked)}


def remark(objects: int, count: int, unchecked: int) -> str | None:
    """What a person reads of it, without a full stop; None where all was read."""
    parts = []
    if objects or count:
        parts.append(
            f"captures that cannot be read were left out (objects: {objects:,}, lines: {count:,}); they are under "
            "damaged/ in the bucket, and docs/operations.md#when-captures-are-left-out says what to do"
        )
    if unchecked:
        parts.append(f"there was no time to check all captures (objects that were not: {unchecked:,})")
    return "; ".join(parts) or None


def _keys(bucket: str, prefix: str, days: Days) -> Iterator[str]:
    # The sign after the one that ends a folder's name.
    end = f"{prefix}{days.last}0"
    return takewhile(lambda key: key < end, s3.keys_after(bucket, prefix, prefix + days.first))


def _check(bucket: str, key: str, read: Callable[[bytes], Any]) -> None:
    """Leave an object as it is, or set it or some of its lines aside."""
    try:
        if not all(_is_readable(line, read) for line in lines(s3.stream(bucket, key), key, MOST_BYTES)):
            _part(bucket, key, read)
    except BadTestSet as damage:
        logger.warning("set an object aside", extra={"key": key, "cause": str(damage)})
        s3.move(bucket, key, DAMAGED_OBJECTS + key)
    except MissingObject as gone:
        logger.info("expired since", extra={"key": key, "cause": str(gone)})


def _part(bucket: str, key: str, read: Callable[[bytes], Any]) -> None:
    """Put the lines that cannot be read elsewhere first: whoever is interrupted then does the same again."""
    packers = {True: zlib.compressobj(wbits=_GZIP), False: zlib.compressobj(wbits=_GZIP)}
    packed = {True: bytearray(), False: bytearray()}
    count = 0
    for line in lines(s3.stream(bucket, key), key, MOST_BYTES):
        is_readable = _is_readable(line, read)
        count += not is_readable
        packed[is_readable] += packers[is_readable].compress(line + b"\n")
    for is_readable, target in ((False, DAMAGED_LINES + key), (True, key)):
        s3.write(bucket, target, bytes(packed[is_readable] + packers[is_readable].flush()), "application/gzip")
    logger.warning("set lines aside", extra={"key": key, "lines": count})


def _is_readable(line: bytes, read: Callable[[bytes], Any]) -> bool:
    if not line.strip() or line.startswith(_TEST_MESSAGE):
        return True
    try:
        read(line)
    except BadCapture:
        return False
    return True
