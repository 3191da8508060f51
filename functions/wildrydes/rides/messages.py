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
from typing import Any, NamedTuple

from wildrydes import strict_json
from wildrydes.bucket import Source
from wildrydes.errors import BadJson, BadRide, BadRideFile
from wildrydes.rides.files import records
from wildrydes.rides.ingestion import LONGEST_EXCERPT, rejected_line
from wildrydes.rides.ride import canonical, parse, processed_line, ride_id
from wildrydes.rides.stations import nearest_station

LONGEST_MESSAGE = 1 << 16
"""The bytes that a message with one ride may have: some two hundred times those of a ride."""

_ENVELOPE = {"source", "position", "record"}


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
    return json.dumps(envelope | {"record": text[:LONGEST_EXCERPT], "characters": len(text)})


def locate(body: str, sender: Mapping[str, str]) -> Located | Rejected:
    """What becomes of one message; `sender` is the queue and the id of the message, the source of a producer's ride."""
    source, position, text = sender, None, body
    try:
        if len(body) > LONGEST_MESSAGE or len(body.encode()) > LONGEST_MESSAGE:
            raise _too_large(len(body))
        record = _decoded(body)
        if type(record) is dict and record.keys() >= _ENVELOPE:
            source, position, text = record["source"], record["position"], str(record["record"])
            if "characters" in record:
                raise _too_large(record["characters"])
            record = _decoded(text)
        ride = parse(record)
    except BadRide as bad:
        return Rejected(bad.reason, rejected_line(bad, source, position, text))
    canonical_record = canonical(ride)
    id_of_ride = ride_id(canonical_record)
    station = nearest_station()(ride.latitude, ride.longitude)
    return Located(id_of_ride, processed_line(ride, canonical_record, id_of_ride, station))


def _decoded(text: str) -> Any:
    try:
        return strict_json.decode(text)
    except BadJson as bad:
        raise BadRide(bad.reason, bad.field, bad.detail) from None


def _too_large(characters: int) -> BadRide:
    detail = f"the record has {characters} characters; a message with one ride may have {LONGEST_MESSAGE} bytes"
    return BadRide("record_too_large", None, detail)
