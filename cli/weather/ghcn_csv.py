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
    excerpt,
    flag,
    tenths,
    time_of,
)
from cli.weather.text import Lines, decoded

HEADER = "ID,DATE,ELEMENT,DATA_VALUE,M_FLAG,Q_FLAG,S_FLAG,OBS_TIME"
EXAMPLE = "such as USW00094728,20180101,TMAX,-71,,,W,2400"

_FIELDS = 8
# The names that a column may have in a header, without what is no letter.
_NAMES = (
    *({"ID"}, {"DATE"}, {"ELEMENT"}, {"DATAVALUE", "VALUE"}),
    *({"MFLAG"}, {"QFLAG"}, {"SFLAG"}, {"OBSTIME", "TIME"}),
)
# A row begins with an id and a comma. All lines of a batch are searched at once, which is three times as fast.
_ROW = re.compile(rb"[A-Z]{2}[A-Z0-9_-]{9},")
_NO_ROW = re.compile(rb"\n(?!" + _ROW.pattern + rb")")
_START_CHARACTERS = 12
_ELEMENT = re.compile(r"[A-Z]{2}[A-Z0-9]{2}")
# Of the first rows all is checked, whichever the station.
_CHECKED_ROWS = 100
_LONGEST_EXCERPT = 60


def is_header(line: str) -> bool:
    """Whether a line names the columns of GHCN-Daily, in whichever order."""
    return {"DATE", "ELEMENT"} <= set(_names(line))


def _names(line: str) -> list[str]:
    return [re.sub("[^A-Z]", "", name.upper()) for name in line.split(",")]


def observations(lines: Lines, stations: Collection[str], counts: Counter[str]) -> Iterator[Observation]:
    """The needed elements of `stations`; what is left out is counted. Raises BadValueError at `lines.number`."""
    needed = tuple(f"\n{station},".encode() for station in stations)
    for first, batch in lines.batches():
        text = b"\n".join([b"", *batch])
        rows = _rows(lines, first, batch) if _NO_ROW.search(text) else batch
        _check_commas(lines, first, rows)
        if first == 1:
            _check_rows(lines, first, rows[:_CHECKED_ROWS])
        starts = [start.removeprefix(b"\n") for start in needed if start in text]
        own = [(at, row) for at, row in enumerate(rows, first) if row[:_START_CHARACTERS] in starts] if starts else []
        counts["rows"] += _filled(rows)
        counts["rows of other stations"] += _filled(rows) - len(own)
        for lines.number, row in own:
            observation = _observation(decoded(row), counts)
            if observation is not None:
                yield observation


def _rows(lines: Lines, first: int, batch: list[bytes]) -> list[bytes]:
    """The rows of a batch, with an empty one in the place of a header or a blank line. Raises BadValueError.

    A line that begins otherwise, as with a quote, a space or small letters, is no row of another station.
    """
    rows: list[bytes] = []
    for lines.number, line in enumerate(batch, first):
        is_row = _ROW.match(line) is not None
        if not is_row:
            _check_no_row(decoded(line))
        rows.append(line if is_row else b"")
    return rows


def _check_no_row(line: str) -> None:
    """Refuse a line that begins with no id, unless it is blank or NOAA's header."""
    if is_header(line):
        names = _names(line)
        if len(names) != _FIELDS or not all(name in usual for name, usual in zip(names, _NAMES, strict=True)):
            raise BadValueError(f"the header {line[:_LONGEST_EXCERPT]!r} is not that of GHCN-Daily, {HEADER}")
    elif line.strip():
        raise _fault(line, f"{excerpt(line.partition(',')[0])} is no id of a station")


def _filled(rows: list[bytes]) -> int:
    """How many of the rows are not empty."""
    return len(rows) - rows.count(b"")


def _check_commas(lines: Lines, first: int, rows: list[bytes]) -> None:
    """Whether each row has eight fields, of all at once; only where not, row by row, to name the first."""
    if b"\n".join(rows).count(b",") == (_FIELDS - 1) * _filled(rows):
        return
    for lines.number, row in enumerate(rows, first):
        if row and row.count(b",") != _FIELDS - 1:
            raise _other_width(decoded(row))


def _check_rows(lines: Lines, first: int, rows: list[bytes]) -> None:
    """Check all of a file's first rows, whichever the station: a file of another kind is named as one."""
    for lines.number, row in enumerate(rows, first):
        if row:
            _observation(decoded(row), Counter())


def _observation(row: str, counts: Counter[str]) -> Observation | None:
    """The observation in a row; None, and counted, where it is missing or of another element. Raises BadValueError."""
    fields = row.split(",")
    # A batch has the right count of commas also where one row has too many of them and another too few.
    if len(fields) != _FIELDS:
        raise _other_width(row)
    station, day, element, text, measurement, quality, source, time = fields
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


def _other_width(row: str) -> BadValueError:
    return _fault(row, f"it has {row.count(',') + 1} fields and not {_FIELDS}")


def _fault(row: str, detail: str) -> BadValueError:
    return BadValueError(f"{row[:_LONGEST_EXCERPT]!r} is not a GHCN-Daily row, {EXAMPLE}: {detail}")
