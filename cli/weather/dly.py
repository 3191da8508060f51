"""GHCN-Daily as NOAA archives it, `.dly`: a line is a month of one element of one station, in fixed columns.

Columns 1-11 id, 12-15 year, 16-17 month, 18-21 element, and for each of 31 days eight: value in tenths (five; -9999 is
missing), measurement flag, quality flag, source flag (readme.txt of NOAA's pub/data/ghcn/daily, section III).
"""

import calendar
import re
from collections import Counter
from collections.abc import Collection, Iterator

from cli.weather.observations import (
    ELEMENTS,
    MISSING,
    BadValueError,
    Observation,
    Units,
    check_bounds,
    day_of,
    flag,
    tenths,
)
from cli.weather.text import Lines

MONTH = re.compile(r"([A-Z]{2}[A-Z0-9_-]{9})(\d{4}(?:0[1-9]|1[0-2]))([A-Z]{2}[A-Z0-9]{2})(?=[ \d-]{5})", re.ASCII)

_DAYS = 31
_FIRST_DAY = 21
_DAY_CHARACTERS = 8
_VALUE_CHARACTERS = 5
_LONGEST = 269


def observations(lines: Lines, stations: Collection[str], counts: Counter[str]) -> Iterator[Observation]:
    """The needed elements of `stations`; what is left out is counted. Raises BadValueError at `lines.number`."""
    for line in lines:
        month = MONTH.match(line)
        if not month or len(line) > _LONGEST:
            raise BadValueError(
                f"{line[:60]!r} is no month of a .dly file: an id of 11 characters, YYYYMM, an element of 4, "
                f"and 8 characters for each of 31 days, {_LONGEST} in all"
            )
        station, year_month, element = month.groups()
        counts["rows"] += 1
        if station not in stations:
            counts["rows of other stations"] += 1
        elif element not in ELEMENTS:
            counts["rows of other elements"] += 1
        else:
            _check_end(line, year_month)
            yield from _days(station, year_month, element, line[month.end() :].ljust(_LONGEST), counts)


def _check_end(line: str, year_month: str) -> None:
    """Refuse a line that ends before the value of the month's last day does: the rest of it is lost."""
    last_day = calendar.monthrange(int(year_month[:4]), int(year_month[4:]))[1]
    end = _FIRST_DAY + (last_day - 1) * _DAY_CHARACTERS + _VALUE_CHARACTERS
    if len(line) < end:
        raise BadValueError(f"the line ends in column {len(line)}, and the value of day {last_day} in column {end}")


def _days(station: str, year_month: str, element: str, days: str, counts: Counter[str]) -> Iterator[Observation]:
    for number in range(1, _DAYS + 1):
        start = (number - 1) * _DAY_CHARACTERS
        columns = days[start : start + _VALUE_CHARACTERS]
        text = columns.strip()
        if text and columns[-1] == " ":
            raise BadValueError(f"{element} {columns!r} does not end in the last of its five columns")
        if text in ("", str(MISSING)):
            counts["missing values"] += _is_day(year_month, number)
            continue
        day = day_of(f"{year_month}{number:02}")
        measurement, quality, source = (
            flag(each) for each in days[start + _VALUE_CHARACTERS : start + _DAY_CHARACTERS]
        )
        value = tenths(text, element, Units.TENTHS)
        if not quality:
            check_bounds(value, element, text, Units.TENTHS)
        yield Observation(station, day, element, value, measurement, quality, source, "")


def _is_day(year_month: str, number: int) -> bool:
    """Whether the month has this day: the columns of those that it has not are always missing."""
    try:
        return bool(day_of(f"{year_month}{number:02}"))
    except BadValueError:
        return False
