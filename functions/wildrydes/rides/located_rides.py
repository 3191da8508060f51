"""Located rides on their way into processed/: many to a message, many messages to an object.

A message of the located-rides queue is {"sent": …, "rides": {<ride_id>: <line under processed/>}}. `sent` is when the
oldest of the messages that brought the rides was sent, in milliseconds since 1970, so that their age is known at the
end of the way. Everything follows from the rides and `sent`: who stores the same messages again writes the same object.

A ride that came more than once has one line, in whatever order its lines come here: of those with FieldService the one
that arrived last; where none has it, the one that arrived last. A line written before rides had a time of arrival is
older than any other.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from wildrydes.bucket import ARRIVAL_TIME
from wildrydes.errors import BadLocatedRides
from wildrydes.rides.gzip_lines import small_lines
from wildrydes.rides.messages import Located
from wildrydes.rides.partitions import streamed_keys
from wildrydes.rides.year_lines import YearLines, year_of_ride

LONGEST_PACK = 200_000
"""The bytes that a message with many rides may have. A queue takes 262,144."""

_RIDE_ID = re.compile("[0-9a-f]{32}")
_YEAR_10000 = 253_402_300_800_000


class Arrival(NamedTuple):
    """A located ride, the id of the message that brought it, and when that was sent (ms since 1970)."""

    ride: Located
    message_id: str
    sent_at: int


@dataclass(frozen=True)
class Pack:
    """The body of one message with many rides, and the ids of the messages that brought them."""

    body: str
    message_ids: tuple[str, ...]


@dataclass(frozen=True)
class LocatedRides:
    """What is in such a message: the lines by ride_id, and when the oldest was sent (ms since 1970)."""

    sent_at: int
    lines: dict[str, str]


@dataclass(frozen=True)
class StoredRides:
    """An object for processed/: its key, its bytes (gzip of JSON lines), its rides, and when the oldest was sent."""

    key: str
    data: bytes
    rides: int
    sent_at: int


def packs(arrivals: Iterable[Arrival]) -> Iterator[Pack]:
    """Rides in messages of at most LONGEST_PACK bytes; a ride that came more than once is there once in a message."""
    lines: dict[str, str] = {}
    pack_arrivals: list[Arrival] = []
    size = 0
    for each in arrivals:
        length = len(_entry(*each.ride))
        if pack_arrivals and size + length > LONGEST_PACK - 100:
            yield _pack(lines, pack_arrivals)
            lines, pack_arrivals, size = {}, [], 0
        if lines.get(each.ride.ride_id) != each.ride.line:
            _add(lines, *each.ride)
            # With what it takes the place of: such a pack is a little smaller than it might be.
            size += length + 2
        pack_arrivals.append(each)
    if pack_arrivals:
        yield _pack(lines, pack_arrivals)


def read_pack(body: str) -> LocatedRides:
    """The rides of a message. Raises BadLocatedRides."""
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        value = ""
    if not _is_pack(value):
        raise BadLocatedRides(
            f"a message that starts with {body[:80]!r} is none of locate_station's; rides go to the rides queue"
        )
    return LocatedRides(value["sent"], value["rides"])


def combine(messages: Iterable[LocatedRides]) -> list[StoredRides]:
    """The objects for the rides of some messages, at least one: an object a year, each ride once."""
    parts = list(messages)
    lines: dict[str, str] = {}
    for each in parts:
        for ride_id, line in each.lines.items():
            _add(lines, ride_id, line)
    sent_at = min(each.sent_at for each in parts)
    ordered = [lines[ride_id] for ride_id in sorted(lines)]
    by_year = YearLines(small_lines)
    for line in ordered:
        by_year.line(year_of_ride(json.loads(line)), line)
    years = by_year.end()
    keys = streamed_keys(day(sent_at), ordered, {year: each.rides for year, each in years.items()})
    return [StoredRides(keys[year], each.data, each.rides, sent_at) for year, each in years.items()]


def day(milliseconds: int) -> str:
    """The day (UTC) of a time in milliseconds since 1970, 'YYYY-MM-DD'."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()


def _add(lines: dict[str, str], ride_id: str, line: str) -> None:
    """Adds a ride's line, or lets the one of the two stay that says more of the ride."""
    other = lines.get(ride_id, line)
    lines[ride_id] = line if other == line else max(line, other, key=_rank)


def _rank(line: str) -> tuple[bool, str, int, str]:
    """What orders the lines of a ride: whether it has FieldService, then when it arrived; the text if all is equal."""
    ride = json.loads(line)
    arrival = ride.get("arrived_at") or "", ride.get("arrival_position") or 0
    return (ride.get("service_requested") is not None, *arrival, line)


def _entry(ride_id: str, line: str) -> str:
    return f'"{ride_id}": {json.dumps(line)}'


def _pack(lines: dict[str, str], arrivals: list[Arrival]) -> Pack:
    sent_at = min(each.sent_at for each in arrivals)
    entries = ", ".join(_entry(*ride) for ride in lines.items())
    return Pack(f'{{"sent": {sent_at}, "rides": {{{entries}}}}}', tuple(each.message_id for each in arrivals))


def _is_pack(value: Any) -> bool:
    if type(value) is not dict or value.keys() != {"sent", "rides"}:
        return False
    sent_at, rides = value["sent"], value["rides"]
    return (
        (type(sent_at) is int and 0 <= sent_at < _YEAR_10000)
        and (type(rides) is dict and len(rides) > 0)
        and all(map(_RIDE_ID.fullmatch, rides))
        and all(_is_line(ride_id, line) for ride_id, line in rides.items())
    )


def _is_line(ride_id: str, line: Any) -> bool:
    """Whether this is a line under processed/ of that ride, as far as it is read here."""
    if type(line) is not str or line.find("\n") != len(line) - 1:
        return False
    try:
        ride: Any = json.loads(line)
        year_of_ride(ride)
    except (ValueError, RecursionError):
        return False
    if ride.get("ride_id") != ride_id:
        return False
    arrived_at, position = ride.get("arrived_at"), ride.get("arrival_position")
    return (arrived_at is None or (type(arrived_at) is str and ARRIVAL_TIME.fullmatch(arrived_at) is not None)) and (
        position is None or type(position) is int
    )
