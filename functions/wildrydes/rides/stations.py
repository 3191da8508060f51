"""The ground stations, and which one is nearest to a position.

Distance is the great-circle distance by the haversine formula (R. W. Sinnott, "Virtues of the Haversine",
Sky & Telescope 68 (2), 1984): a = sin²(Δφ/2) + cos φ₁ cos φ₂ sin²(Δλ/2), d = 2 R asin √a. It grows with `a`, so `a`
alone decides which station is nearest.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import asin, cos, radians, sin, sqrt
from pathlib import Path

EARTH_RADIUS_KM = 6371.0088
"""Mean radius R₁ of the Earth (IUGG)."""


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


@cache
def nearest_station() -> Callable[[float, float], str]:
    """A function of latitude and longitude (degrees) that gives the id of the nearest station.

    The stations' own sines and cosines are taken once here. Of two equally near, the first in the list.
    """
    stations = [(radians(s.latitude), radians(s.longitude), cos(radians(s.latitude)), s.id) for s in ground_stations()]

    def nearest(latitude: float, longitude: float) -> str:
        north, east = latitude * 0.017453292519943295, longitude * 0.017453292519943295
        cos_north = cos(north)
        least, nearest_id = 9.0, ""
        for north_of, east_of, cos_north_of, station in stations:
            across, along = sin((north_of - north) * 0.5), sin((east_of - east) * 0.5)
            a = across * across + cos_north * cos_north_of * along * along
            if a < least:
                least, nearest_id = a, station
        return nearest_id

    return nearest
