"""Today's rule: points by distance alone.

>>> rule = fit_rule([(10, 700), (20, 900), (30, 1100)])
>>> rule, rule.price(25)
(DistanceRule(start=500.0, a_mile=20.0), 1000.0)
"""

from collections.abc import Iterable
from typing import NamedTuple

from wildrydes.errors import NoPrices


class DistanceRule(NamedTuple):
    """What a ride costs by its distance: `start` points, and `a_mile` for each mile."""

    start: float
    a_mile: float

    def price(self, distance: float) -> float:
        """The points that a ride of so many miles costs."""
        return self.start + self.a_mile * distance


def fit_rule(rides: Iterable[tuple[float, float]]) -> DistanceRule:
    """The line of least squares through distances (miles) and points, in one pass.

    The sums are of differences from the running means (Welford, 1962), so that large numbers cancel nothing out. Raises
    NoPrices where fewer than two distances differ.
    """
    count, mean_distance, mean_points, squares, products = 0, 0.0, 0.0, 0.0, 0.0
    for distance, points in rides:
        count += 1
        apart = distance - mean_distance
        mean_distance += apart / count
        mean_points += (points - mean_points) / count
        squares += apart * (distance - mean_distance)
        products += apart * (points - mean_points)
    if not squares:
        raise NoPrices(f"{count} rides of the train split have no two distances that differ: no line fits them")
    a_mile = products / squares
    return DistanceRule(mean_points - a_mile * mean_distance, a_mile)
