"""What today's rule charges too much or too little in each band of weather, and how sure that is.

Three sums of points are compared, ride by ride, on the same test rides: what the ride used, what the rule charges for
it, and what the model's price is. Rule and price are scaled so that each has the total of the points used: what
differs is who pays, not how much is paid.

    overcharge      rule less points used: right whatever the model is, since it compares with what happened
    against price   rule less price: what would change for customers if the model set the prices
    price error     price less points used: not zero where the model misses what weather costs

The intervals are the middle 95% of a bootstrap over the test rides (`wildrydes.evaluation.bootstrap`); each replicate
is scaled anew. That of `against price` takes the model as it is: its own error is not in it.

    >>> rides = [("fine", 110.0, 90.0, 91.0), ("rain", 90.0, 110.0, 109.0)] * 10
    >>> fine, _, _, rain = compare(map(PricedRide._make, rides))
    >>> fine.rides, fine.points, fine.overcharge.mean, fine.against_price.mean
    (10, 91.0, 19.0, 20.0)
    >>> rain.overcharge.mean, rain.overcharge.high < 0
    (-19.0, True)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wildrydes.errors import NoPrices
from wildrydes.evaluation import bootstrap
from wildrydes.evaluation.interval import Interval
from wildrydes.pricing.bands import BANDS

LEAST_RIDES = 10
"""A band of fewer rides gets no interval."""


class PricedRide(NamedTuple):
    """A test ride's band, and the points that the rule charges, that the model's price is, and that the ride used."""

    band: str
    rule: float
    price: float
    points: float


@dataclass(frozen=True)
class Difference:
    """Points a ride, on average, with their 95% interval; the same in percent of what is compared with."""

    mean: float
    low: float
    high: float
    percent: float
    percent_low: float
    percent_high: float

    @property
    def is_certain(self) -> bool:
        """Whether it differs from zero, by the whole interval."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class BandOfRides:
    """A band's rides: how many, and the mean points that they used, that the rule charges, and that the price is.

    The differences are None where there are fewer than LEAST_RIDES.
    """

    band: str
    rides: int
    points: float
    rule: float
    price: float
    overcharge: Difference | None
    against_price: Difference | None
    price_error: Difference | None


_PAIRS = {"overcharge": ("rule", "points"), "against_price": ("rule", "price"), "price_error": ("price", "points")}
_SUMS = ("rides", "rule", "price", "points")
_WIDTH = len(_SUMS)


def compare(rides: Iterable[PricedRide]) -> list[BandOfRides]:
    """Each band, in their order, also one without rides. Raises NoPrices where a total is not above zero."""
    columns = _sum_groups(rides)
    totals = [sum(column) for column in columns]
    values = _statistics(totals)
    if not values:
        raise NoPrices("the points used, those of the rule, or those of the prices do not add up to more than zero")
    intervals = bootstrap.intervals(columns, _statistics)
    return [_band(band, totals, values, intervals) for band in BANDS]


def _sum_groups(rides: Iterable[PricedRide]) -> list[list[float]]:
    """A column of sums by group of rides for each band and each of _SUMS. Rides are dealt out to groups in turn."""
    groups: list[list[float]] = []
    for number, ride in enumerate(rides):
        place = number % bootstrap.GROUPS
        if place == len(groups):
            groups.append([0.0] * (_WIDTH * len(BANDS)))
        first = _WIDTH * BANDS.index(ride.band)
        for offset, value in enumerate((1.0, ride.rule, ride.price, ride.points)):
            groups[place][first + offset] += value
    if not groups:
        raise NoPrices("the test split has no rides")
    return [list(column) for column in zip(*groups, strict=True)]


def _statistics(sums: Sequence[float]) -> dict[str, float]:
    """Means and differences by band and name, rule and price scaled to the total of the points used."""
    rule, price, points = (sum(sums[offset::_WIDTH]) for offset in range(1, _WIDTH))
    if min(rule, price, points) <= 0:
        return {}
    scales = {"rule": points / rule, "price": points / price, "points": 1.0}
    values: dict[str, float] = {}
    for place, band in enumerate(BANDS):
        rides, *amounts = sums[_WIDTH * place : _WIDTH * (place + 1)]
        if not rides:
            continue
        means = {name: scales[name] * amount / rides for name, amount in zip(_SUMS[1:], amounts, strict=True)}
        values |= {f"{band} {name}": mean for name, mean in means.items()}
        for name, (charged, due) in _PAIRS.items():
            values[f"{band} {name}"] = means[charged] - means[due]
            if means[due] > 0:
                values[f"{band} {name} percent"] = 100 * (means[charged] / means[due] - 1)
    return values


def _band(
    band: str, totals: Sequence[float], values: Mapping[str, float], intervals: Mapping[str, Interval]
) -> BandOfRides:
    rides = round(totals[_WIDTH * BANDS.index(band)])
    points, rule, price = (values.get(f"{band} {name}", 0.0) for name in ("points", "rule", "price"))
    overcharge, against_price, price_error = (
        _difference(f"{band} {name}", rides, values, intervals)
        for name in ("overcharge", "against_price", "price_error")
    )
    return BandOfRides(band, rides, points, rule, price, overcharge, against_price, price_error)


def _difference(
    name: str, rides: int, values: Mapping[str, float], intervals: Mapping[str, Interval]
) -> Difference | None:
    percent = f"{name} percent"
    if rides < LEAST_RIDES or percent not in values:
        return None
    points, share = intervals[name], intervals[percent]
    return Difference(values[name], points.low, points.high, values[percent], share.low, share.high)
