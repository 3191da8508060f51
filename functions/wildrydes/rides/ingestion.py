"""The records of one chunk -> its processed rides, its rejected records, and its counts.

The same chunk gives the same bytes each time: gzip is written with modification time 0, by one compression level.
"""

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from wildrydes.bucket import Source
from wildrydes.errors import BadRide, BadRideFile
from wildrydes.rides.counts import Counts
from wildrydes.rides.files import Record
from wildrydes.rides.ride import canonical, parse, processed_line, ride_id
from wildrydes.rides.stations import nearest_station

LONGEST_EXCERPT = 2048
"""Characters of a rejected record that its line under rejected/ quotes."""

_LEVEL = 4  # 7 % larger than level 9 makes it, in a third of the time
_GZIP = 16 + zlib.MAX_WBITS
_LINES_AT_ONCE = 512


@dataclass(frozen=True)
class Ingested:
    """`processed` is gzip of one JSON object a line, `rejected` plain text of the same kind, empty if none was."""

    processed: bytes
    rejected: bytes
    counts: Counts


def ingest(records: Iterable[Record], source: Source) -> Ingested:
    """Checks each record, drops the second and later of rides that are the same, locates the others."""
    nearest = nearest_station()
    compressed = _Gzip()
    ride_ids: set[str] = set()
    rejected: list[str] = []
    reasons: Counter[str] = Counter()
    count = 0
    for count, (start, _, value, text) in enumerate(records, 1):
        try:
            ride = parse(value)
        except BadRide as bad:
            reasons[bad.reason] += 1
            rejected.append(rejected_line(bad, asdict(source), {"byte": start, "record": count}, text))
            continue
        record = canonical(ride)
        id_of_ride = ride_id(record)
        if id_of_ride not in ride_ids:
            ride_ids.add(id_of_ride)
            compressed.line(processed_line(ride, record, id_of_ride, nearest(ride.latitude, ride.longitude)))
    repeated = count - len(ride_ids) - len(rejected)
    counts = Counts(count, len(ride_ids), len(rejected), reasons, repeated)
    return Ingested(compressed.end(), "".join(rejected).encode(), counts)


def rejected_file(fault: BadRideFile, source: Source) -> tuple[bytes, Counts]:
    """A file rejected whole: its line under rejected/, and its counts.

    It counts as many rides as were read before the fault, at least one.
    """
    position = {
        "byte": fault.position.byte,
        "line": fault.position.line,
        "column": fault.position.column,
        "record": fault.records + 1,
    }
    count = max(1, fault.records)
    line = _line(fault.reason, None, fault.detail, asdict(source), position, None)
    return line.encode(), Counts(count, 0, count, {fault.reason: count}, files_rejected=1)


def rejected_line(bad: BadRide, source: Mapping[str, str | None], position: Mapping[str, int] | None, text: str) -> str:
    """A rejected record as a line under rejected/: its reason, where it came from, and the start of it as it was sent.

    `source` is a file's key, etag, version and time of arrival, or a message's queue and id, which has no position.
    """
    return _line(bad.reason, bad.field, bad.detail, source, position, text[:LONGEST_EXCERPT])


def gzipped(lines: Iterable[str]) -> bytes:
    """Lines as gzip, the same bytes for the same lines."""
    compressed = _Gzip()
    for line in lines:
        compressed.line(line)
    return compressed.end()


def _line(
    reason: str,
    field: str | None,
    detail: str,
    source: Mapping[str, str | None],
    position: Mapping[str, int] | None,
    record: str | None,
) -> str:
    # Names of fields and details quote what was sent; ASCII keeps half a surrogate pair writable.
    return (
        json.dumps(
            {
                "reason": reason,
                "field": field,
                "detail": detail,
                "source": source,
                "position": position,
                "record": record,
            }
        )
        + "\n"
    )


class _Gzip:
    """Lines into a gzip stream, compressed as they come."""

    def __init__(self) -> None:
        self._compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        self._pieces: list[bytes] = []
        self._lines: list[str] = []

    def line(self, line: str) -> None:
        self._lines.append(line)
        if len(self._lines) == _LINES_AT_ONCE:
            self._flush()

    def end(self) -> bytes:
        self._flush()
        return b"".join(self._pieces) + self._compressor.flush()

    def _flush(self) -> None:
        self._pieces.append(self._compressor.compress("".join(self._lines).encode()))
        self._lines.clear()


EMPTY = gzipped(())
"""The object under processed/ for a file without a ride, so that the file is not read again."""
