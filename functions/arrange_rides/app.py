"""Before an ingestion is planned: brings what is under processed/ into the form that queries read at the least cost.

Rides that an earlier version stored go into their years (`earlier`), and small objects of rides that came one at a time
are put together (`small`). Where an execution dies in between, or two do the same, no ride is lost: an object is
deleted once its rides are in others. What does not fit into the time of one call is left for the next one.

    in   {"execution": <name>, "arranged": what earlier calls of the execution answered, or zeros}
    out  {"objects": how many objects of an earlier version were put into their years by now, "rides": in them,
          "merged": how many small objects were put together by now, "merged_into": into how many,
          "postponed": small objects that were not, since another execution reads or moves rides,
          "left": what is left for the next call}
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from arrange_rides import earlier, small
from aws import s3
from aws.ride_access import RideAccess
from aws.settings import rides_settings
from wildrydes.bucket import PROCESSED, StoredFile
from wildrydes.rides.compaction import MOST_CANDIDATES, groups, is_candidate
from wildrydes.rides.partitions import is_of_earlier_version

logger = Logger()

_GROUP = 100
"""Objects of an earlier version between two looks at the clock."""

_SECONDS_OF_GROUP = 120

_COUNTS = ("objects", "rides", "merged", "merged_into")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Arranges what there is time for. Raises UnreadableRides, ObjectsNotDeleted."""
    settings = rides_settings()
    bucket, access = settings.bucket, RideAccess(settings.turns_table)
    logger.append_keys(execution=event["execution"])

    def is_late() -> bool:
        return context.get_remaining_time_in_millis() < 1000 * _SECONDS_OF_GROUP

    counts: Counter[str] = Counter()
    of_earlier_version, candidates = sort_out(bucket, datetime.now(UTC))
    left = put_into_years(bucket, of_earlier_version, counts, is_late)
    if not left:
        left = put_together(bucket, access, candidates, counts, is_late)
    sums = {name: event["arranged"].get(name, 0) + counts[name] for name in _COUNTS}
    arranged = sums | {"postponed": counts["postponed"], "left": left}
    logger.info("arranged", extra=arranged)
    return arranged


def sort_out(bucket: str, now: datetime) -> tuple[list[StoredFile], list[StoredFile]]:
    """The objects that an earlier version wrote, and small ones that may be put together, MOST_CANDIDATES at most."""
    of_earlier_version, candidates = list[StoredFile](), list[StoredFile]()
    for file in s3.stored_files(bucket, PROCESSED):
        if is_of_earlier_version(file.source.key):
            of_earlier_version.append(file)
        elif len(candidates) < MOST_CANDIDATES and is_candidate(file, now):
            candidates.append(file)
    return of_earlier_version, candidates


def put_into_years(bucket: str, files: Sequence[StoredFile], counts: Counter[str], is_late: Callable[[], bool]) -> int:
    """Arranges objects of an earlier version, and counts them. Gives how many are left."""
    for start in range(0, len(files), _GROUP):
        if is_late():
            return len(files) - start
        group = files[start : start + _GROUP]
        counts.update(objects=len(group), rides=earlier.put_into_years(bucket, group))
    return 0


def put_together(
    bucket: str, access: RideAccess, files: Sequence[StoredFile], counts: Counter[str], is_late: Callable[[], bool]
) -> int:
    """Puts small objects together, and counts them. Gives how many are left, none where that is postponed."""
    every = list(groups(files))
    for place, group in enumerate(every):
        left = sum(map(len, every[place:]))
        if is_late():
            return left
        merged = small.put_together(bucket, access, group)
        if merged is None:
            counts.update(postponed=left)
            return 0
        counts.update(merged=merged, merged_into=int(merged > 0))
    # There may be more than were looked at. Where nothing could be put together, the next call could not either.
    return int(len(files) == MOST_CANDIDATES and counts["merged"] > 0)
