"""GHCN-Daily as one row an observation: NOAA's by_year and by_station CSV, with a header or without.

A row is id, YYYYMMDD, element, value in tenths, three flags of one character, time of observation
(https://github.com/awslabs/open-data-docs/tree/main/docs/noaa/noaa-ghcn). A year of the world has some 38 million rows,
of which a thousand are needed: rows of other stations are counted by their first bytes alone.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator

from cli.weather.observations import (
    ELEMENTS,
    MISSING,
    STATION,
    BadValueError,
    Observation,
    Units,
    check_bounds,
    day_of,
    flag,
    tenths,
    time_of,
)
from cli.weather.text import Lines, decoded

EXAMPLE = "such as USW00094728,20180101,TMAX,-71,,,W,2400"

_FIELDS = 8
_ID_CHARACTERS = 11
_ELEMENT = re.compile(r"[A-Z]{2}[A-Z0-9]{2}")
# Of the first rows all is checked, whichever the station.
_CHECKED_ROWS = 100
_LONGEST_EXCERPT = 60


def observations(
    lines: Lines, stations: Collection[str], counts: Counter[str], *, header: bool
) -> Iterator[Observation]:
    """The needed elements of `stations`; what is left out is counted. Raises BadValueError at `lines.number`."""
    needed = frozenset(station.encode() for station in stations)
    for number, batch in lines.batches():
        first, rows = (number + 1, batch[1:]) if header and number == 1 else (number, batch)
        _check_commas(lines, first, rows)
        if number == 1:
            _check_rows(lines, first, rows[:_CHECKED_ROWS])
        own = [(at, row) for at, row in enumerate(rows, first) if row[:_ID_CHARACTERS] in needed]
        counts["rows"] += _filled(rows)
        counts["rows of other stations"] += _filled(rows) - len(own)
        for lines.number, row in own:
            observation = _observation(decoded(row), counts)
            if observation is not None:
                yield observation


def _filled(rows: list[bytes]) -> int:
    """How many of the rows are not blank."""
    return len(rows) - rows.count(b"") - rows.count(b"\r")


def _check_commas(lines: Lines, first: int, rows: list[bytes]) -> None:
    """Whether each row has eight fields, of all at once; only where not, row by row, to name the first."""
    if b"\n".join(rows).count(b",") == (_FIELDS - 1) * _filled(rows):
        return
    for lines.number, row in enumerate(rows, first):
        if row.strip() and row.count(b",") != _FIELDS - 1:
            raise _fault(decoded(row), f"it has {row.count(b',') + 1} fields and not {_FIELDS}")


def _check_rows(lines: Lines, first: int, rows: list[bytes]) -> None:
    """Check all of a file's first rows, whichever the station: a file of another kind is named as one."""
    for lines.number, row in enumerate(rows, first):
        if row.strip():
            _observation(decoded(row), Counter())


def _observation(row: str, counts: Counter[str]) -> Observation | None:
    """The observation in a row of eight fields; None, and counted, where it is missing or of another element."""
    station, day, element, text, measurement, quality, source, time = row.split(",")
    try:
        if not STATION.fullmatch(station):
            raise BadValueError(f"{station!r} is no id of a station")
        if not _ELEMENT.fullmatch(element):
            raise BadValueError(f"{element!r} is no element")
        day_of(day)
        missing = text in ("", str(MISSING))
        value = MISSING if missing else tenths(text, element, Units.TENTHS)
        if missing or element not in ELEMENTS:
            counts["missing values" if element in ELEMENTS else "rows of other elements"] += 1
            return None
        quality = flag(quality)
        if not quality:
            check_bounds(value, element, text, Units.TENTHS)
        return Observation(station, day, element, value, flag(measurement), quality, flag(source), time_of(time))
    except BadValueError as fault:
        raise _fault(row, str(fault)) from None


def _fault(row: str, detail: str) -> BadValueError:
    return BadValueError(f"{row[:_LONGEST_EXCERPT]!r} is not a GHCN-Daily row, {EXAMPLE}: {detail}")
