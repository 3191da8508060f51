"""Sets aside what of the captured predictions and of the outcomes cannot be read, before a query meets it.

A query over a damaged gzip fails, whatever else there is to read, and so does one over a text in the place of a number:
HIVE_CURSOR_ERROR and HIVE_BAD_DATA, docs.aws.amazon.com/athena/latest/ug/troubleshooting-athena.html. Athena takes for
gzip what ends in .gz, whatever it holds ("Use compression in Athena"). So

    an object that cannot be unpacked,     is moved to damaged/objects/<its key>-<its ETag>
    or is not of the form of its name
    lines that nobody of ours has written  are put into damaged/lines/<its key>-<its ETag>.gz, and the object is written
                                           without them

Two checks of the same days may run at once, and a person may put back what he has repaired. So an object is replaced or
deleted only as long as it is the one that was read. The name of what is set aside has its ETag: nothing is overwritten.

What is there counts as left out, also the next time: an object that comes back repaired is read as any other is. Lines
that are blank, and those by which CloudWatch Logs tests a stream, are neither.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from typing import Any, NamedTuple

from aws_lambda_powertools import Logger

from aws import s3
from wildrydes.bucket import DAMAGED_LINES, DAMAGED_OBJECTS, OUTCOMES, PREDICTIONS
from wildrydes.capture import outcome, record
from wildrydes.errors import BadCapture, BadTestSet, MissingObject
from wildrydes.evaluation.split_rows import Limits, lines, lines_within

logger = Logger(child=True)

MOST_BYTES = 1 << 26
"""Of an object, unpacked: Firehose writes 5 MB at once. All of it may be in the memory several times."""

MOST_LINE_BYTES = 1 << 22
"""Of a line: a log event has 1 MB at most, and so has a record of Firehose."""

MOST_KEYS = 20
"""Of those that are named."""

_MOST_CHECKS = 3
"""Of an object that is replaced while it is checked."""

_TEST_MESSAGE = b"CWL CONTROL MESSAGE"
_GZIP_ENDING = ".gz"
_OTHER_ENDINGS = (".bz2", ".deflate", ".lz4", ".lzo", ".snappy", ".zst")
"""What ends so is unpacked by Athena too, and is of nobody of ours."""

_GZIP = 16 + zlib.MAX_WBITS
_READERS = {PREDICTIONS: record.read, OUTCOMES: outcome.read_line}


class Days(NamedTuple):
    """Partitions from the first to the last, both as YYYY/MM/DD."""

    first: str
    last: str


class _OutOfTimeError(Exception):
    """There is no time to read an object to its end."""


def set_aside(bucket: str, days: Days, has_time: Callable[[], bool]) -> dict[str, Any]:
    """Goes through the days' objects as long as there is time; what is left out of them, as a day's document has it."""
    unchecked = count = 0
    for prefix, read in _READERS.items():
        for key in _keys(bucket, prefix, days):
            unchecked += not _is_checked(bucket, key, read, has_time)
    objects = [key for prefix in _READERS for key in _keys(bucket, DAMAGED_OBJECTS + prefix, days)]
    parts = [key for prefix in _READERS for key in _keys(bucket, DAMAGED_LINES + prefix, days)]
    for key in parts:
        try:
            count += _count_lines(bucket, key, has_time)
        except _OutOfTimeError:
            unchecked += 1
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


def _count_lines(bucket: str, key: str, has_time: Callable[[], bool]) -> int:
    """How many lines were set aside in an object; one of an object that somebody has put there and that is damaged."""
    try:
        return sum(1 for _ in lines(_in_time(s3.stream(bucket, key), has_time), key))
    except BadTestSet:
        return 1
    except MissingObject:
        return 0


def _in_time(blocks: Iterable[bytes], has_time: Callable[[], bool]) -> Iterator[bytes]:
    for block in blocks:
        if not has_time():
            raise _OutOfTimeError
        yield block


def _is_checked(bucket: str, key: str, read: Callable[[bytes], Any], has_time: Callable[[], bool]) -> bool:
    """Leave an object as it is, or set it or some of its lines aside; whether that was done, or it is gone."""
    for _ in range(_MOST_CHECKS):
        try:
            if not has_time():
                return False
            opened = s3.open_object(bucket, key)
        except MissingObject as gone:
            logger.info("gone since", extra={"key": key, "cause": str(gone)})
            return True
        try:
            _check(bucket, opened, read, has_time)
        except MissingObject as replaced:
            logger.info("replaced or gone since", extra={"key": key, "cause": str(replaced)})
        except _OutOfTimeError:
            return False
        else:
            return True
    return False


def _check(bucket: str, opened: s3.OpenFile, read: Callable[[bytes], Any], has_time: Callable[[], bool]) -> None:
    """Raise MissingObject where the object is not what it was when it was opened: nothing is changed then."""
    key, etag = opened.source.key, opened.source.etag
    try:
        if not all(_is_readable(line, read) for line in _lines(opened, has_time)):
            again = s3.open_object(bucket, key, etag)
            _part(bucket, again, ((line, _is_readable(line, read)) for line in _lines(again, has_time)))
    except BadTestSet as damage:
        logger.warning("set an object aside", extra={"key": key, "cause": str(damage)})
        s3.move(bucket, s3.Copy(key, etag, f"{DAMAGED_OBJECTS}{key}-{etag}"))


def _lines(opened: s3.OpenFile, has_time: Callable[[], bool]) -> Iterator[bytes]:
    key = opened.source.key
    if key.endswith(_OTHER_ENDINGS):
        raise BadTestSet(f"{key} is of a compression that is not used here, by its name")
    limits = Limits(MOST_BYTES, MOST_LINE_BYTES, key.endswith(_GZIP_ENDING))
    return lines_within(_in_time(opened.blocks, has_time), key, limits)


def _part(bucket: str, opened: s3.OpenFile, readings: Iterable[tuple[bytes, bool]]) -> None:
    """Put the lines that cannot be read elsewhere first: whoever is interrupted then does the same again."""
    key, etag = opened.source.key, opened.source.etag
    good, bad = _Pack(key.endswith(_GZIP_ENDING)), _Pack(True)
    for line, is_readable in readings:
        (good if is_readable else bad).add(line)
    s3.write(bucket, f"{DAMAGED_LINES}{key}-{etag}{_GZIP_ENDING}", bad.end(), bad.type)
    s3.replace(bucket, key, etag, good.end(), good.type)
    logger.warning("set lines aside", extra={"key": key, "lines": bad.count})


class _Pack:
    """Lines that become an object, gzip or not."""

    def __init__(self, is_gzip: bool) -> None:
        self.type = "application/gzip" if is_gzip else "application/x-ndjson"
        self.count = 0
        self._packed = bytearray()
        self._packer = zlib.compressobj(wbits=_GZIP) if is_gzip else None

    def add(self, line: bytes) -> None:
        self.count += 1
        self._packed += self._packer.compress(line + b"\n") if self._packer else line + b"\n"

    def end(self) -> bytes:
        """The object."""
        return bytes(self._packed + self._packer.flush()) if self._packer else bytes(self._packed)


def _is_readable(line: bytes, read: Callable[[bytes], Any]) -> bool:
    if not line.strip() or line.startswith(_TEST_MESSAGE):
        return True
    try:
        read(line)
    except BadCapture:
        return False
    return True
