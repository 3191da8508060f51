"""A ride's price, and its reasons: what distance makes of it, what the weather adds, what today's rule would charge.

The model is asked twice: for the ride in the weather of its day, and for the same ride on a fine day (FINE_DAY). The
second price is what distance makes; the difference is the weather's part.

    >>> ride = read_ride({"distance": 30, "TMIN": 200, "TMAX": 320, "PRCP": 0})
    >>> rides_to_ask(ride)[1]
    {'distance': 30.0, 'TMIN': 100.0, 'TMAX': 200.0, 'PRCP': 0.0}
    >>> price = quote(ride, 1415.0, 1065.0, "run-1", DistanceRule(790.0, 16.5))
    >>> price["price"], price["weather"], [reason["points"] for reason in price["reasons"]], price["today"]["price"]
    (1415.0, 'hot', [1065.0, 350.0], 1285.0)
"""

from typing import Any, NamedTuple

from wildrydes.errors import BadRide, BadValue, NoPrices
from wildrydes.measures import LARGEST, measure
from wildrydes.pricing.bands import band_of
from wildrydes.pricing.rule import DistanceRule
from wildrydes.tasks import TASKS

TASK = TASKS["magic_points"]


class QuotedRide(NamedTuple):
    """Miles, and the weather of the ride's day in tenths of °C and of mm; in the order of the task's features."""

    distance: float
    tmin: float
    tmax: float
    prcp: float

    def to_json(self) -> dict[str, float]:
        """The ride as the API takes it."""
        return dict(zip(TASK.features, self, strict=True))


FINE_DAY = (100.0, 200.0, 0.0)
"""TMIN, TMAX and PRCP of a day whose weather costs nothing: 10 to 20 °C, dry."""


def read_ride(value: Any) -> QuotedRide:
    """The ride in an event: an object with the features of the task, and no other field. Raises BadValue."""
    if type(value) is not dict:
        raise BadValue("a ride is a JSON object with its measures by name", "body")
    if unknown := sorted(value.keys() - set(TASK.features)):
        raise BadValue(f"{unknown[0][:100]!r} is none of {', '.join(TASK.features)}", unknown[0][:100])
    try:
        ride = QuotedRide(*(measure(name, value.get(name)) for name in TASK.features))
    except BadRide as bad:
        raise BadValue(bad.detail, bad.field or "body") from None
    if ride.distance <= 0:
        raise BadValue(f"distance is {ride.distance:g}, not above 0", "distance", {"minimum": 0, "maximum": LARGEST})
    return ride


def rides_to_ask(ride: QuotedRide) -> list[dict[str, float]]:
    """What the model is asked about: the ride, and the same ride on a fine day."""
    return [ride.to_json(), QuotedRide(ride.distance, *FINE_DAY).to_json()]


def quote(ride: QuotedRide, price: float, fine: float, model: str, rule: DistanceRule) -> dict[str, Any]:
    """The quote as a JSON object, from the model's numbers for the ride and for the fine day.

    Raises NoPrices where the model's number is not above zero.
    """
    if price <= 0:
        raise NoPrices(f"the model {model} says {price:g} points of this ride, which is no price")
    price, fine, today = round(price, 2), round(fine, 2), round(rule.price(ride.distance), 2)
    band = band_of(ride.tmin, ride.tmax, ride.prcp)
    return {
        "price": price,
        "unit": TASK.unit,
        "weather": band,
        "reasons": [
            {"part": "distance", "points": fine, "detail": f"{ride.distance:g} miles on a dry day of 10 to 20 °C"},
            {"part": "weather", "points": round(price - fine, 2), "detail": f"{band}: {_describe(ride)}"},
        ],
        "today": {
            "price": today,
            "difference": round(price - today, 2),
            "detail": f"by distance alone: {rule.start:g} points and {rule.a_mile:g} a mile",
        },
        "model": model,
    }


def _describe(ride: QuotedRide) -> str:
    return f"{ride.tmin / 10:g} to {ride.tmax / 10:g} °C, {ride.prcp / 10:g} mm"
