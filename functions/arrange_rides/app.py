"""Before an ingestion is planned: puts rides that an earlier version stored into their years, where queries read them.

    in   {"execution": <name>, "arranged": {"objects", "rides"}: what earlier calls of the execution put there}
    out  {"objects": how many objects of an earlier version were put there by now, "rides": how many are in them,
          "left": objects for the next call}

Each object is divided by the years of its rides, and deleted once all of them are written. Their keys follow from its
own: where an execution dies in between, or two do the same, the same objects are written again. Nothing reads an object
where it was, so nothing misses it. What does not fit into the time of one call is left for the next one.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import s3, settings
from wildrydes.bucket import PROCESSED
from wildrydes.errors import MissingObject
from wildrydes.rides.arrangement import divide
from wildrydes.rides.gzip_lines import gzipped
from wildrydes.rides.partitions import is_of_earlier_version, keys_of_earlier

logger = Logger()

_AT_ONCE = 4
"""Objects, each of some megabytes with what is made of it."""

_GROUP = 100
"""Objects between two looks at the clock."""

_SECONDS_OF_GROUP = 120


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Arranges what there is time for. Raises UnreadableRides, ObjectsNotDeleted."""
    bucket, counts = settings.data_settings().bucket, Counter(event["arranged"])
    logger.append_keys(execution=event["execution"])
    keys = [key for key in s3.keys(bucket, PROCESSED) if is_of_earlier_version(key)]
    left = len(keys)
    for group in groups(keys):
        if context.get_remaining_time_in_millis() < 1000 * _SECONDS_OF_GROUP:
            break
        counts.update(objects=len(group), rides=arrange(bucket, group))
        left -= len(group)
    arranged = {"objects": counts["objects"], "rides": counts["rides"], "left": left}
    logger.info("arranged", extra=arranged)
    return arranged


def groups(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """The keys, some at a time."""
    return (keys[start : start + _GROUP] for start in range(0, len(keys), _GROUP))


def arrange(bucket: str, keys: Sequence[str]) -> int:
    """Puts the rides of some objects into their years, and deletes the objects. Gives the number of rides."""
    s3.client()
    with ThreadPoolExecutor(_AT_ONCE) as workers:
        rides = sum(workers.map(partial(put_into_years, bucket), keys))
    s3.delete(bucket, keys)
    return rides


def put_into_years(bucket: str, key: str) -> int:
    """Writes the objects of the years of an object. Gives the number of its rides. Raises UnreadableRides."""
    try:
        data = s3.read(bucket, key)
    except MissingObject:
        # Another execution was first.
        return 0
    years = divide(key, data)
    rides = {year: each.rides for year, each in years.items()}
    for year, target in keys_of_earlier(key, rides):
        s3.write(bucket, target, gzipped(()) if year is None else years[year].data, "application/gzip")
    return sum(rides.values())
