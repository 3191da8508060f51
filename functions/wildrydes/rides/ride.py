"""One raw record -> a Ride, or BadRide with the reason. The schema for people is docs/rides.md.

Producers send Distance, HealthPoints, Latitude, Longitude, MagicPoints, Name, StatusTime and, the later ones,
FieldService; the case of the names does not matter, fields of other names are ignored.

    reason              when
    not_an_object       the record is a number, a text, a list, …
    ambiguous_field     one field under two spellings (Distance and distance: `wildrydes.strict_json`)
    missing_field       one of the seven is absent or null
    not_a_number        a text that is no number, a boolean, a list, …
    not_finite          NaN, Infinity, 1e999
    out_of_range        latitude beyond ±90, longitude beyond ±180, a distance of 0 or less, a size beyond ±1e9,
                        FieldService other than 0 and 1, a date before 1980 or after 2099
    unreadable_time     StatusTime is none of the spellings of `wildrydes.rides.times`
    unreadable_name     Name is not a text, or empty, or over 200 characters, or holds control characters
    too_far             no ground station is near enough (`wildrydes.rides.stations`)

Each message names the field, its value, and what was expected.

The canonical record is what all spellings of one ride have in common: the seven fields in one order, numbers as the
shortest text of their double, the time to the millisecond, and a service_requested of null, whatever FieldService is:
that becomes known after the ride, and the same ride may come again with it (docs/decisions/0020). Its SHA-256 makes the
ride_id.
"""

import re
from collections.abc import Iterable
from hashlib import sha256
from itertools import islice
from json.encoder import JSONEncoder, encode_basestring  # pyright: ignore[reportAttributeAccessIssue]
from operator import itemgetter
from typing import Any, NamedTuple

from wildrydes import strict_json
from wildrydes.errors import BadRide
from wildrydes.labels import heavy_utilization
from wildrydes.measures import LARGEST, measure
from wildrydes.rides.times import FIRST_YEAR, LAST_YEAR, local_time

FIELDS = ("Name", "StatusTime", "Latitude", "Longitude", "Distance", "HealthPoints", "MagicPoints")
LONGEST_NAME = 200
LONGEST_IN_DETAIL = 40
"""Characters of a value that a message quotes."""

_POINTS = f"a number from -{LARGEST:,.0f} to {LARGEST:,.0f}"
EXPECTED = {
    "Name": f"a text of 1 to {LONGEST_NAME} characters, without control characters",
    "StatusTime": f"a time of {FIRST_YEAR} to {LAST_YEAR}: YYYY-MM-DD HH:MM:SS.mmm, ISO 8601, or seconds or "
    "milliseconds since 1970",
    "Latitude": "a number of degrees from -90 to 90",
    "Longitude": "a number of degrees from -180 to 180",
    "Distance": f"a number of miles above 0, {LARGEST:,.0f} at most",
    "HealthPoints": _POINTS,
    "MagicPoints": _POINTS,
    "FieldService": "0, 1, null or no such field",
}
"""What each field must be, in the words of the messages."""

_SMALLEST = 5e-324
"""The first double above 0."""

_UNREADABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_FIELDS = frozenset(FIELDS)
_SPELLED = {field.lower(): field for field in (*FIELDS, "FieldService")}
_seven = itemgetter(*FIELDS)


