"""An observation of GHCN-Daily: one element of one station on one day, and what its value may be.

Values are in tenths of °C (TMIN, TMAX) and tenths of mm (PRCP), as in GHCN-Daily (readme.txt of NOAA's
pub/data/ghcn/daily, section III). Daily summaries come in these units, or in those that their user chose.
"""

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from cli.errors import CommandError

ELEMENTS = ("TMIN", "TMAX", "PRCP")
MISSING = -9999
STATION = re.compile(r"[A-Z]{2}[A-Z0-9_-]{9}")

# In tenths. Beyond the records of the world: -89.2 and 56.7 °C, and 1,825 mm in a day (WMO's archive of extremes).
_BOUNDS = {"TMIN": (-900, 600), "TMAX": (-900, 600), "PRCP": (0, 20_000)}
# The years that the table `ghcn` knows.
_YEARS = (1750, 2100)
_NO_FLAG = frozenset(("", "-9999", "9999"))
_NUMBER = re.compile(r"[-+]?(?:(\d+)(?:\.(\d*))?|\.(\d+))", re.ASCII)
# Far more than a value has, and few enough for 64 bits and for the 28 digits of Decimal.
_MOST_DIGITS = 9
_MOST_DECIMALS = 20
_LONGEST_EXCERPT = 40


class BadValueError(CommandError):
    """A value that no weather file of its shape has; the message names it, and what was expected."""


class Units(StrEnum):
    """What the values of a file are in."""

    METRIC = "metric"
    STANDARD = "standard"
    TENTHS = "tenths"

    def of(self, element: str) -> str:
        """The unit of an element, in words."""
        rain = {Units.METRIC: "mm", Units.STANDARD: "inches", Units.TENTHS: "tenths of mm"}
        heat = {Units.METRIC: "°C", Units.STANDARD: "°F", Units.TENTHS: "tenths of °C"}
        return (rain if element == "PRCP" else heat)[self]


class Observation(NamedTuple):
    """One row of GHCN-Daily: `day` as YYYYMMDD, `value` in tenths, flags empty where there is none."""

    station: str
    day: str
    element: str
    value: int
    measurement: str
    quality: str
    source: str
    time: str


def excerpt(text: str) -> str:
    """The beginning of a text, in quotes, for a message."""
    return f"{text[:_LONGEST_EXCERPT]!r}{'…' if len(text) > _LONGEST_EXCERPT else ''}"


@cache
def day_of(text: str) -> str:
    """The day `text`, YYYYMMDD, which must be one of the calendar. Raises BadValueError."""
    if not re.fullmatch(r"\d{8}", text, re.ASCII):
        raise BadValueError(f"the date {excerpt(text)} is not YYYYMMDD, such as 20180101")
    try:
        day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        raise BadValueError(f"the date {text!r} is no day of the calendar") from None
    if not _YEARS[0] <= day.year <= _YEARS[1]:
        raise BadValueError(f"the date {text!r} is not in the years {_YEARS[0]} to {_YEARS[1]}")
    return text


def flag(text: str) -> str:
    """A flag of one character; empty where `text` marks that there is none. Raises BadValueError."""
    stripped = text.strip()
    if stripped in _NO_FLAG:
        return ""
    if len(stripped) > 1:
        raise BadValueError(f"the flag {excerpt(stripped)} is not one character")
    return stripped


def time_of(text: str) -> str:
    """The time of an observation, HHMM; empty where `text` marks that there is none."""
    stripped = text.strip()
    return "" if stripped in _NO_FLAG else stripped


def tenths(text: str, element: str, units: Units) -> int:
    """A value in tenths of °C or mm, from its text in `units`. Raises BadValueError.

    >>> tenths("33", "TMAX", Units.STANDARD), tenths("0.05", "PRCP", Units.STANDARD)
    (6, 13)
    >>> tenths("-1.6", "TMIN", Units.METRIC), tenths("-16", "TMIN", Units.TENTHS)
    (-16, -16)
    """
    number = _number(text, element)
    if units is Units.STANDARD:
        exact = number * 254 if element == "PRCP" else (number - 32) * 50 / 9
        return int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    value = number if units is Units.TENTHS else number * 10
    # Of tenths not even 14.0 is taken: that is how files in °C write it.
    if value != value.to_integral_value() or (units is Units.TENTHS and "." in text):
        whole = "whole numbers" if units is Units.TENTHS else "of one decimal"
        raise BadValueError(f"{element} {text} has a fraction; values in {units.of(element)} are {whole}")
    return int(value)


def _number(text: str, element: str) -> Decimal:
    match = _NUMBER.fullmatch(text)
    if not match:
        raise BadValueError(f"{element} {excerpt(text)} is no number")
    if len(match[1] or "") > _MOST_DIGITS:
        raise BadValueError(f"{element} {excerpt(text)} has more than {_MOST_DIGITS} digits")
    if len(match[2] or match[3] or "") > _MOST_DECIMALS:
        raise BadValueError(f"{element} {excerpt(text)} has more than {_MOST_DECIMALS} decimals")
    return Decimal(text)


def check_bounds(value: int, element: str, text: str, units: Units) -> None:
    """Refuse what no station of the world has measured. Raises BadValueError."""
    least, most = _BOUNDS[element]
    if not least <= value <= most:
        unit = "mm" if element == "PRCP" else "°C"
        raise BadValueError(
            f"{element} {text} in {units.of(element)} is {value / 10:g} {unit}, "
            f"which is not between {least / 10:g} and {most / 10:g}"
        )
