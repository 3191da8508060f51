"""Where rides are under processed/: in a folder a year, each a partition of the table `rides`.

    year=2017/<source>/00003-of-00012.1-of-2.340-rides.jsonl.gz  of a chunk: those of the first of its two years
    year=2017/stream/<day>/<digest>.17-rides.jsonl.gz            that came one at a time
    empty/<source>/00003-of-00012.jsonl.gz                       a chunk without a ride; no query reads it
    <source>/00003-of-00012.jsonl.gz                             of a chunk, as an earlier version wrote them
    stream/<day>/<digest>.jsonl.gz                               that came one at a time, likewise

A query opens the objects of the years that it names, and no others. The year is that of the ride's statustime, so all
copies of a ride are in one partition. Names say how many rides there are: a listing tells what a query leaves unread.

    >>> from wildrydes.bucket import Source
    >>> name = keys_of_chunk(Source("raw/x.json", "abc"), 2, 12, {2017: 340, 2016: 5})[2017]
    >>> name
    'processed/year=2017/51afe1a7b6b19ba4bcbbdee51d9c9643/00002-of-00012.2-of-2.340-rides.jsonl.gz'
    >>> year_of(name), rides_of(name)
    (2017, 340)
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from wildrydes.bucket import PROCESSED, STREAM, Digested, digest_of, staged_prefix

EMPTY = f"{PROCESSED}empty/"
FIRST_YEAR, LAST_YEAR = 1979, 2100
"""Of the table's partitions. A calendar date is of 1980 to 2099 where it was written; New York may be a year apart."""

_YEAR = re.compile(r"processed/year=([0-9]{4})/.+")
_RIDES = re.compile(r".+\.([0-9]+)-rides\.jsonl\.gz")
_CHUNK = re.compile(
    r"processed/(?:empty|year=[0-9]{4})/([0-9a-f]{32})/([0-9]{5})-of-([0-9]{5})"
    r"(?:\.[0-9]+-of-([0-9]+)\.[0-9]+-rides)?\.jsonl\.gz"
)
_STREAMED = re.compile(r"processed/(?:year=[0-9]{4}/)?stream/")
_EARLIER = re.compile(
    r"processed/(?:([0-9a-f]{32}/[0-9]{5}-of-[0-9]{5})|(stream/[0-9]{4}-[0-9]{2}-[0-9]{2}/[0-9a-f]{32}))\.jsonl\.gz"
)


class Years(NamedTuple):
    """The years from `first` to `last`, both included, whose objects a query opens."""

    first: int
    last: int

    def has(self, key: str) -> bool:
        """Whether an object is of one of the years, by its key."""
        year = year_of(key)
        return year is not None and self.first <= year <= self.last


ALL_YEARS = Years(FIRST_YEAR, LAST_YEAR)


def keys_of_chunk(source: Digested, chunk: int, of: int, rides: Mapping[int, int]) -> dict[int, str]:
    """The object for each year's rides of chunk `chunk` (from 0) of `of`, by the numbers of rides of its years."""
    return _keys_of_years(_name(source, chunk, of), rides)


def empty_key(source: Digested, chunk: int, of: int) -> str:
    """The object of a chunk without a ride, so that its file is not read again."""
    return f"{EMPTY}{_name(source, chunk, of)}.jsonl.gz"


def staged_key(execution: str, key: str) -> str:
    """Where the object for a key under processed/ waits for the check of the execution."""
    return staged_prefix(execution) + key.removeprefix(PROCESSED)


def streamed_keys(day: str, lines: Iterable[str], rides: Mapping[int, int]) -> dict[int, str]:
    """The objects for rides that came one at a time, by year; `day` is when the oldest was sent, 'YYYY-MM-DD'.

    They follow from all their lines, not from their ids: the same rides may come again with another FieldService.
    """
    name = f"{STREAM}{day}/{digest_of(lines)}"
    return {year: f"{_folder(year)}{name}.{count}-rides.jsonl.gz" for year, count in rides.items()}


def year_of(key: str) -> int | None:
    """The year of the rides in an object, by its key; None of an object that is in no partition."""
    match = _YEAR.fullmatch(key)
    return int(match[1]) if match else None


def rides_of(key: str) -> int:
    """How many rides an object has, by its key; 0 where that does not say."""
    match = _RIDES.fullmatch(key)
    return int(match[1]) if match else 0


def is_streamed(key: str) -> bool:
    """Whether rides that came one at a time are at a key."""
    return _STREAMED.match(key) is not None


def is_empty(key: str) -> bool:
    """Whether an object says of a chunk that it has no ride."""
    return key.startswith(EMPTY)


def is_of_earlier_version(key: str) -> bool:
    """Whether an earlier version, which had no partitions, wrote the object: no query reads it where it is."""
    return _EARLIER.fullmatch(key) is not None


def keys_of_earlier(key: str, rides: Mapping[int, int]) -> list[tuple[int | None, str]]:
    """Where the rides of an object of an earlier version go, with their year; None is that of a chunk without a ride.

    `rides` has how many of each year the object has. Raises ValueError for another key.
    """
    match = _EARLIER.fullmatch(key)
    if match is None:
        raise ValueError(key)
    chunk, streamed = match.groups()
    if streamed:
        return [(year, f"{_folder(year)}{streamed}.{rides[year]}-rides.jsonl.gz") for year in sorted(rides)]
    if not rides:
        return [(None, f"{EMPTY}{chunk}.jsonl.gz")]
    return list(_keys_of_years(chunk, rides).items())


def ingested_completely(processed_keys: Iterable[str]) -> frozenset[str]:
    """The digests of the sources all of whose chunks are among the keys under processed/, each with all its years."""
    years: dict[tuple[str, str, str, str | None], int] = {}
    for key in processed_keys:
        if match := _CHUNK.fullmatch(key):
            digest, chunk, of, parts = match.groups()
            years[digest, chunk, of, parts] = years.get((digest, chunk, of, parts), 0) + 1
    complete = {(digest, of, chunk) for (digest, chunk, of, parts), count in years.items() if count == int(parts or 1)}
    chunks: dict[tuple[str, str], int] = {}
    for digest, of, _ in complete:
        chunks[digest, of] = chunks.get((digest, of), 0) + 1
    return frozenset(digest for (digest, of), count in chunks.items() if count == int(of))


def _name(source: Digested, chunk: int, of: int) -> str:
    return f"{source.digest}/{chunk:05}-of-{of:05}"


def _folder(year: int) -> str:
    return f"{PROCESSED}year={year:04}/"


def _keys_of_years(name: str, rides: Mapping[int, int]) -> dict[int, str]:
    return {
        year: f"{_folder(year)}{name}.{number}-of-{len(rides)}.{rides[year]}-rides.jsonl.gz"
        for number, year in enumerate(sorted(rides), 1)
    }
