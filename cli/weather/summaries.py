"""NOAA's daily summaries: a row is a day of one station, with a column for each element.

The same rows come in several shapes (GHCND_documentation.pdf of NOAA's Climate Data Online, and the header rows of the
files themselves):

    STATION,DATE,LATITUDE,…,TMAX,TMAX_ATTRIBUTES,…   access/ files, and the data service; attributes are `m,q,s[,time]`
    STATION,NAME,DATE,PRCP,TMAX,TMIN                 an order of Climate Data Online
    STATION,STATION_NAME,DATE,PRCP,Measurement Flag,Quality Flag,Source Flag,Time of Observation,…   before 2016
    NAME (STATION) in a line, then Date,TMAX (Degrees Fahrenheit),…,PRCP (Inches)                    Past Weather

Only the last says its units. access/ files and orders of before 2016 are in tenths.
"""

import csv
import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from cli.weather.observations import (
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
from cli.weather.text import Lines

TITLE = re.compile(r'"?[^"]*\(([A-Z]{2}[A-Z0-9_-]{9})\)"?,*')

_COLUMN = re.compile(r"(TMIN|TMAX|PRCP)(?: \((\w+(?: \w+)*)\))?")
_UNITS = {
    "DEGREES FAHRENHEIT": Units.STANDARD,
    "INCHES": Units.STANDARD,
    "DEGREES CELSIUS": Units.METRIC,
    "MILLIMETERS": Units.METRIC,
}
_FLAGS = ("MEASUREMENT FLAG", "QUALITY FLAG", "SOURCE FLAG", "TIME OF OBSERVATION")
_MISSING = re.compile(r"|-?9999(\.0*)?")
_NETWORK = "GHCND:"


@dataclass(frozen=True)
class Column:
    """An element's column, and those of its flags: one of attributes, four of a flag each, or none."""

    element: str
    units: Units
    index: int
    flags: tuple[int, ...] = ()


@dataclass(frozen=True)
class Header:
    """The columns that are read; `station` is the index of one, or the station of the whole file."""

    station: int | str
    day: int
    columns: tuple[Column, ...]
    names: tuple[str, ...]

    @property
    def has_flags(self) -> bool:
        """Whether the file says which values failed a quality check."""
        return any(column.flags for column in self.columns)


def is_header(line: str) -> bool:
    """Whether a line names a date and an element in columns of their own."""
    return _names_columns(_names(line))


def read_header(line: str, station: str | None, units: Units | None) -> Header:
    """The columns that `line` names. Raises BadValueError where one lacks, comes twice, or does not say its units."""
    names = _names(line)
    matches = [(index, match) for index, name in enumerate(names) if (match := _COLUMN.fullmatch(name))]
    repeated = [name for name in names if names.count(name) > 1 and name not in _FLAGS]
    if repeated:
        raise BadValueError(f"the header has the column {repeated[0]} twice")
    if station is None and "STATION" not in names:
        raise BadValueError("the header has no column STATION")
    columns = tuple(
        Column(match[1], _units_of(match, units), index, _flags_of(names, index, match[1])) for index, match in matches
    )
    where = names.index("STATION") if station is None else station
    return Header(where, names.index("DATE"), columns, names)


def _names(line: str) -> tuple[str, ...]:
    return _names_in(next(csv.reader([line]), []))


def _names_in(row: list[str]) -> tuple[str, ...]:
    return tuple(name.strip().upper() for name in row)


def _names_columns(names: tuple[str, ...]) -> bool:
    return "DATE" in names and any(_COLUMN.fullmatch(name) for name in names)


def _units_of(match: re.Match[str], units: Units | None) -> Units:
    name = match[2]
    if name is not None and name not in _UNITS:
        raise BadValueError(f"the header has {match[1]} in {name}, which is none of {', '.join(_UNITS)}")
    stated = _UNITS[name] if name else units
    if stated is None:
        raise BadValueError(
            f"the header does not say the units of {match[1]}: name them by --weather-units (WEATHER_UNITS=), metric "
            "for °C and mm, standard for °F and inches, tenths for tenths of °C and mm as in NOAA's access/ files"
        )
    return stated


def _flags_of(names: tuple[str, ...], index: int, element: str) -> tuple[int, ...]:
    if names[index + 1 : index + 1 + len(_FLAGS)] == _FLAGS:
        return tuple(range(index + 1, index + 1 + len(_FLAGS)))
    attributes = f"{element}_ATTRIBUTES"
    return (names.index(attributes),) if attributes in names else ()


def observations(
    lines: Lines, header: Header, header_lines: int, stations: Collection[str], counts: Counter[str]
) -> Iterator[Observation]:
    """The needed elements of `stations`; what is left out is counted. Raises BadValueError at `lines.number`."""
    rows = csv.reader(iter(lines), strict=True)
    try:
        for row in itertools.islice(rows, header_lines, None):
            if _is_same_header(row, header):
                continue
            if len(row) != len(header.names):
                raise BadValueError(f"the row has {len(row)} fields, and the header {len(header.names)}")
            counts["rows"] += 1
            station = _station_of(row, header)
            if station in stations:
                yield from _row(row, header, station, counts)
            else:
                counts["rows of other stations"] += 1
    except csv.Error as fault:
        raise BadValueError(f"the row is no CSV: {fault}") from None


def _is_same_header(row: list[str], header: Header) -> bool:
    """Whether a row is the header again, as in files that were joined. Raises BadValueError for another header."""
    names = _names_in(row)
    if names == header.names:
        return True
    if _names_columns(names):
        raise BadValueError(
            "the file has a second header, whose columns are not those of the first: "
            "put the files into a folder instead of joining them, and name the folder"
        )
    return False


def _station_of(row: list[str], header: Header) -> str:
    if isinstance(header.station, str):
        return header.station
    station = row[header.station].strip().removeprefix(_NETWORK)
    if not STATION.fullmatch(station):
        raise BadValueError(f"{excerpt(station)} is no id of a station")
    return station


def _row(row: list[str], header: Header, station: str, counts: Counter[str]) -> Iterator[Observation]:
    day = _day_of(row[header.day].strip())
    for column in header.columns:
        text = row[column.index].strip()
        if _MISSING.fullmatch(text):
            counts["missing values"] += 1
            continue
        measurement, quality, source, time = _flags_in(row, column)
        value = tenths(text, column.element, column.units)
        if not quality:
            check_bounds(value, column.element, text, column.units)
        yield Observation(station, day, column.element, value, measurement, quality, source, time)


def _flags_in(row: list[str], column: Column) -> tuple[str, str, str, str]:
    texts = [row[index] for index in column.flags]
    if len(texts) == 1:
        texts = texts[0].split(",")
    if len(texts) > len(_FLAGS):
        raise BadValueError(f"{column.element} has {len(texts)} attributes, and four at most were expected")
    measurement, quality, source, time = [*texts, *[""] * (len(_FLAGS) - len(texts))]
    return flag(measurement), flag(quality), flag(source), time_of(time)


def _day_of(text: str) -> str:
    """YYYYMMDD of a date that is written YYYY-MM-DD, or as orders of before 2016 have it, YYYYMMDD."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}|\d{8}", text, re.ASCII):
        raise BadValueError(f"the date {excerpt(text)} is not YYYY-MM-DD, such as 2018-01-01")
    return day_of(text.replace("-", ""))
