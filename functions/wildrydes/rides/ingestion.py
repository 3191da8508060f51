"""The records of one chunk -> its processed rides, its rejected records, and its counts.

The same chunk gives the same rows each time. It gives the same bytes too, on processors of one kind and where
the source comes in pieces of one size: gzip is written with modification time 0, by one compression level
(docs/decisions/0073).
"""

import json
from binascii import hexlify
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, compress, repeat
from typing import Any

from wildrydes.bucket import Source
from wildrydes.errors import BadRide, BadRideFile
from wildrydes.rides.counts import Counts
from wildrydes.rides.files import Record
from wildrydes.rides.gzip_lines import GzipLines, fast_lines, small_lines
from wildrydes.rides.json_window import Run
from wildrydes.rides.ride import Ride, canonical, parse, processed_line, ride_id
from wildrydes.rides.stations import MAX_STATION_MILES, nearest_station
from wildrydes.rides.year_lines import RidesOfYear, YearLines

LONGEST_REJECTED_TEXT = 2048
"""Characters of a rejected record that its line under rejected/ quotes."""

LONGEST_EXAMPLE = 200
"""Characters of it that the summary of an execution quotes."""


@dataclass(frozen=True)
class Remainder:
    """What there is of a chunk beside its accepted rides, as Ingested has it."""

    rejected: bytes
    counts: Counts
    first_rejected: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Ingested:
    """`processed`, by year, and `rejected` are gzip of one JSON object a line; `rejected` is empty if no record was.

    `first_rejected` has, by reason, what `rejected` says of the first record of that reason, its text cut short.
    """

    processed: Mapping[int, RidesOfYear]
    rejected: bytes
    counts: Counts
    first_rejected: Mapping[str, Mapping[str, Any]]


def ingest(
    records: Iterable[Record | Run],
    source: Source,
    first_record: int = 1,
    max_station_miles: float = MAX_STATION_MILES,
) -> Ingested:
    """Checks each record and locates it; of rides that are the same it drops the second and later.

    A ride that comes again with another FieldService than it had last is written again: by their positions the later
    one counts. One that comes again without FieldService says nothing new. `first_record` is the number of the first of
    the records in its file. Memory grows with the rides that are accepted, and by some bytes with each rejected one.

    Runs are those of `wildrydes.rides.plain_rides`: their rides are checked and located.
    """
    lines = YearLines(fast_lines)
    rest = ingest_into(lines, records, source, first_record, max_station_miles)
    return Ingested(lines.end(), rest.rejected, rest.counts, rest.first_rejected)


def ingest_into(
    lines: YearLines, records: Iterable[Record | Run], source: Source, first_record: int, max_station_miles: float
) -> Remainder:
    """What `ingest` does, with the accepted rides put into `lines`, where those of other files may be already."""
    nearest = nearest_station(max_station_miles)
    accepted, rejected = _Accepted(source, lines), _Rejected(source)
    number = first_record
    for record in records:
        if isinstance(record, Run):
            accepted.add_run(record)
            number += record.records
            continue
        start, _, value, text = record
        try:
            ride = parse(value)
            accepted.add(ride, nearest(ride.latitude, ride.longitude), start)
        except BadRide as bad:
            rejected.add(bad, {"byte": start, "record": number}, text)
        number += 1
    read = number - first_record
    counts = Counts(read, accepted.count, rejected.count, rejected.reasons, read - accepted.count - rejected.count)
    return Remainder(rejected.end(), counts, rejected.first)


def rejected_file(fault: BadRideFile, source: Source) -> bytes:
    """The line under rejected/ of a file that is left out whole."""
    position = {**fault.position._asdict(), "record": fault.records + 1}
    return _line(fault.reason, None, fault.detail, asdict(source), position, None).encode()


