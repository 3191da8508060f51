from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wildrydes.errors import BadRide
from wildrydes.labels import heavy_utilization
from wildrydes.rides.files import records
from wildrydes.rides.ride import parse
from wildrydes.rides.stations import (
    EARTH_RADIUS_KM,
    GroundStation,
    distance_km,
    ground_stations,
    miles_to_nearest,
    nearest_station,
)

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "rides"


def test_the_four_stations_are_those_of_the_csv_file() -> None:
    assert [(s.id, s.latitude, s.longitude, s.elevation, s.name) for s in ground_stations()] == [
        ("US1NYNY0074", 40.7969, -73.9330, 6.1, "NEW YORK 8.8 N"),
        ("USW00014732", 40.7794, -73.8803, 3.4, "LAGUARDIA AP"),
        ("USW00094728", 40.7789, -73.9692, 39.6, "CNTRL PK TWR"),
        ("USW00094789", 40.6386, -73.7622, 3.4, "JFK INTL AP"),
    ]


def test_distances_are_those_of_a_sphere() -> None:
    pole = GroundStation("X", 90.0, 0.0, 0.0, "POLE")
    quarter = 3.141592653589793 / 2 * EARTH_RADIUS_KM
    assert distance_km(0.0, 77.0, pole) == pytest.approx(quarter)
    assert distance_km(-90.0, 0.0, pole) == pytest.approx(2 * quarter)
    assert distance_km(40.7794, -73.8803, ground_stations()[1]) == 0.0


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_the_nearest_station_is_the_one_at_the_least_distance(latitude: float, longitude: float) -> None:
    distances = {station.id: distance_km(latitude, longitude, station) for station in ground_stations()}
    assert distances[nearest_station()(latitude, longitude)] == pytest.approx(min(distances.values()), abs=1e-6)


@pytest.mark.parametrize("station", ground_stations(), ids=lambda station: station.id)
def test_each_station_is_nearest_to_itself(station: GroundStation) -> None:
    assert nearest_station()(station.latitude, station.longitude) == station.id


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(1, 12_500))
def test_a_ride_is_too_far_when_its_nearest_station_is(latitude: float, longitude: float, max_miles: float) -> None:
    miles, station = miles_to_nearest(latitude, longitude)
    if abs(miles - max_miles) < 1e-6:
        return
    try:
        assert nearest_station(max_miles)(latitude, longitude) == station.id or miles == 0
        assert miles < max_miles
    except BadRide as bad:
        assert miles > max_miles
        assert (bad.reason, bad.field) == ("too_far", "Latitude")
        assert f"{miles:,.1f} miles from {station.id} ({station.name}), the nearest ground station" in bad.detail
        assert f"; expected at most {max_miles:,g} miles" in bad.detail


def test_exchanged_coordinates_are_recognised() -> None:
    with pytest.raises(BadRide) as raised:
        nearest_station(1500.0)(-73.97, 40.7)
    assert raised.value.detail.endswith("With Latitude and Longitude exchanged it is 5.5 miles")
    with pytest.raises(BadRide) as raised:
        nearest_station(1500.0)(0.0, 0.0)
    assert "exchanged" not in raised.value.detail


def test_half_the_circumference_is_far_enough_for_every_ride() -> None:
    assert nearest_station(12_500.0)(-40.78, 106.03) == nearest_station()(-40.78, 106.03)


@pytest.mark.parametrize(("name", "far", "farthest"), [("array", 4490, 144.1), ("travel_data", 9812, 1082.5)])
@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data is absent")
def test_the_real_files_stay_however_far_they_are(name: str, far: int, farthest: float) -> None:
    values = [value for _, _, value, _ in records([(SHARED / f"ride_data.{name}.json").read_bytes()])]
    miles = [miles_to_nearest(ride.latitude, ride.longitude)[0] for ride in map(parse, values)]
    assert (sum(each > 60 for each in miles), round(max(miles), 1)) == (far, farthest)


def test_fifty_magic_points_a_mile_are_heavy_utilization() -> None:
    assert heavy_utilization(30.0, 1500.0) == 1
    assert heavy_utilization(30.0, 1499.999) == 0
    assert heavy_utilization(0.0, 0.0) == 1
