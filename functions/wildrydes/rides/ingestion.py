"""The records of one chunk -> its processed rides, its rejected records, and its counts.

The same chunk gives the same bytes each time: gzip is written with modification time 0, by one compression level.
"""

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from wildrydes.bucket import Source
from wildrydes.errors import BadRide, BadRideFile
from wildrydes.rides.counts import Counts
from wildrydes.rides.files import Record
from wildrydes.rides.ride import canonical, parse, processed_line, ride_id
from wildrydes.rides.stations import MAX_STATION_MILES, nearest_station

LONGEST_REJECTED_TEXT = 2048
"""Characters of a rejected record that its line under rejected/ quotes."""

LONGEST_EXAMPLE = 200
"""Characters of it that the summary of an execution quotes."""

_LEVEL = 4  # 7 % larger than level 9 makes it, in a third of the time
_GZIP = 16 + zlib.MAX_WBITS
_LINES_AT_ONCE = 512


@dataclass(frozen=True)
class Ingested:
    """`processed` and `rejected` are gzip of one JSON object a line; `rejected` is empty bytes if no record was.

    `first_rejected` has, by reason, what `rejected` says of the first record of that reason, its text cut short.
    """

    processed: bytes
    rejected: bytes
    counts: Counts
    first_rejected: Mapping[str, Mapping[str, Any]]


def ingest(
    records: Iterable[Record],
    source: Source,
    first_record: int = 1,
    max_station_miles: float = MAX_STATION_MILES,
) -> Ingested:
    """Checks each record and locates it; of rides that are the same it drops the second and later.

    A ride that comes again with another FieldService than it had last is written again: by their positions the later
    one counts. One that comes again without FieldService says nothing new. `first_record` is the number of the first of
    the records in its file. Memory grows with the rides that are accepted, and by some bytes with each rejected one.
    """
    nearest = nearest_station(max_station_miles)
    compressed = _Gzip()
    services: dict[str, int | None] = {}
    rejected = _Rejected(source)
    number, accepted = first_record - 1, 0
    for number, (start, _, value, text) in enumerate(records, first_record):
        try:
            ride = parse(value)
            station = nearest(ride.latitude, ride.longitude)
        except BadRide as bad:
            rejected.add(bad, {"byte": start, "record": number}, text)
            continue
        record = canonical(ride)
        id_of_ride, service = ride_id(record), ride.service_requested
        if id_of_ride not in services or service not in (None, services[id_of_ride]):
            services[id_of_ride] = service
            accepted += 1
            compressed.line(processed_line(ride, record, id_of_ride, station, source.arrived_at, start))
    read = number - first_record + 1
    counts = Counts(read, accepted, rejected.count, rejected.reasons, read - accepted - rejected.count)
    return Ingested(compressed.end(), rejected.end(), counts, rejected.first)


def rejected_file(fault: BadRideFile, source: Source) -> bytes:
    """The line under rejected/ of a file that is left out whole."""
    position = {**fault.position._asdict(), "record": fault.records + 1}
    return _line(fault.reason, None, fault.detail, asdict(source), position, None).encode()


def rejected_line(bad: BadRide, source: Mapping[str, str | None], position: Mapping[str, int] | None, text: str) -> str:
    """A rejected record as a line under rejected/: its reason, where it came from, and the start of it as it was sent.

    `source` is a file's key, etag, version and time of arrival, or a message's queue and id, which has no position.
    """
    return _line(bad.reason, bad.field, bad.detail, source, position, text[:LONGEST_REJECTED_TEXT])


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


class _Rejected:
    """The rejected records of a chunk: their lines, compressed as they come, and the first of each reason."""

    def __init__(self, source: Source) -> None:
        self.reasons: Counter[str] = Counter()
        self.first: dict[str, dict[str, Any]] = {}
        self._source = asdict(source)
        self._lines = _Gzip()

    @property
    def count(self) -> int:
        return self.reasons.total()

    def add(self, bad: BadRide, position: Mapping[str, int], text: str) -> None:
        self.reasons[bad.reason] += 1
        if bad.reason not in self.first:
            excerpt = text[:LONGEST_EXAMPLE]
            self.first[bad.reason] = {"field": bad.field, "detail": bad.detail, "position": position, "record": excerpt}
        self._lines.line(rejected_line(bad, self._source, position, text))

    def end(self) -> bytes:
        return self._lines.end() if self.reasons else b""


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
