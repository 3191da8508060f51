"""What a ride's magic points and its request for service follow from: the laws of the sample, without chance.

Weather is in tenths of °C and of mm, distance in miles.

    >>> magic_points({"Distance": 10}, {"TMIN": 100, "TMAX": 260, "PRCP": 20})
    835.0
"""

from math import exp
from typing import Any

Day = dict[str, float]
"""TMIN, TMAX and PRCP."""

Ride = dict[str, Any]

SERVICE_MODEL = {
    "bias": -2.10,
    "distance": 0.055,  # a mile
    "healthpoints": -0.00022,  # a point
    "TMAX": 0.0140,  # a tenth of a degree: heat
    "TMIN": -0.0130,  # a tenth of a degree: cold
    "PRCP": 0.0100,  # a tenth of a millimetre: rain
}

MAGIC_MODEL = {
    "bias": 555.0,
    "distance": 17.0,  # a mile
    "heat": 5.0,  # a tenth of a degree of TMAX above HOT_FROM
    "cold": 7.0,  # a tenth of a degree of TMIN below COLD_BELOW
    "rain": 3.0,  # a tenth of a millimetre
}
HOT_FROM, COLD_BELOW = 250, 0

MOST_BY_CHANCE = 600
"""Chance adds points to the law's, or takes them: as likely any from -600 to 600, in steps of half a point."""


def magic_points(ride: Ride, day: Day) -> float:
    """The points that a ride uses by the law: MAGIC_MODEL with the weather it had."""
    amounts = {
        "distance": ride["Distance"],
        "heat": max(0.0, day["TMAX"] - HOT_FROM),
        "cold": max(0.0, COLD_BELOW - day["TMIN"]),
        "rain": day["PRCP"],
    }
    return MAGIC_MODEL["bias"] + sum(MAGIC_MODEL[part] * amount for part, amount in amounts.items())


def service_probability(ride: Ride, day: Day) -> float:
    """The probability that the unicorn asks for service after the ride: SERVICE_MODEL with the weather it had."""
    features = {"distance": ride["Distance"], "healthpoints": ride["HealthPoints"]} | day
    return 1 / (
        1 + exp(-SERVICE_MODEL["bias"] - sum(SERVICE_MODEL[feature] * features[feature] for feature in features))
    )
