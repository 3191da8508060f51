"""Located rides on their way into processed/: many to a message, many messages to an object.

A message of the located-rides queue is {"sent": …, "rides": {<ride_id>: <line under processed/>}}. `sent` is when the
oldest of the messages that brought the rides was sent, in milliseconds since 1970, so that their age is known at the
end of the way. Everything follows from the rides and `sent`: who stores the same messages again writes the same object.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from wildrydes.bucket import streamed_key
from wildrydes.errors import BadLocatedRides
from wildrydes.ingestion import gzipped
from wildrydes.ride_messages import Located

LONGEST_PACK = 200_000
"""The bytes that a message with many rides may have. A queue takes 262,144."""

_RIDE_ID = re.compile("[0-9a-f]{32}")
_YEAR_10000 = 253_402_300_800_000


class Received(NamedTuple):
    """A located ride, the id of the message that brought it, and when that was sent (ms since 1970)."""

    ride: Located
    message_id: str
    sent: int


@dataclass(frozen=True)
class Pack:
    """The body of one message with many rides, and the ids of the messages that brought them."""

    body: str
    message_ids: tuple[str, ...]


@dataclass(frozen=True)
class LocatedRides:
    """What is in such a message: the lines by ride_id, and when the oldest was sent (ms since 1970)."""

    sent: int
    lines: dict[str, str]


@dataclass(frozen=True)
class StoredRides:
    """An object for processed/: its key, its bytes (gzip of JSON lines), its rides, and when the oldest was sent."""

    key: str
    data: bytes
    rides: int
    sent: int


def packs(received: Iterable[Received]) -> Iterator[Pack]:
    """Rides in messages of at most LONGEST_PACK bytes; a ride that came more than once is there once in a message."""
    entries: dict[str, str] = {}
    brought: list[Received] = []
    size = 0
    for each in received:
        entry = f'"{each.ride.ride_id}": {json.dumps(each.ride.line)}'
        if brought and size + len(entry) > LONGEST_PACK - 100:
            yield _pack(entries, brought)
            entries, brought, size = {}, [], 0
        if each.ride.ride_id not in entries:
            entries[each.ride.ride_id] = entry
            size += len(entry) + 2
        brought.append(each)
    if brought:
        yield _pack(entries, brought)


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


def stored(messages: Iterable[LocatedRides]) -> StoredRides:
    """The one object for the rides of some messages, at least one, each ride once."""
    listed = list(messages)
    lines = {ride_id: line for each in listed for ride_id, line in each.lines.items()}
    sent = min(each.sent for each in listed)
    ordered = [lines[ride_id] for ride_id in sorted(lines)]
    return StoredRides(streamed_key(day(sent), lines), gzipped(ordered), len(lines), sent)


def day(milliseconds: int) -> str:
    """The day (UTC) of a time in milliseconds since 1970, 'YYYY-MM-DD'."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()


def _pack(entries: dict[str, str], brought: list[Received]) -> Pack:
    sent = min(each.sent for each in brought)
    body = f'{{"sent": {sent}, "rides": {{{", ".join(entries.values())}}}}}'
    return Pack(body, tuple(each.message_id for each in brought))


def _is_pack(value: Any) -> bool:
    if type(value) is not dict or value.keys() != {"sent", "rides"}:
        return False
    sent, rides = value["sent"], value["rides"]
    return (
        (type(sent) is int and 0 <= sent < _YEAR_10000)
        and (type(rides) is dict and len(rides) > 0)
        and all(map(_RIDE_ID.fullmatch, rides))
        and all(type(line) is str and line.startswith(f'{{"ride_id":"{key}",') for key, line in rides.items())
        and all(line.find("\n") == len(line) - 1 for line in rides.values())
    )
