"""Right before the training set is built: lists the rides there are, which is what the query is going to read.

in   {"execution": <name>}
out  {"prefix", "objects", "sha256": of the list, "list": <its key>}
"""

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import listings, settings
from wildrydes.bucket import PROCESSED

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Writes the list beside where the model's card will be."""
    bucket, execution = settings.data_settings().bucket, event["execution"]
    logger.append_keys(execution=execution)
    listing = listings.write_listing(bucket, execution, "rides", PROCESSED, listings.iterate_objects(bucket, PROCESSED))
    logger.info("listed", extra={"rides": asdict(listing)})
    return asdict(listing)
