"""What the laws of the sample themselves reach on it: no model can be expected to do better.

best_auc   of the generating probability, against the FieldService that was drawn with it
best_rmse  of the law of magic points, against the points that chance changed; and what a rule by distance alone
           charges beyond the law in each band of weather, so that an answer can be checked
"""

from bisect import bisect_left, bisect_right
from math import sqrt
from statistics import fmean, linear_regression
from typing import Any

from laws import Day, Ride, magic_points

from wildrydes.pricing.bands import BANDS, band_of
from wildrydes.rides.ride import canonical, parse, ride_id

LAST_TRAIN_DIGITS, FIRST_TEST_DIGITS = "ccd", "e66"
"""A ride is in the train split when its ride_id's first three hex digits are before the first of these, and in the test
split when they are the second or later ones."""

Rows = list[tuple[Ride, Day]]


def digits_of(ride: Ride) -> str:
    """The digits of a ride's id that decide its split."""
    return ride_id(canonical(parse(ride)))[:3]


def best_auc(rides: list[Ride], probabilities: list[float]) -> dict[str, Any]:
    """What the generating probability reaches against the labels that were drawn from it."""
    pairs = [(score, ride["FieldService"]) for score, ride in zip(probabilities, rides, strict=True)]
    test = [pair for pair, ride in zip(pairs, rides, strict=True) if digits_of(ride) >= FIRST_TEST_DIGITS]
    return {
        "target": "service_requested",
        "best_auc_on_the_test_split": round(auc(test), 6),
        "best_auc_on_all_rides": round(auc(pairs), 6),
        "rides": len(pairs),
        "rides_in_the_test_split": len(test),
        "share_of_positives": round(sum(label for _, label in pairs) / len(pairs), 4),
    }


def auc(pairs: list[tuple[float, int]]) -> float:
    """The probability that a positive scores higher than a negative; a tie counts half."""
    negatives = sorted(score for score, label in pairs if not label)
    positives = [score for score, label in pairs if label]
    wins = sum(bisect_left(negatives, score) + bisect_right(negatives, score) for score in positives)
    return wins / 2 / len(positives) / len(negatives)


def best_rmse(rides: list[Ride], weather: list[Day]) -> dict[str, Any]:
    """What the law of magic points reaches, and what today's rule charges beyond it; `weather` is the rides'."""
    rows = list(zip(rides, weather, strict=True))
    test = [(ride, day) for ride, day in rows if digits_of(ride) >= FIRST_TEST_DIGITS]
    train = [ride for ride in rides if digits_of(ride) < LAST_TRAIN_DIGITS]
    return {
        "task": "magic_points",
        "best_rmse_on_the_test_split": round(rmse(test), 3),
        "best_rmse_on_all_rides": round(rmse(rows), 3),
        "rides": len(rows),
        "rides_in_the_test_split": len(test),
        "true_overcharge_on_the_test_split": true_overcharge(train, test),
        "true_overcharge_on_all_rides": true_overcharge(rides, rows),
    }


def rmse(rows: Rows) -> float:
    """The root of the mean squared error of the law, in points."""
    return sqrt(fmean((ride["MagicPoints"] - magic_points(ride, day)) ** 2 for ride, day in rows))


def true_overcharge(fitted: list[Ride], rows: Rows) -> dict[str, dict[str, float]]:
    """By band, the points a ride that a rule by distance alone charges beyond the law, at the law's total on `rows`.

    The rule is the line of least squares through the distances and points of the rides `fitted`. Percent are of what
    the law charges.
    """
    slope, start = linear_regression(*zip(*((ride["Distance"], ride["MagicPoints"]) for ride in fitted), strict=True))
    law = [magic_points(ride, day) for ride, day in rows]
    rule = [start + slope * ride["Distance"] for ride, _ in rows]
    scale = sum(law) / sum(rule)
    bands = [band_of(day["TMIN"], day["TMAX"], day["PRCP"]) for _, day in rows]
    result = {}
    for band in BANDS:
        places = [place for place, name in enumerate(bands) if name == band]
        charged, used = (fmean(values[place] for place in places) for values in (rule, law))
        percent = 100 * (scale * charged / used - 1)
        result[band] = {
            "rides": len(places),
            "overcharge": round(scale * charged - used, 2),
            "percent": round(percent, 2),
        }
    return result
