"""Rides that travel one at a time: what a message of the rides queue holds, and what becomes of it.

from fan_out_rides   {"source": {"key", "etag", "version", "arrived_at"}, "position": {"byte", "record"},
                     "record": "<as in the file>"}
                     and "characters", its length, where "record" holds but the start of one that is too long
from a producer      the ride itself: {"Distance": …, "HealthPoints": …, …}

reason of a rejection   when, beside those of `wildrydes.rides.ride`
record_too_large        the message has more than LONGEST_MESSAGE bytes
not_json                the message, or the record in it, is no JSON
ambiguous_field         an object in it has a key more than once (`wildrydes.strict_json`)
too_deep                it is nested too deeply
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from wildrydes import strict_json
from wildrydes.bucket import ARRIVAL_TIME, Source, arrival_time
from wildrydes.errors import BadJson, BadRide, BadRideFile
from wildrydes.rides.files import records
from wildrydes.rides.ingestion import LONGEST_REJECTED_TEXT, rejected_line
from wildrydes.rides.ride import canonical, parse, processed_line, ride_id
from wildrydes.rides.stations import MAX_STATION_MILES, nearest_station

LONGEST_MESSAGE = 1 << 16
"""The bytes that a message with one ride may have: some two hundred times those of a ride."""

_ENVELOPE = {"source", "position", "record"}
_LARGEST_BIGINT = (1 << 63) - 1


class Located(NamedTuple):
    """A ride with its ground station and label: its id, and its line under processed/."""

    ride_id: str
    line: str


class Rejected(NamedTuple):
    """A message that can never be a ride: the reason's code, and its line under rejected/."""

    reason: str
    line: str


class FileMessages:
    """The messages for the records of one file, in their order, to be iterated over once.

    They end where the file does, or where it cannot be read on: then `fault` says where and why. `count` is how many
    there were. Memory is bounded by one block and the largest record, whatever the size of the file.
    """

    def __init__(self, source: Source, blocks: Iterable[bytes]) -> None:
        self.count = 0
        self.fault: BadRideFile | None = None
        self._source = source
        self._blocks = blocks

    def __iter__(self) -> Iterator[str]:
        try:
            for start, _, _, text in records(self._blocks):
                self.count += 1
                yield message(self._source, {"byte": start, "record": self.count}, text)
        except BadRideFile as fault:
            self.fault = fault


def message(source: Source, position: Mapping[str, int], text: str) -> str:
    """The message for one record of a file, in ASCII: queues do not take every character that JSON may hold."""
    envelope = {"source": asdict(source), "position": position, "record": text}
    body = json.dumps(envelope)
    if len(body) <= LONGEST_MESSAGE:
        return body
    return json.dumps(envelope | {"record": text[:LONGEST_REJECTED_TEXT], "characters": len(text)})


def locate(
    body: str, sender: Mapping[str, str], sent_at: int, max_station_miles: float = MAX_STATION_MILES
) -> Located | Rejected:
    """What becomes of one message, sent at `sent_at` (ms since 1970).

    `sender` is the queue and the id of the message, the source of a producer's ride.
    """
    source, position, text = sender, None, body
    try:
        if len(body) > LONGEST_MESSAGE or len(body.encode()) > LONGEST_MESSAGE:
            raise _too_large(len(body))
        record = _decoded(body)
        if type(record) is dict and record.keys() >= _ENVELOPE and type(record["source"]) is dict:
            source, position, text = record["source"], record["position"], str(record["record"])
            if "characters" in record:
                raise _too_large(record["characters"])
            record = _decoded(text)
        ride = parse(record)
        station = nearest_station(max_station_miles)(ride.latitude, ride.longitude)
    except BadRide as bad:
        return Rejected(bad.reason, rejected_line(bad, source, position, text))
    canonical_record = canonical(ride)
    id_of_ride = ride_id(canonical_record)
    arrived_at, byte = _arrival(source, position, sent_at)
    return Located(id_of_ride, processed_line(ride, canonical_record, id_of_ride, station, arrived_at, byte))


def _arrival(source: Any, position: Any, sent_at: int) -> tuple[str, int]:
    """When a ride was sent, and the first byte of its record: those of its file, where the message says which."""
    arrived_at = source.get("arrived_at") if type(source) is dict else None
    if type(arrived_at) is not str or not ARRIVAL_TIME.fullmatch(arrived_at):
        arrived_at = f"{_second(sent_at // 1000)}.{sent_at % 1000:03}Z"
    byte = position.get("byte") if type(position) is dict else None
    return arrived_at, byte if type(byte) is int and 0 <= byte <= _LARGEST_BIGINT else 0


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    """The second of a time of arrival. The messages of a batch were sent in a few of them."""
    return arrival_time(datetime.fromtimestamp(seconds, UTC)).partition(".")[0]


def _decoded(text: str) -> Any:
    try:
        return strict_json.decode(text)
    except BadJson as bad:
        raise BadRide(bad.reason, bad.field, bad.detail) from None


def _too_large(characters: int) -> BadRide:
    detail = f"the record has {characters} characters; a message with one ride may have {LONGEST_MESSAGE} bytes"
    return BadRide("record_too_large", None, detail)
