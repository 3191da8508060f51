"""Lines under processed/, compressed as they come: those of each year by themselves.

>>> from wildrydes.rides.gzip_lines import small_lines
>>> lines = YearLines(small_lines)
>>> lines.line("2017", '{"a": 1}\\n')
>>> lines.data("2016", b'{"b": 1}\\n{"b": 2}\\n', 2)
>>> {year: of_year.rides for year, of_year in lines.end().items()}
{2016: 2, 2017: 1}
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from wildrydes.rides.gzip_lines import GzipLines
from wildrydes.rides.partitions import FIRST_YEAR, LAST_YEAR

_TIME = re.compile("([0-9]{4})-[0-9]{2}-[0-9]{2} ")


class RidesOfYear(NamedTuple):
    """The rides of one year: gzip of their lines, and how many they are."""

    data: bytes
    rides: int


class YearLines:
    """Lines of rides by year, 'YYYY', into a gzip stream each, which `make` begins."""

    def __init__(self, make: Callable[[], GzipLines]) -> None:
        self._make = make
        self._lines: dict[str, GzipLines] = {}
        self._rides: dict[str, int] = {}

    def line(self, year: str, line: str) -> None:
        """Adds one ride."""
        self._of(year).line(line)
        self._rides[year] += 1

    def data(self, year: str, data: bytes, rides: int) -> None:
        """Adds rides whose lines are in UTF-8."""
        self._of(year).data(data)
        self._rides[year] += rides

    def end(self) -> dict[int, RidesOfYear]:
        """The rides of each year, in the order of the years."""
        return {int(year): RidesOfYear(self._lines[year].end(), self._rides[year]) for year in sorted(self._lines)}

    def _of(self, year: str) -> GzipLines:
        if year not in self._lines:
            self._lines[year] = self._make()
            self._rides[year] = 0
        return self._lines[year]


def year_of_ride(ride: Any) -> str:
    """The year of a decoded line under processed/, 'YYYY'. Raises ValueError where it is no ride's.

    >>> year_of_ride({"ride_id": "7", "statustime": "2017-07-09 10:00:00.000"})
    '2017'
    """
    time = ride.get("statustime") if type(ride) is dict else None
    match = _TIME.match(time) if type(time) is str else None
    if not match or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
        raise ValueError(f"no ride with a year from {FIRST_YEAR} to {LAST_YEAR}: its statustime is {time!r}")
    return match[1]
