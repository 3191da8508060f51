"""Which of NOAA's shapes a weather file has, by its first lines, and so how its observations are read."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from cli.weather import dly, ghcn_csv, summaries
from cli.weather.observations import BadValueError, Observation, Units
from cli.weather.text import Lines

Read = Callable[[Lines, Collection[str], Counter[str]], Iterator[Observation]]
"""Takes lines, the stations that are needed, and counts of what is left out."""

_GHCN_ROW = re.compile(r"[A-Z]{2}[A-Z0-9_-]{9},")
_LONGEST_EXCERPT = 60


@dataclass(frozen=True)
class Shape:
    """How to read a file, and how far its values are NOAA's own.

    `precision` is 2 where they are in tenths with their quality flags, 1 where one of the two lacks, 0 where both do.
    """

    read: Read
    precision: int


def shape_of(lines: Lines, units: Units | None) -> Shape:
    """The shape of a file. Raises BadValueError at `lines.number` where it is none of NOAA's."""
    numbered = [(number, line) for number, line in enumerate(lines.start.splitlines(), 1) if line.strip()]
    if not numbered:
        raise BadValueError(f"it is empty; GHCN-Daily rows are expected, {ghcn_csv.EXAMPLE}")
    lines.number, first = numbered[0]
    if _GHCN_ROW.match(first) or ghcn_csv.is_header(first):
        return Shape(ghcn_csv.observations, 2)
    if dly.MONTH.match(first):
        return Shape(dly.observations, 2)
    title = summaries.TITLE.fullmatch(first.strip())
    if title and len(numbered) > 1:
        lines.number, second = numbered[1]
        return _summaries(second, title[1], units, header_lines=2)
    if summaries.is_header(first):
        return _summaries(first, None, units, header_lines=1)
    raise BadValueError(
        f"{first[:_LONGEST_EXCERPT]!r} begins none of the weather files that docs/weather.md shows; "
        f"GHCN-Daily rows are expected, {ghcn_csv.EXAMPLE}"
    )


def _summaries(line: str, station: str | None, units: Units | None, header_lines: int) -> Shape:
    if not summaries.is_header(line):
        raise BadValueError(f"{line[:_LONGEST_EXCERPT]!r} names no column of a date and of TMIN, TMAX or PRCP")
    header = summaries.read_header(line, station, units)

    def read(lines: Lines, stations: Collection[str], counts: Counter[str]) -> Iterator[Observation]:
        return summaries.observations(lines, header, header_lines, stations, counts)

    in_tenths = all(column.units is Units.TENTHS for column in header.columns)
    return Shape(read, in_tenths + header.has_flags)
