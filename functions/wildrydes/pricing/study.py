"""The answer to the first question of all: with weather known, who pays too much, and who too little?

train split ─> rule ─┐
test split ──────────┴─> each ride's band, rule, price, points ─> errors: is weather more than noise here?
                                                               └> overcharge by band, if it is

>>> study = conduct([(10, 300.0), (20, 500.0)], [])
Traceback (most recent call last):
wildrydes.errors.NoPrices: the test split has no rides
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from wildrydes.pricing.bands import FINE, LIMITS, band_of
from wildrydes.pricing.noise import ErrorComparison, PriceErrors
from wildrydes.pricing.overcharge import LEAST_RIDES, BandOfRides, Difference, PricedRide, compare
from wildrydes.pricing.rule import DistanceRule, fit_rule

NEEDED = ("distance", "TMIN", "TMAX", "PRCP")
"""The features without which a ride has no price by distance and no band."""


class RideOfSplit(NamedTuple):
    """A test ride: miles, tenths of °C and of mm, the points that it used, and the model's prediction of them."""

    distance: float
    tmin: float
    tmax: float
    prcp: float
    points: float
    price: float


@dataclass(frozen=True)
class Study:
    """The rule, the errors of rule and prices, and the bands; without bands where weather is no more than noise."""

    rule: DistanceRule
    errors: ErrorComparison
    bands: tuple[BandOfRides, ...]

    @property
    def is_noise(self) -> bool:
        """Whether the model's prices are no better than the rule, so that no overcharge is reported."""
        return not self.errors.is_better

    def to_json(self) -> dict[str, Any]:
        """The study as a JSON object, with the answer in a word and in sentences, and the limits of the bands."""
        return {
            "answer": answer(self),
            "sentences": list(sentences(self)),
            "rule": self.rule._asdict(),
            "errors": asdict(self.errors),
            "bands": [_band_json(band) for band in self.bands],
        }


def conduct(train: Iterable[tuple[float, float]], test: Iterable[RideOfSplit]) -> Study:
    """The study of a test split, with the rule fitted to distances and points of the train split. Raises NoPrices."""
    rule, errors = fit_rule(train), PriceErrors()
    bands = tuple(compare(_priced(test, rule, errors)))
    comparison = errors.comparison()
    return Study(rule, comparison, bands if comparison.is_better else ())


def _priced(test: Iterable[RideOfSplit], rule: DistanceRule, errors: PriceErrors) -> Iterator[PricedRide]:
    for ride in test:
        by_rule = rule.price(ride.distance)
        errors.add(ride.points, ride.price, by_rule)
        yield PricedRide(band_of(ride.tmin, ride.tmax, ride.prcp), by_rule, ride.price, ride.points)


def answer(study: Study) -> str:
    """`noise`; else `yes` if fine weather is overcharged and each bad one undercharged, `no` if none is, or `partly`.

    Only what is certain counts, and bands of too few rides do not.
    """
    if study.is_noise:
        return "noise"
    certain = [_as_expected(band) for band in study.bands if band.overcharge]
    return "yes" if certain and all(certain) else "partly" if any(certain) else "no"


def _as_expected(band: BandOfRides) -> bool:
    apart = band.overcharge
    return apart is not None and apart.is_certain and (apart.mean > 0) == (band.band == FINE)


def sentences(study: Study) -> Iterator[str]:
    """The answer for people, one fact a sentence."""
    yield _about_errors(study.errors)
    if study.is_noise:
        yield (
            "As far as this model can tell, magic points are noise: they follow the weather no more than chance does. "
            "No overcharge is reported."
        )
        return
    yield _ANSWERS[answer(study)]
    for band in study.bands:
        yield _about_band(band)
        if band.price_error and band.price_error.is_certain:
            yield (
                f"Do not set prices for {band.band} weather by this model: its prices there are "
                f"{_amount(band.price_error, 'too high', 'too low')}, compared with the points that the rides used."
            )


_ANSWERS = {
    "yes": "Yes: customers are overcharged in fine weather and undercharged in bad weather.",
    "partly": "In part: not in each band of weather is the difference certain, or as it was expected.",
    "no": "No: in no band is it certain that customers are overcharged in fine or undercharged in bad weather.",
}


def _about_errors(errors: ErrorComparison) -> str:
    verdict = "smaller than" if errors.is_better else "not certainly smaller than"
    return (
        f"On {errors.rides:,} test rides the RMSE of the model's prices is {errors.price_rmse:,.1f} points, {verdict} "
        f"the {errors.rule_rmse:,.1f} of a rule by distance alone: the difference is "
        f"{errors.difference:+,.1f}, "
        f"{100 * (1 - 2 * errors.level):.6g}% interval {errors.low:+,.1f} to {errors.high:+,.1f}."
    )


def _about_band(band: BandOfRides) -> str:
    rides = f"{band.rides:,} {'ride' if band.rides == 1 else 'rides'}"
    if band.overcharge is None:
        return f"{band.band.capitalize()}: {rides}, too few to say anything (at least {LEAST_RIDES} are needed)."
    certain = "" if band.overcharge.is_certain else " This may be chance."
    amount = _amount(band.overcharge, "overcharged", "undercharged")
    return f"{band.band.capitalize()}: {rides}, {amount}.{certain}"


def _amount(apart: Difference, above: str, below: str) -> str:
    word, sign = (above, 1) if apart.mean >= 0 else (below, -1)
    low, high = sorted((sign * apart.low, sign * apart.high))
    return (
        f"{word} by {abs(apart.mean):,.1f} points a ride ({abs(apart.percent):.1f}%; 95% interval {low:,.1f} to "
        f"{high:,.1f} points)"
    )


def _band_json(band: BandOfRides) -> dict[str, Any]:
    values = asdict(band) | {"limits": LIMITS[band.band]}
    apart: dict[str, Difference | None] = {
        "overcharge": band.overcharge,
        "against_price": band.against_price,
        "price_error": band.price_error,
    }
    certain = {name: each and asdict(each) | {"certain": each.is_certain} for name, each in apart.items()}
    return values | certain


def features_missing(features: Sequence[str]) -> list[str]:
    """Which of NEEDED a model does not look at."""
    return [name for name in NEEDED if name not in features]