def rejected_line(bad: BadRide, source: Mapping[str, str | None], position: Mapping[str, int] | None, text: str) -> str:
    """A rejected record as a line under rejected/: its reason, where it came from, and the start of it as it was sent.

    `source` is a file's key, etag, version and time of arrival, or a message's queue and id, which has no position.
    """
    return _line(bad.reason, bad.field, bad.detail, source, position, text[:LONGEST_REJECTED_TEXT])


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


class _Accepted:
    """The accepted rides of a chunk: their lines, compressed as they come, and what each said of its FieldService."""

    def __init__(self, source: Source, lines: YearLines) -> None:
        self.count = 0
        self._services: dict[bytes, int | None] = {}
        self._arrived_at = source.arrived_at
        self._lines = lines

    def add(self, ride: Ride, station: str, position: int) -> None:
        record = canonical(ride)
        id_of_ride = ride_id(record)
        if self._is_news(bytes.fromhex(id_of_ride), ride.service_requested):
            self._lines.line(
                ride.statustime[:4], processed_line(ride, record, id_of_ride, station, self._arrived_at, position)
            )

    def add_run(self, run: Run) -> None:
        """Adds the rides of a run, whose content is a PlainRides."""
        rides = run.content
        years: Sequence[str] = rides.years
        rows: Iterable[tuple[bytes, ...]] = zip(
            repeat(b'{"ride_id":"'),
            map(hexlify, rides.digests),
            repeat(b'",'),
            rides.records,
            rides.ends,
            map(b"%d}\n".__mod__, run.starts()),
        )
        if not self._are_all_new(rides.digests, rides.services):
            news = list(map(self._is_news, rides.digests, rides.services))
            rows, years = compress(rows, news), list(compress(years, news))
        for year, of_year in _by_year(rows, years):
            # Bytes put together in C: half the time of a text for each ride.
            self._lines.data(year, b"".join(chain.from_iterable(of_year)), years.count(year))

    def _are_all_new(self, digests: Sequence[bytes], services: Sequence[int | None]) -> bool:
        """Whether no ride is there more than once; counts all of them then."""
        new = dict(zip(digests, services, strict=True))
        if len(new) < len(digests) or not self._services.keys().isdisjoint(new):
            return False
        self._services |= new
        self.count += len(new)
        return True

    def _is_news(self, digest: bytes, service: int | None) -> bool:
        """Whether a ride is new, or has another FieldService than it had last; counts it then."""
        if digest in self._services and service in (None, self._services[digest]):
            return False
        self._services[digest] = service
        self.count += 1
        return True


class _Rejected:
    """The rejected records of a chunk: their lines, compressed as they come, and the first of each reason."""

    def __init__(self, source: Source) -> None:
        self.reasons: Counter[str] = Counter()
        self.first: dict[str, dict[str, Any]] = {}
        self._source = source
        self._fields: Mapping[str, str | None] = {}
        # Most chunks have none, and a compressor takes longer to make than a ride does to ingest.
        self._lines: GzipLines | None = None

    @property
    def count(self) -> int:
        return self.reasons.total()

    def add(self, bad: BadRide, position: Mapping[str, int], text: str) -> None:
        self.reasons[bad.reason] += 1
        if bad.reason not in self.first:
            excerpt = text[:LONGEST_EXAMPLE]
            self.first[bad.reason] = {"field": bad.field, "detail": bad.detail, "position": position, "record": excerpt}
        if self._lines is None:
            self._lines, self._fields = small_lines(), asdict(self._source)
        self._lines.line(rejected_line(bad, self._fields, position, text))

    def end(self) -> bytes:
        return self._lines.end() if self._lines else b""


def _by_year(
    rows: Iterable[tuple[bytes, ...]], years: Sequence[str]
) -> Iterator[tuple[str, Iterable[tuple[bytes, ...]]]]:
    """The rows of each year; most runs have one."""
    different = sorted(set(years))
    if len(different) == 1:
        yield different[0], rows
        return
    every = list(rows)
    for year in different:
        yield year, compress(every, map(year.__eq__, years))
