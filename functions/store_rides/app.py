"""Located rides -> an object a batch and year, under processed/.

    in   a batch of messages of the located-rides queue (see `wildrydes.rides.located_rides`)
    out  {"batchItemFailures": [{"itemIdentifier": <message id>}]}

The keys follow from the rides, so that the same batch, delivered again, overwrites. Batched in another way, the same
rides make other objects beside the first; the training set takes each ride_id once. Most batches are of one year.
"""

import time
from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import s3, settings
from aws.batches import batch_processor, process_messages
from wildrydes.metric_line import NAMESPACE
from wildrydes.rides.located_rides import LocatedRides, StoredRides, combine, read_pack

logger = Logger()
metrics = Metrics(namespace=NAMESPACE)


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Stores the rides of a batch.

    A message that is none of locate_station's is reported as failed, for the dead-letter queue. The objects are every
    other message's: where writing one fails, botocore's error fails the batch, and all of it comes back.
    """
    bucket = settings.data_settings().bucket
    processor = batch_processor()
    with processor(event["Records"], located_rides, context):
        messages = process_messages(processor, logger)
    metrics.add_metric("MessagesFailed", MetricUnit.Count, len(processor.fail_messages))
    if messages:
        store(bucket, combine(messages))
    return processor.response()


def located_rides(record: SQSRecord) -> LocatedRides:
    """The rides of one message. Raises BadLocatedRides."""
    return read_pack(record.body)


def store(bucket: str, rides: Sequence[StoredRides]) -> None:
    """Writes the objects of the years, and measures how many rides they hold and how old the oldest is."""
    s3.write_objects(bucket, {each.key: each.data for each in rides}, "application/gzip")
    age = max(0.0, time.time() * 1000 - min(each.sent_at for each in rides))
    count = sum(each.rides for each in rides)
    metrics.add_metric("RidesStored", MetricUnit.Count, count)
    metrics.add_metric("OldestRideAge", MetricUnit.Milliseconds, age)
    logger.info("stored", extra={"keys": [each.key for each in rides], "rides": count, "oldest_ride_ms": round(age)})
