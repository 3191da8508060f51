"""Rides that an earlier version stored, into their years.

Each object is divided by the years of its rides, and deleted once all of them are written. Their keys follow from its
own, so that doing it again overwrites. Nothing reads an object where it was, so nothing misses it.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from arrange_rides.moves import Move, write_moves
from aws import s3
from wildrydes.bucket import StoredFile
from wildrydes.errors import MissingObject
from wildrydes.rides.arrangement import divide
from wildrydes.rides.gzip_lines import gzipped
from wildrydes.rides.partitions import keys_of_earlier, rides_of

_AT_ONCE = 4
"""Objects, each of some megabytes with what is made of it."""


def put_into_years(bucket: str, files: Sequence[StoredFile]) -> int:
    """Arranges some objects, and deletes them. Gives the number of their rides. Raises UnreadableRides."""
    s3.client()
    with ThreadPoolExecutor(_AT_ONCE) as workers:
        moves = [move for move in workers.map(partial(_divide, bucket), files) if move]
    write_moves(bucket, moves)
    s3.delete(bucket, [file.source.key for file in files])
    return sum(rides_of(key) for move in moves for key in move.into)


def _divide(bucket: str, file: StoredFile) -> Move | None:
    """Writes the objects of the years of an object; None where another execution has."""
    key = file.source.key
    try:
        data = s3.read(bucket, key)
    except MissingObject:
        return None
    years = divide(key, data)
    targets = keys_of_earlier(key, {year: each.rides for year, each in years.items()})
    for year, target in targets:
        s3.write(bucket, target, gzipped(()) if year is None else years[year].data, "application/gzip")
    return Move(key, file.source.etag, tuple(target for _, target in targets))
