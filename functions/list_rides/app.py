"""Right before the training set is built: lists the rides there are, which is what the query is going to read.

Also sees that all that this execution ingested is among them. Of a task that learns from samples it lists the samples.

in   {"execution": <name>, "source": "rides" or "samples"}
out  {"prefix", "objects", "sha256": of the list, "list": <its key>}
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import listings, s3, settings
from wildrydes import tasks
from wildrydes.bucket import PROCESSED, SAMPLES, manifest_key, processed_key
from wildrydes.errors import IngestionIncomplete, MissingObject
from wildrydes.model.lineage import StoredObject
from wildrydes.rides.shared_chunk import read_item

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Writes the list beside where the model's card will be. Raises IngestionIncomplete."""
    bucket, execution = settings.data_settings().bucket, event["execution"]
    logger.append_keys(execution=execution)
    prefix = SAMPLES if event["source"] == tasks.SAMPLES else PROCESSED
    # Samples come as they are: an execution ingests none.
    missing = keys_ingested(bucket, execution) if prefix == PROCESSED else set()
    objects = cross_off(missing, listings.iterate_objects(bucket, prefix))
    listing = listings.write_listing(bucket, execution, "rides", prefix, objects)
    logger.info("listed", extra={event["source"]: asdict(listing)})
    if missing:
        raise IngestionIncomplete(
            f"{len(missing)} objects with rides were deleted after they had been ingested, the first of them "
            f"{min(missing)}. Start again: their files are ingested anew"
        )
    return asdict(listing)


def keys_ingested(bucket: str, execution: str) -> set[str]:
    """The keys under processed/ of the chunks that the execution ingested. Raises IngestionIncomplete."""
    try:
        chunks = [read_item(item) for item in s3.read_json(bucket, manifest_key(execution))]
    except MissingObject as missing:
        raise IngestionIncomplete(f"{missing}. Start again") from None
    return {processed_key(chunk.source, chunk.chunk, chunk.of) for chunk in chunks}


def cross_off(keys: set[str], objects: Iterable[StoredObject]) -> Iterator[StoredObject]:
    """The objects, whose keys are taken out of `keys` as they come."""
    for each in objects:
        keys.discard(each.key)
        yield each
