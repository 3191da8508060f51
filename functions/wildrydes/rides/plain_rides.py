"""A list of plain records -> their rides as they are written under processed/, all at once: most rides come this way.

They have nothing to judge: the fields as FIELDS spell them, numbers within their ranges, a time that is readable, a
station near enough. msgspec decodes and checks that. Of everything else this module says only that it is not plain, and
`wildrydes.rides.ride` reads it again, record by record. So each rule stands there, and what is here may never take what
that refuses, nor write it another way: tests hold the two against each other.

    what no type of msgspec says                            how it shows, for all records of a list at once
    a key that is there twice                               more quotation marks than the fields and their texts have
    -0.0, and numbers that Python writes with an exponent   how msgspec wrote them
    a day that does not exist                               the days of the list, a few, looked up one by one
"""

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Meta, UnsetType

from wildrydes.errors import BadRide
from wildrydes.labels import MAGIC_POINTS_A_MILE
from wildrydes.measures import LARGEST
from wildrydes.rides.ride import LONGEST_NAME, digests, end_of_line
from wildrydes.rides.runs import RunReader
from wildrydes.rides.stations import ground_stations, nearest_stations
from wildrydes.rides.times import FIRST_YEAR, LAST_YEAR, local_time

_Points = Annotated[float, Meta(ge=-LARGEST, le=LARGEST)]

_QUOTATION_MARKS = 18
"""Of a record without FieldService: two for each of its seven fields, and for each of its two texts."""

_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_TIME = b"0000-00-00 00:00:00.000\n"
_HOURS = frozenset(f"{hour:02}" for hour in range(24))
_SMALLEST = 1e-4
"""Above it, and up to LARGEST, Python and msgspec write a number the same way. A smaller one is looked at as it is
written; of latitude and longitude, the quarter of the Earth where the stations are has none."""

_OTHER_NUMBER = re.compile(rb":-0\.0,|:-?0\.0000|[0-9]e-")


class _Record(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A record as producers spell it. A key that is there twice is not seen: see `_has_no_key_twice`."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)] = msgspec.field(name="Name")
    statustime: str = msgspec.field(name="StatusTime")
    latitude: Annotated[float, Meta(ge=_SMALLEST, le=90.0)] = msgspec.field(name="Latitude")
    longitude: Annotated[float, Meta(ge=-180.0, le=-_SMALLEST)] = msgspec.field(name="Longitude")
    distance: Annotated[float, Meta(ge=_SMALLEST, le=LARGEST)] = msgspec.field(name="Distance")
    healthpoints: _Points = msgspec.field(name="HealthPoints")
    magicpoints: _Points = msgspec.field(name="MagicPoints")
    service: Literal[0, 1] | UnsetType | None = msgspec.field(name="FieldService", default=UNSET)


class _Canonical(msgspec.Struct, gc=False):
    """What `wildrydes.rides.ride.canonical` writes, within the brackets of an object."""

    name: str
    statustime: str
    latitude: float
    longitude: float
    distance: float
    healthpoints: float
    magicpoints: float
    service_requested: None = None


class PlainRides(NamedTuple):
    """Rides by columns, in UTF-8: digests, canonical records but the null, what `end_of_line` gives, FieldServices.

    `years` are those of their local times, 'YYYY'.
    """

    digests: Sequence[bytes]
    records: Sequence[bytes]
    ends: Sequence[bytes]
    services: Sequence[int | None]
    years: Sequence[str]


def ride_reader(max_station_miles: float, arrived_at: str | None) -> RunReader:
    """A reader of runs whose content is a PlainRides; a record that is no plain ride ends them."""
    nearest, ends = nearest_stations(max_station_miles), _ends_of_lines(arrived_at)

    def make(data: bytes, listed: bytes, number: int) -> PlainRides | None:
        try:
            records = _decode(listed)
            times = _local_times([record.statustime for record in records])
            stations = nearest(records)
        except (msgspec.DecodeError, RecursionError, BadRide):
            return None
        services = [record.service for record in records]
        if len(records) != number or b"\x7f" in data or not _has_no_key_twice(data, services):
            return None
        lines = _encode(_canonical(records, times))
        if _has_small_points(records) and _OTHER_NUMBER.search(lines):
            return None
        services = [None if service is UNSET else service for service in services]
        last = [
            ends[service, station, each.magicpoints >= MAGIC_POINTS_A_MILE * each.distance]
            for service, station, each in zip(services, stations, records, strict=True)
        ]
        canonical = [line[1:-1] for line in lines.split(b"\n")[:-1]]
        return PlainRides(
            digests(canonical), [line[:-4] for line in canonical], last, services, [time[:4] for time in times]
        )

    return RunReader(make)


_decode = msgspec.json.Decoder(list[_Record]).decode
_encode = msgspec.json.Encoder().encode_lines


@lru_cache(maxsize=64)
def _ends_of_lines(arrived_at: str | None) -> dict[tuple[int | None, str, bool], bytes]:
    """What `end_of_line` gives, by the FieldService, the station and whether the ride is heavy."""
    return {
        (service, station.id, heavy): end_of_line(service, station.id, int(heavy), arrived_at).encode()
        for station in ground_stations()
        for heavy in (False, True)
        for service in (None, 0, 1)
    }


def _canonical(records: Sequence[_Record], times: Sequence[str]) -> list[_Canonical]:
    return [
        _Canonical(each.name, time, each.latitude, each.longitude, each.distance, each.healthpoints, each.magicpoints)
        for each, time in zip(records, times, strict=True)
    ]


def _local_times(times: Sequence[str]) -> Sequence[str]:
    """The local times in texts. Raises BadRide."""
    column = "\n".join([*times, ""]).encode()
    if column.translate(_DIGITS) != _TIME * len(times) or not _are_on_the_clock(times, column):
        return [local_time(time) for time in times]
    return times


def _are_on_the_clock(times: Sequence[str], column: bytes) -> bool:
    """Whether local times of one shape, which are in the column too, one below the other, exist."""
    row = len(_TIME)
    tens = column[14::row] + column[17::row]
    return (
        not tens.translate(None, b"012345")
        and {time[11:13] for time in times} <= _HOURS
        and all(map(_is_day, {time[:10] for time in times}))
    )


@lru_cache(maxsize=1 << 16)
def _is_day(day: str) -> bool:
    try:
        return FIRST_YEAR <= date.fromisoformat(day).year <= LAST_YEAR
    except ValueError:
        return False


def _has_no_key_twice(data: bytes, services: Sequence[object]) -> bool:
    with_service = len(services) - services.count(UNSET)
    return data.count(b'"') == _QUOTATION_MARKS * len(services) + 2 * with_service


def _has_small_points(records: Sequence[_Record]) -> bool:
    # A list takes two thirds of what any() of a generator does.
    return True in [each.healthpoints < _SMALLEST or each.magicpoints < _SMALLEST for each in records]
