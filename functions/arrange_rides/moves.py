"""The lists of objects under processed/ whose rides are in others now: what `wildrydes explain` follows."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from aws import s3
from wildrydes.bucket import moved_key
from wildrydes.rides.gzip_lines import gzipped


class Move(NamedTuple):
    """An object that is to be deleted, and the keys that its rides are at."""

    key: str
    etag: str
    into: tuple[str, ...]


def write_moves(bucket: str, moves: Sequence[Move]) -> None:
    """Writes the list of some objects, before they are deleted: its key follows from theirs."""
    if moves:
        lines = (f"{json.dumps(move._asdict())}\n" for move in moves)
        s3.write(bucket, moved_key(move.key for move in moves), gzipped(lines), "application/gzip")
