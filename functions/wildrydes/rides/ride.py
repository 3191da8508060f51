"""One raw record -> a Ride, or BadRide with the reason.

Producers send Distance, HealthPoints, Latitude, Longitude, MagicPoints, Name, StatusTime and, the later ones,
FieldService; the case of the names does not matter, fields of other names are ignored.

    reason              when
    not_an_object       the record is a number, a text, a list, …
    ambiguous_field     one field under two spellings (Distance and distance)
    missing_field       one of the seven is absent or null
    not_a_number        a text that is no number, a boolean, a list, …
    not_finite          NaN, Infinity, 1e999
    out_of_range        latitude beyond ±90, longitude beyond ±180, a negative distance, a size beyond ±1e9,
                        FieldService other than 0 and 1
    unreadable_time     StatusTime is not 'YYYY-MM-DD HH:MM:SS', with a fraction or without; it has no zone
    unreadable_name     Name is not a text, or empty, or over 200 characters, or holds control characters

The canonical record is what all spellings of one ride have in common: its fields in one order, numbers as the shortest
text of their double, the time to the millisecond. Its SHA-256 makes the ride_id.
"""

import re
from datetime import datetime
from hashlib import sha256
from json.encoder import encode_basestring  # pyright: ignore[reportAttributeAccessIssue]
from operator import itemgetter
from typing import Any, NamedTuple

from wildrydes.errors import BadRide
from wildrydes.labels import heavy_utilization
from wildrydes.measures import measure

FIELDS = ("Name", "StatusTime", "Latitude", "Longitude", "Distance", "HealthPoints", "MagicPoints")
LONGEST_NAME = 200

_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?")
_UNREADABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_FIELDS = frozenset(FIELDS)
_SPELLED = {field.lower(): field for field in (*FIELDS, "FieldService")}
_seven = itemgetter(*FIELDS)


class Ride(NamedTuple):
    """A checked ride. A tuple: one is made for every record, and a frozen dataclass takes three times as long.

    `statustime` is 'YYYY-MM-DD HH:MM:SS.mmm'; latitude and longitude in degrees; distance in miles as the producer
    sends them; `service_requested` is 0, 1 or None.
    """

    name: str
    statustime: str
    latitude: float
    longitude: float
    distance: float
    healthpoints: float
    magicpoints: float
    service_requested: int | None


def parse(record: Any) -> Ride:
    """The ride in the value of a record. Raises BadRide, which the value may be already."""
    if type(record) is not dict:
        if isinstance(record, BadRide):
            raise record
        raise BadRide("not_an_object", None, f"a record is an object, not {type(record).__name__}")
    if len(record) != (8 if "FieldService" in record else 7) or not record.keys() >= _FIELDS:
        record = _in_camel_case(record)
    name, time, latitude, longitude, distance, health, magic = _seven(record)
    latitude, longitude = measure("Latitude", latitude), measure("Longitude", longitude)
    distance = measure("Distance", distance)
    if not -90.0 <= latitude <= 90.0:
        raise BadRide("out_of_range", "Latitude", f"Latitude is {latitude!r}, beyond ±90")
    if not -180.0 <= longitude <= 180.0:
        raise BadRide("out_of_range", "Longitude", f"Longitude is {longitude!r}, beyond ±180")
    if distance < 0.0:
        raise BadRide("out_of_range", "Distance", f"Distance is {distance!r}, below 0")
    return Ride(
        _check_name(name),
        _check_time(time),
        latitude,
        longitude,
        distance,
        measure("HealthPoints", health),
        measure("MagicPoints", magic),
        _flag(record.get("FieldService")),
    )


def canonical(ride: Ride) -> str:
    """The ride's fields as the inside of a JSON object, the same text for every spelling of the same ride."""
    name, time, latitude, longitude, distance, health, magic, service = ride
    return (
        f'"name":{encode_basestring(name)},"statustime":"{time}","latitude":{latitude!r},"longitude":{longitude!r},'
        f'"distance":{distance!r},"healthpoints":{health!r},"magicpoints":{magic!r},'
        f'"service_requested":{"null" if service is None else service}'
    )


def ride_id(canonical_record: str) -> str:
    """The first 32 hex digits of the SHA-256 of a canonical record."""
    return sha256(canonical_record.encode()).hexdigest()[:32]


def processed_line(ride: Ride, canonical_record: str, id_of_ride: str, groundstation: str) -> str:
    """The ride as a line under processed/: one JSON object and a line feed."""
    heavy = heavy_utilization(ride.distance, ride.magicpoints)
    return (
        f'{{"ride_id":"{id_of_ride}",{canonical_record},'
        f'"groundstation":"{groundstation}","heavy_utilization":{heavy}}}\n'
    )


def _in_camel_case(record: dict[str, Any]) -> dict[str, Any]:
    """The record with its fields as FIELDS spell them, others left out."""
    fields: dict[str, Any] = {}
    for spelling, value in record.items():
        field = _SPELLED.get(spelling.lower())
        if field in fields:
            raise BadRide("ambiguous_field", field, f"{field} is there more than once, in different cases")
        if field:
            fields[field] = value
    for field in FIELDS:
        if field not in fields:
            raise BadRide("missing_field", field, f"there is no {field}")
    return fields


def _check_name(name: Any) -> str:
    if type(name) is str and 0 < len(name) <= LONGEST_NAME and not _UNREADABLE.search(name):
        return name
    if name is None:
        raise BadRide("missing_field", "Name", "Name is null")
    if type(name) is not str:
        raise BadRide("unreadable_name", "Name", f"Name is not a text but {type(name).__name__}")
    raise BadRide("unreadable_name", "Name", f"Name is no text of 1 to {LONGEST_NAME} characters, none of them control")


def _check_time(time: Any) -> str:
    if time is None:
        raise BadRide("missing_field", "StatusTime", "StatusTime is null")
    match = _TIME.fullmatch(time) if type(time) is str else None
    if match:
        day, clock, fraction = match.groups()
        try:
            datetime.fromisoformat(f"{day} {clock}")
        except ValueError:
            match = None
        else:
            return f"{day} {clock}.{(fraction or '')[:3]:0<3}"
    excerpt = repr(time[:40]) if type(time) is str else type(time).__name__
    raise BadRide("unreadable_time", "StatusTime", f"StatusTime is {excerpt}, not 'YYYY-MM-DD HH:MM:SS.mmm'")


def _flag(value: Any) -> int | None:
    """FieldService: 0, 1, or None where absent or null."""
    if value is None:
        return None
    number = measure("FieldService", value)
    if number not in (0.0, 1.0):
        raise BadRide("out_of_range", "FieldService", f"FieldService is {number!r}, neither 0 nor 1")
    return int(number)
