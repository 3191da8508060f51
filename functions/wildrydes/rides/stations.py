"""The ground stations, and which one is nearest to a position.

Distance is the great-circle distance by the haversine formula (R. W. Sinnott, "Virtues of the Haversine",
Sky & Telescope 68 (2), 1984): a = sin²(Δφ/2) + cos φ₁ cos φ₂ sin²(Δλ/2), d = 2 R asin √a. It grows with `a`, so `a`
alone decides which station is nearest.
"""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from math import asin, cos, hypot, inf, pi, radians, sin, sqrt
from operator import itemgetter
from pathlib import Path
from typing import Protocol

from wildrydes.errors import BadRide

EARTH_RADIUS_KM = 6371.0088
"""Mean radius R₁ of the Earth (IUGG)."""

KM_A_MILE = 1.609344
"""The statute mile."""

MAX_STATION_MILES = 1500.0
"""How far a ride may be from the nearest station, by default."""

_MOST_CELLS = 1 << 14


@dataclass(frozen=True)
class GroundStation:
    """A weather station: GHCN id, position in degrees, elevation in metres."""

    id: str
    latitude: float
    longitude: float
    elevation: float
    name: str


@cache
def ground_stations() -> tuple[GroundStation, ...]:
    """All stations, in the order of ground_stations.csv."""
    with Path(__file__).with_name("ground_stations.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            GroundStation(
                row["id"], float(row["latitude"]), float(row["longitude"]), float(row["elevation"]), row["name"]
            )
            for row in csv.DictReader(file)
        )


def distance_km(latitude: float, longitude: float, station: GroundStation) -> float:
    """Great-circle distance in km from a position in degrees to a station."""
    north, east = radians(latitude), radians(longitude)
    north_of, east_of = radians(station.latitude), radians(station.longitude)
    a = sin((north_of - north) / 2) ** 2 + cos(north) * cos(north_of) * sin((east_of - east) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(a)))


class Position(Protocol):
    """What has a latitude and a longitude, in degrees."""

    latitude: float
    longitude: float


@cache
def nearest_station(max_miles: float = inf) -> Callable[[float, float], str]:
    """A function of latitude and longitude (degrees) that gives the id of the nearest station.

    Of two equally near, the first in the list. The function raises BadRide with reason `too_far` where the nearest is
    farther than `max_miles` (statute miles). Most rides are in a few cells of the map, and in most cells one station is
    the nearest wherever the ride is.
    """
    cells, calculate = _cells(max_miles), _nearest_by_haversine(max_miles)

    def nearest(latitude: float, longitude: float) -> str:
        # Whole numbers above 0, of both directions in one.
        cell = int(latitude * 128.0 + 16384.0) << 16 | int(longitude * 128.0 + 32768.0)
        if station := cells.get(cell):
            return station
        if station is None and len(cells) < _MOST_CELLS:
            cells[cell] = _nearest_to_all_of(cell, max_miles)
        return calculate(latitude, longitude)

    return nearest


def nearest_stations(max_miles: float = inf) -> Callable[[Iterable[Position]], list[str]]:
    """A function that gives for each of many positions what that of `nearest_station` gives."""
    cells, nearest = _cells(max_miles), nearest_station(max_miles)
    # The same cells as there: a call for each position would cost as much again.
    return lambda positions: [
        cells.get(int(each.latitude * 128.0 + 16384.0) << 16 | int(each.longitude * 128.0 + 32768.0))
        or nearest(each.latitude, each.longitude)
        for each in positions
    ]


@cache
def _cells(_max_miles: float) -> dict[int, str]:
    """What is known of cells: the station that is the nearest to all of one, or "" where that is not certain."""
    return {}


def _nearest_by_haversine(max_miles: float) -> Callable[[float, float], str]:
    """The function of `nearest_station`, calculated. The stations' own sines and cosines are taken once here."""
    stations = [(radians(s.latitude), radians(s.longitude), cos(radians(s.latitude)), s.id) for s in ground_stations()]
    half_angle = max_miles * KM_A_MILE / EARTH_RADIUS_KM / 2
    farthest = sin(half_angle) ** 2 if half_angle < pi / 2 else inf

    def nearest(latitude: float, longitude: float) -> str:
        north, east = latitude * 0.017453292519943295, longitude * 0.017453292519943295
        cos_north = cos(north)
        least, nearest_id = 9.0, ""
        for north_of, east_of, cos_north_of, station in stations:
            across, along = sin((north_of - north) * 0.5), sin((east_of - east) * 0.5)
            a = across * across + cos_north * cos_north_of * along * along
            if a < least:
                least, nearest_id = a, station
        if least > farthest:
            raise _too_far(latitude, longitude, max_miles)
        return nearest_id

    return nearest


def _nearest_to_all_of(cell: int, max_miles: float) -> str:
    """The station that is the nearest to each position of a cell and near enough to it; "" where that is not certain.

    No position is farther from the cell's middle than `radius`, so it is nearer to a station by `radius` at most than
    the middle is, and farther by no more. A metre is added for the rounding of numbers.
    """
    latitude, longitude = ((cell >> 16) - 16383.5) / 128.0, ((cell & 0xFFFF) - 32767.5) / 128.0
    radius = EARTH_RADIUS_KM * hypot(radians(0.5 / 128.0), radians(0.5 / 128.0)) + 0.001
    (least, station), *others = sorted((distance_km(latitude, longitude, s), s.id) for s in ground_stations())
    is_nearest = all(distance - least > 2 * radius for distance, _ in others)
    return station if is_nearest and least + radius < max_miles * KM_A_MILE else ""


def miles_to_nearest(latitude: float, longitude: float) -> tuple[float, GroundStation]:
    """How far the nearest station is in statute miles, and which one it is."""
    distances = [(distance_km(latitude, longitude, station), station) for station in ground_stations()]
    kilometres, station = min(distances, key=itemgetter(0))
    return kilometres / KM_A_MILE, station


def _too_far(latitude: float, longitude: float, max_miles: float) -> BadRide:
    miles, station = miles_to_nearest(latitude, longitude)
    detail = (
        f"Latitude is {latitude!r} and Longitude is {longitude!r}, {miles:,.1f} miles from {station.id} "
        f"({station.name}), the nearest ground station; expected at most {max_miles:,g} miles"
    )
    if abs(longitude) <= 90.0 and (exchanged := miles_to_nearest(longitude, latitude)[0]) <= max_miles:
        detail += f". With Latitude and Longitude exchanged it is {exchanged:,.1f} miles"
    return BadRide("too_far", "Latitude", detail)
