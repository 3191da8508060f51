"""Small objects of rides that came one at a time, put together.

    read them → hold the rides → write one object, and the list of what is in it → delete them → release the rides

A query that runs has listed objects that it opens later. So they are deleted only where no execution reads rides
(`aws.ride_access`). Whoever dies before the deletion leaves copies: the training set takes each ride once, and the next
execution puts the same objects together, where equal rows become one. An object that cannot be unpacked stays.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

from aws_lambda_powertools import Logger

from arrange_rides.moves import Move, write_moves
from aws import s3
from aws.ride_access import RideAccess
from wildrydes.bucket import StoredFile
from wildrydes.errors import MissingObject
from wildrydes.rides.compaction import merge, merged_key

logger = Logger(child=True)

_AT_ONCE = 16


def put_together(bucket: str, access: RideAccess, files: Sequence[StoredFile]) -> int | None:
    """Puts the objects of a group together. Gives how many there were, and None where others read or hold rides."""
    s3.client()
    with ThreadPoolExecutor(_AT_ONCE) as readers:
        contents = list(readers.map(partial(_read, bucket), files))
    read = [(file.source, content) for file, content in zip(files, contents, strict=True) if content is not None]
    merged = merge(read)
    sources = merged.sources
    for key in sorted({source.key for source, _ in read} - {source.key for source in sources}):
        logger.warning("an object with rides cannot be unpacked, and stays", extra={"key": key})
    if len(sources) < 2:
        return 0
    target = merged_key(sources, merged.rides)
    held = access.hold(datetime.now(UTC))
    if held is None:
        return None
    s3.write(bucket, target, merged.data, "application/gzip")
    write_moves(bucket, [Move(source.key, source.etag, (target,)) for source in sources])
    s3.delete(bucket, [source.key for source in sources])
    access.release(held, datetime.now(UTC))
    return len(sources)


def _read(bucket: str, file: StoredFile) -> bytes | None:
    """An object; None where another execution has put it together with others."""
    try:
        return s3.read(bucket, file.source.key)
    except MissingObject:
        return None
