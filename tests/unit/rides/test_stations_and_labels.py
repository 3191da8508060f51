import pytest
from hypothesis import given
from hypothesis import strategies as st

from wildrydes.labels import heavy_utilization
from wildrydes.rides.stations import EARTH_RADIUS_KM, GroundStation, distance_km, ground_stations, nearest_station


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


def test_fifty_magic_points_a_mile_are_heavy_utilization() -> None:
    assert heavy_utilization(30.0, 1500.0) == 1
    assert heavy_utilization(30.0, 1499.999) == 0
    assert heavy_utilization(0.0, 0.0) == 1
