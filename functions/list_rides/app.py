"""Right before the training set is built: lists the rides there are, which is what the query is going to read.

These are the objects of the years that the execution asks for; those of other years are counted. From then on no object
is deleted because its rides are in others, until the queries have ended (`aws.ride_access`). It also sees that all that
this execution ingested is there. Of a task that learns from samples it lists the samples.

in   {"execution": <name>, "source": "rides" or "samples", "first_year": 2009, "last_year": 2026}
out  {"prefix", "objects", "sha256": of the list, "list": <its key>, "years": {"first", "last"}, null of samples,
      "other_years": {"objects", "rides"}: what no query reads}
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import listings, s3, settings
from aws.ride_access import wait_to_read
from wildrydes import tasks
from wildrydes.bucket import PROCESSED, SAMPLES, let_in_key
from wildrydes.errors import IngestionIncomplete, MissingObject
from wildrydes.model.lineage import Listing, StoredObject
from wildrydes.rides.partitions import ALL_YEARS, Years, is_empty, is_of_earlier_version, rides_of

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Writes the list beside where the model's card will be. Raises IngestionIncomplete."""
    bucket, execution = settings.data_settings().bucket, event["execution"]
    logger.append_keys(execution=execution)
    other: Counter[str] = Counter(objects=0, rides=0)
    if event["source"] == tasks.SAMPLES:
        # Samples come as they are, and are of no year: an execution ingests none.
        years, prefix, objects = None, SAMPLES, listings.iterate_objects(bucket, SAMPLES)
        listing = listings.write_listing(bucket, execution, "rides", prefix, objects)
    else:
        wait_to_read(settings.rides_settings().turns_table)
        years = Years(event.get("first_year", ALL_YEARS.first), event.get("last_year", ALL_YEARS.last))
        listing = list_rides(bucket, execution, years, other)
    answer = asdict(listing) | {"years": years and years._asdict(), "other_years": dict(other)}
    logger.info("listed", extra={event["source"]: answer})
    return answer


def list_rides(bucket: str, execution: str, years: Years, other: Counter[str]) -> Listing:
    """Writes the list of the objects of some years, and counts those of others. Raises IngestionIncomplete.

    Where an object of an earlier version came after its like were arranged, it is in no year yet: no query would read
    its rides.
    """
    missing, earlier = keys_ingested(bucket, execution), list[str]()
    objects = select(years, cross_off(missing, listings.iterate_objects(bucket, PROCESSED)), other, earlier)
    listing = listings.write_listing(bucket, execution, "rides", PROCESSED, objects)
    if missing:
        raise IngestionIncomplete(
            f"{len(missing)} objects with rides were deleted after they had been ingested, the first of them "
            f"{min(missing)}. Start again: their files are ingested anew"
        )
    if earlier:
        raise IngestionIncomplete(
            f"{len(earlier)} objects with rides are as an earlier version wrote them, the first of them {earlier[0]}, "
            "and no query reads them there. Start again: they are put into their years"
        )
    return listing


def keys_ingested(bucket: str, execution: str) -> set[str]:
    """The keys under processed/ of the rides that the execution ingested. Raises IngestionIncomplete."""
    try:
        return {line["key"] for line in s3.read_json_lines(bucket, let_in_key(execution))}
    except MissingObject as missing:
        raise IngestionIncomplete(f"{missing}. Start again") from None


def cross_off(keys: set[str], objects: Iterable[StoredObject]) -> Iterator[StoredObject]:
    """The objects, whose keys are taken out of `keys` as they come."""
    for each in objects:
        keys.discard(each.key)
        yield each


def select(
    years: Years, objects: Iterable[StoredObject], other: Counter[str], earlier: list[str]
) -> Iterator[StoredObject]:
    """The objects of some years. Of the others `other` counts the objects and their rides, as far as keys tell.

    Keys of an earlier version, which are of no year, go to `earlier`.
    """
    for each in objects:
        if years.has(each.key):
            yield each
        elif is_of_earlier_version(each.key):
            earlier.append(each.key)
        elif not is_empty(each.key):
            other.update(objects=1, rides=rides_of(each.key))
