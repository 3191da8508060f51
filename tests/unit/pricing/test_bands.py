"""Weather bands: each day is in one, by the first limit that it reaches."""

import pytest

from wildrydes.pricing.bands import BANDS, LIMITS, band_of


@pytest.mark.parametrize(
    ("weather", "band"),
    [
        ((50, 150, 0), "fine"),
        ((0, 279, 9), "fine"),
        ((200, 280, 0), "hot"),
        ((-1, 100, 0), "cold"),
        ((200, 320, 10), "rain"),
        ((-80, -10, 10), "rain"),
        ((-1, 280, 0), "hot"),
    ],
)
def test_a_day_is_in_the_first_band_whose_limit_it_reaches(weather: tuple[float, float, float], band: str) -> None:
    assert band_of(*weather) == band


def test_the_limits_are_stated_in_degrees_and_millimetres() -> None:
    assert BANDS == ("fine", "hot", "cold", "rain")
    assert LIMITS["hot"].endswith("TMAX of 28 °C or more")
    assert LIMITS["cold"].endswith("TMIN below 0 °C")
    assert LIMITS["rain"] == "PRCP of 1 mm or more"
