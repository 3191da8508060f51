"""After the Map: adds up the counts of the plan and of its chunks, and refuses to go on with too many rejected rides.

in   {"execution": <name>, "max_rejected_fraction": 0.1}
out  {"read", "accepted", "rejected", "rejected_by_reason", "repeated", "files_rejected"}
"""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import s3, settings
from wildrydes.bucket import counts_prefix
from wildrydes.rides.counts import Counts, check_rejections, total

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """The execution's counts of rides. Raises TooManyRejectedRides."""
    logger.append_keys(execution=event["execution"])
    counts_of_chunks = s3.read_json_objects(settings.data_settings().bucket, counts_prefix(event["execution"]))
    counts = total(map(Counts.from_json, counts_of_chunks))
    logger.info("ingested", extra={"rides": counts.to_json()})
    check_rejections(counts, event["max_rejected_fraction"])
    return counts.to_json()
