"""Rides for the tests of the per-record path, one different from the next."""

from typing import Any


def ride(number: int) -> dict[str, Any]:
    return {
        "Name": f"Unicorn {number % 7}",
        "StatusTime": f"2019-{1 + number % 12:02}-{1 + number % 28:02} 08:{number % 60:02}:00.000",
        "Latitude": 40.6 + number % 1000 / 4000,
        "Longitude": -74.0 + number % 997 / 4000,
        "Distance": 1 + number / 1000,
        "HealthPoints": number % 10_000,
        "MagicPoints": number * 7 % 10_000,
    }