class Ride(NamedTuple):
    """A checked ride. A tuple: one is made for every record, and a frozen dataclass takes three times as long.

    `statustime` is New York's local time, 'YYYY-MM-DD HH:MM:SS.mmm'; latitude and longitude in degrees; distance in
    miles as the producer sends them; `service_requested` is 0, 1 or None.
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
        detail = f"the record is {excerpt(record)}; expected an object with the fields {', '.join(FIELDS)}"
        raise BadRide("not_an_object", None, detail)
    try:
        return _ride(record)
    except BadRide as bad:
        if bad.reason == "ambiguous_field":
            raise
        field = str(bad.field)
        raise BadRide(bad.reason, field, f"{_fault(record, field, bad)}; expected {EXPECTED[field]}") from None


def canonical(ride: Ride) -> str:
    """The canonical record as the inside of a JSON object, the same text for every spelling of the same ride."""
    name, time, latitude, longitude, distance, health, magic, _ = ride
    return (
        f'"name":{encode_basestring(name)},"statustime":"{time}","latitude":{latitude!r},"longitude":{longitude!r},'
        f'"distance":{distance!r},"healthpoints":{health!r},"magicpoints":{magic!r},'
        '"service_requested":null'
    )


def ride_id(canonical_record: str) -> str:
    """The first 32 hex digits of the SHA-256 of a canonical record."""
    return sha256(canonical_record.encode()).hexdigest()[:32]


def digests(canonical_records: Iterable[bytes]) -> list[bytes]:
    """The `ride_id` of each of many canonical records in UTF-8, as the 16 bytes that its hex digits stand for."""
    # A call for each would cost a tenth of it.
    return [sha256(each).digest()[:16] for each in canonical_records]


def processed_line(
    ride: Ride, canonical_record: str, id_of_ride: str, groundstation: str, arrived_at: str | None, position: int
) -> str:
    """The ride as a line under processed/: one JSON object and a line feed.

    `arrived_at` is when it was sent, as `wildrydes.bucket.arrival_time` writes it, `position` the first byte of its
    record in its file, 0 for a message: by both the latest FieldService is the one that counts.
    """
    end = end_of_line(
        ride.service_requested, groundstation, heavy_utilization(ride.distance, ride.magicpoints), arrived_at
    )
    return f'{{"ride_id":"{id_of_ride}",{canonical_record.removesuffix("null")}{end}{position}}}\n'


def end_of_line(service_requested: int | None, groundstation: str, heavy: int, arrived_at: str | None) -> str:
    """What stands in a line under processed/ between "service_requested": and the position."""
    service = "null" if service_requested is None else service_requested
    arrival = "null" if arrived_at is None else f'"{arrived_at}"'
    return (
        f'{service},"groundstation":"{groundstation}","heavy_utilization":{heavy},"arrived_at":{arrival},'
        '"arrival_position":'
    )


def excerpt(value: Any) -> str:
    """A decoded JSON value as messages name it: the start of its JSON, or a text with what cannot be printed escaped.

    >>> excerpt("far"), excerpt([1, {"a": None}]), excerpt(10**50)
    ("'far'", '[1, {"a": null}]', '1000000000000000000000000000000000000000…')
    """
    if type(value) is str:
        return repr(value if len(value) <= LONGEST_IN_DETAIL else f"{value[:LONGEST_IN_DETAIL]}…")
    try:
        # Piece by piece: of a long list no more is encoded than is shown.
        text = "".join(islice(JSONEncoder().iterencode(value), LONGEST_IN_DETAIL))
    except ValueError:
        return "an integer of thousands of digits"
    return text if len(text) <= LONGEST_IN_DETAIL else f"{text[:LONGEST_IN_DETAIL]}…"


def _fault(record: dict[str, Any], field: str, bad: BadRide) -> str:
    """What is wrong with a field, with its value as it was sent."""
    values = [value for spelling, value in record.items() if spelling.lower() == field.lower()]
    if len(values) != 1:
        return bad.detail
    (value,) = values
    length = f", {len(value)} characters long" if type(value) is str and len(value) > LONGEST_IN_DETAIL else ""
    return f"{field} is {excerpt(value)}{length}"


def _ride(record: dict[str, Any]) -> Ride:
    """The ride in an object. Raises BadRide; its detail is of use where the record has the field not once alone."""
    if len(record) != (8 if "FieldService" in record else 7) or not record.keys() >= _FIELDS:
        record = _in_camel_case(record)
    name, time, latitude, longitude, distance, health, magic = _seven(record)
    # Most are plain numbers within their range: they need no call.
    if type(latitude) is not float or not -90.0 <= latitude <= 90.0:
        latitude = _within("Latitude", latitude, -90.0, 90.0)
    if type(longitude) is not float or not -180.0 <= longitude <= 180.0:
        longitude = _within("Longitude", longitude, -180.0, 180.0)
    if type(distance) is not float or not 0.0 < distance <= LARGEST:
        distance = _within("Distance", distance, _SMALLEST, LARGEST)
    return Ride(
        _check_name(name),
        local_time(time),
        latitude + 0.0,
        longitude + 0.0,
        distance,
        measure("HealthPoints", health),
        measure("MagicPoints", magic),
        _flag(record.get("FieldService")),
    )


def _within(field: str, value: Any, least: float, most: float) -> float:
    """The number in `value`. Raises BadRide."""
    number = measure(field, value)
    if not least <= number <= most:
        raise BadRide("out_of_range", field, "")
    return number


def _in_camel_case(record: dict[str, Any]) -> dict[str, Any]:
    """The record with its fields as FIELDS spell them, others left out."""
    if fault := strict_json.ambiguity((spelling, record[spelling]) for spelling in record if _is_field(spelling)):
        raise BadRide(fault.reason, fault.field, fault.detail)
    spellings = {_SPELLED[spelling.lower()]: spelling for spelling in record if _is_field(spelling)}
    for field in FIELDS:
        if field not in spellings:
            raise BadRide("missing_field", field, f"{field} is missing")
    return {field: record[spelling] for field, spelling in spellings.items()}


def _is_field(spelling: str) -> bool:
    return spelling.lower() in _SPELLED


def _check_name(name: Any) -> str:
    if type(name) is str and 0 < len(name) <= LONGEST_NAME and not _UNREADABLE.search(name):
        return name
    raise BadRide("missing_field" if name is None else "unreadable_name", "Name", "")


def _flag(value: Any) -> int | None:
    """FieldService: 0, 1, or None where absent or null."""
    if value is None:
        return None
    number = measure("FieldService", value)
    if number not in (0.0, 1.0):
        raise BadRide("out_of_range", "FieldService", "")
    return int(number)
