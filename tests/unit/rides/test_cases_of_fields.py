"""Whole files of what producers send: rides in other cities, times in other spellings, rides that come again."""

import gzip
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stored_rides import unpack
from wildrydes.bucket import Source
from wildrydes.rides.files import records
from wildrydes.rides.ingestion import Ingested, ingest

CASES = Path(__file__).resolve().parents[4] / "shared" / "data" / "cases"
RIDE: dict[str, Any] = {
    "Distance": 30.25,
    "HealthPoints": 7399,
    "Latitude": 40.75,
    "Longitude": -73.98,
    "MagicPoints": 3191,
    "Name": "Shadowfax",
    "StatusTime": "2018-03-01 08:15:00.000",
}
here = pytest.mark.skipif(not CASES.exists(), reason="../shared/data/cases is absent")


def ingested(data: bytes) -> Ingested:
    return ingest(records([data]), Source("raw/x.json", "e"))


def processed(result: Ingested) -> list[dict[str, Any]]:
    return [json.loads(line) for line in unpack(result.processed).splitlines()]


def rejected(result: Ingested) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(result.rejected).splitlines()]


@here
def test_rides_in_berlin_or_at_exchanged_or_absent_coordinates_are_too_far() -> None:
    result = ingested((CASES / "22-far-away" / "berlin.json").read_bytes())
    assert (result.counts.read, result.counts.accepted, result.counts.repeated) == (320, 0, 0)
    assert result.counts.rejected_by_reason == {"too_far": 320}
    details = Counter("exchanged" in line["detail"] for line in rejected(result))
    assert details == {False: 310, True: 10}


@pytest.mark.parametrize(
    ("latitude", "longitude", "miles"),
    [
        (51.51, -0.13, "3,453.0"),
        (34.05, -118.24, "2,447.1"),
        (40.75, 73.98, "6,453.7"),
        (-40.75, -73.98, "5,623.4"),
        (90.0, 0.0, "3,399.6"),
    ],
    ids=["London", "Los Angeles", "no sign", "a sign too many", "the pole"],
)
def test_rides_elsewhere_are_too_far(latitude: float, longitude: float, miles: str) -> None:
    elsewhere = [RIDE | {"Latitude": latitude, "Longitude": longitude, "Distance": n} for n in (1, 2)]
    result = ingested(json.dumps([*elsewhere, RIDE]).encode())
    assert (result.counts.accepted, result.counts.rejected_by_reason) == (1, {"too_far": 2})
    assert f", {miles}" in rejected(result)[0]["detail"]


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [(47.56, -52.71), (25.76, -80.19), (32.37, -64.69), (41.88, -87.63), (42.36, -71.06)],
    ids=["St. John's", "Miami", "Bermuda", "Chicago", "Boston"],
)
def test_rides_within_reach_stay(latitude: float, longitude: float) -> None:
    assert ingested(json.dumps(RIDE | {"Latitude": latitude, "Longitude": longitude}).encode()).counts.accepted == 1


@here
def test_times_with_zones_and_numbers_become_local() -> None:
    result = ingested((CASES / "23-epoch-and-iso-times" / "rides.json").read_bytes())
    assert result.counts.rejected == 0
    assert [ride["statustime"] for ride in processed(result)] == [
        "2018-03-01 03:15:00.000",
        "2018-03-01 02:15:00.250",
        "2018-02-28 22:30:00.000",
        "2018-03-01 03:15:00.000",
        "2018-03-01 03:15:00.250",
        "2018-03-01 03:15:00.000",
        "2018-03-01 08:15:00.000",
        "2018-03-01 08:15:00.000",
    ]


@pytest.mark.parametrize(
    ("spelling", "local"),
    [
        ("2018-07-01T03:59:59.999Z", "2018-06-30 23:59:59.999"),
        ("2018-07-01 00:00:00+09:00", "2018-06-30 11:00:00.000"),
        ("1530417600000", "2018-07-01 00:00:00.000"),
        (1530417599.5, "2018-06-30 23:59:59.500"),
        ("2018-07-01T00:00", "2018-07-01 00:00:00.000"),
    ],
    ids=["UTC in summer", "Tokyo", "a text of milliseconds", "seconds with a fraction", "no seconds"],
)
def test_a_time_takes_the_day_of_new_york(spelling: Any, local: str) -> None:
    (ride,) = processed(ingested(json.dumps(RIDE | {"StatusTime": spelling}).encode()))
    assert ride["statustime"] == local


@here
def test_rides_that_come_again_with_fieldservice_have_one_identity() -> None:
    folder = CASES / "20-told-later"
    first = processed(ingested((folder / "first.json").read_bytes()))
    again = processed(ingested((folder / "with-field-service.json").read_bytes()))
    assert {ride["ride_id"] for ride in first} == {ride["ride_id"] for ride in again}
    assert len({ride["ride_id"] for ride in first}) == len(first) == len(again) == 600
    assert {ride["service_requested"] for ride in first} == {None}
    assert {ride["service_requested"] for ride in again} == {0, 1}


COMES_AGAIN: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "with FieldService": lambda ride: ride | {"FieldService": 1},
    "with its fields in lower case": lambda ride: {
        name.lower(): value for name, value in (ride | {"FieldService": "1"}).items()
    },
    "with numbers in texts": lambda ride: ride | {"Distance": "30.250", "MagicPoints": "3191.0", "FieldService": 1.0},
    "with the time as ISO 8601": lambda ride: ride | {"StatusTime": "2018-03-01T13:15:00Z", "FieldService": 1},
    "with the time as a number": lambda ride: ride | {"StatusTime": 1519910100, "FieldService": 1},
}


@pytest.mark.parametrize("way", COMES_AGAIN)
def test_a_ride_that_comes_again_is_the_same_ride(way: str) -> None:
    again = COMES_AGAIN[way](RIDE)
    one_file = ingested(json.dumps([RIDE, again, again, RIDE]).encode())
    assert (one_file.counts.accepted, one_file.counts.repeated) == (2, 2)
    rows = processed(one_file)
    assert len({row["ride_id"] for row in rows}) == 1
    assert [row["service_requested"] for row in rows] == [None, 1]
