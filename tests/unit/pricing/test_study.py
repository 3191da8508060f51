"""Who pays too much and who too little: the answer on rides whose law is known, and on noise."""

from random import Random

import pytest

from wildrydes.errors import NoPrices
from wildrydes.pricing.overcharge import PricedRide, compare
from wildrydes.pricing.rule import fit_rule
from wildrydes.pricing.study import RideOfSplit, Study, answer, conduct, sentences

DAYS = {
    "fine": (100.0, 200.0, 0.0),
    "hot": (180.0, 320.0, 0.0),
    "cold": (-60.0, 10.0, 0.0),
    "rain": (90.0, 150.0, 80.0),
}
WEATHER = {"fine": 0.0, "hot": 300.0, "cold": 250.0, "rain": 200.0}
"""Points that a ride costs more in each band."""


def rides(count: int, seed: int, chance: float = 200.0) -> list[tuple[str, RideOfSplit]]:
    """Rides of a known law with a perfect model's price: half of them in fine weather."""
    draw, result = Random(seed), []
    for _ in range(count):
        band = draw.choice(("fine", "fine", "fine", "hot", "cold", "rain"))
        distance = draw.uniform(3, 60)
        law = 500 + 20 * distance + WEATHER[band]
        result.append((band, RideOfSplit(distance, *DAYS[band], law + draw.gauss(0, chance), law)))
    return result


def true_overcharge(of_rides: list[tuple[str, RideOfSplit]], train: list[tuple[float, float]]) -> dict[str, float]:
    rule = fit_rule(train)
    scale = sum(ride.price for _, ride in of_rides) / sum(rule.price(ride.distance) for _, ride in of_rides)
    apart: dict[str, list[float]] = {}
    for band, ride in of_rides:
        apart.setdefault(band, []).append(scale * rule.price(ride.distance) - ride.price)
    return {band: sum(values) / len(values) for band, values in apart.items()}


TRAIN = [(ride.distance, ride.points) for _, ride in rides(2000, 1)]
TEST = rides(600, 2)


@pytest.fixture(scope="module")
def study() -> Study:
    return conduct(iter(TRAIN), (ride for _, ride in TEST))


def test_the_true_overcharge_of_each_band_is_within_the_interval(study: Study) -> None:
    truth = true_overcharge(TEST, TRAIN)
    for band in study.bands:
        assert band.overcharge is not None
        assert band.against_price is not None
        assert band.overcharge.low < truth[band.band] < band.overcharge.high, band
        assert band.against_price.mean == pytest.approx(truth[band.band], abs=12)
        assert band.rides == sum(name == band.band for name, _ in TEST)
    assert answer(study) == "yes"


def test_rule_prices_and_points_have_one_total(study: Study) -> None:
    totals = {
        name: sum(band.rides * getattr(band, name) for band in study.bands) for name in ("rule", "price", "points")
    }
    assert totals["rule"] == pytest.approx(totals["points"])
    assert totals["price"] == pytest.approx(totals["points"])
    assert totals["points"] == pytest.approx(sum(ride.points for _, ride in TEST))


def test_percent_are_of_what_is_compared_with(study: Study) -> None:
    fine = study.bands[0]
    assert fine.overcharge is not None
    assert fine.against_price is not None
    assert fine.overcharge.percent == pytest.approx(100 * fine.overcharge.mean / fine.points)
    assert fine.against_price.percent == pytest.approx(100 * fine.against_price.mean / fine.price)


def test_of_points_without_weather_no_overcharge_is_reported() -> None:
    draw = Random(3)
    noise = [ride._replace(points=draw.uniform(0, 9998), price=5000 + draw.gauss(0, 40)) for _, ride in rides(900, 4)]
    study = conduct([(ride.distance, draw.uniform(0, 9998)) for ride in noise], noise)
    assert (answer(study), study.bands, study.to_json()["bands"]) == ("noise", (), [])
    assert "magic points are noise" in " ".join(sentences(study))


def test_a_model_that_misses_a_band_is_named_and_the_overcharge_is_still_right() -> None:
    blind = [(band, ride._replace(price=ride.price - 150 * (band == "hot"))) for band, ride in TEST]
    study = conduct(TRAIN, [ride for _, ride in blind])
    hot = study.bands[1]
    assert hot.price_error is not None
    assert hot.overcharge is not None
    assert hot.price_error.is_certain
    assert hot.overcharge.low < true_overcharge(TEST, TRAIN)["hot"] < hot.overcharge.high
    assert any(line.startswith("Do not set prices for hot weather by this model") for line in sentences(study))


def test_a_band_of_few_rides_gets_no_interval() -> None:
    few = compare(
        [PricedRide("fine", 100, 100, 100.0 + number) for number in range(20)] + [PricedRide("hot", 1, 1, 1)] * 9
    )
    assert [(band.band, band.rides, band.overcharge is None) for band in few] == [
        ("fine", 20, False),
        ("hot", 9, True),
        ("cold", 0, True),
        ("rain", 0, True),
    ]


def test_what_cannot_be_priced_is_refused() -> None:
    with pytest.raises(NoPrices, match="no two distances that differ"):
        fit_rule([(3.0, 1.0), (3.0, 2.0)])
    with pytest.raises(NoPrices, match="the test split has no rides"):
        conduct(TRAIN, [])
    with pytest.raises(NoPrices, match="do not add up to more than zero"):
        compare([PricedRide("fine", 1, -1, 1)])
