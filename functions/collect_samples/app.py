"""Messages of the samples topic -> the delivery stream, whose batches become the table `samples`.

    in   an event of SNS: every one of its records is taken (see `wildrydes.samples.messages`)
    out  {"samples": <put>, "rejected": <how many>}

What is no sample goes to rejected/samples/ with its reason, source and line, and is done. What Firehose does not take,
however often it is put, raises: Lambda invokes the function with the same event again, and keeps the event in the
dead-letter queue when that fails too. What was put before is put twice then; the training set takes it once.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import firehose, s3
from aws.settings import collect_settings
from wildrydes.bucket import rejected_samples_key
from wildrydes.metric_line import NAMESPACE
from wildrydes.samples.messages import Collected, Rejected, messages_of, records_of

logger = Logger()
metrics = Metrics(namespace=NAMESPACE)


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, int]:
    """Collects the samples of an event. Raises BadSampleEvent, RecordsNotDelivered, and botocore's errors."""
    settings = collect_settings()
    metrics.add_metric("SampleEvents", MetricUnit.Count, 1)
    messages = messages_of(event)
    records = [record for message in messages for record in records_of(message)]
    rejected = [record for record in records if isinstance(record, Rejected)]
    lines = [record.line.encode() for record in records if isinstance(record, Collected)]
    if rejected:
        reject(settings.bucket, messages[0].sent_at[:10], rejected)
    repeated = firehose.put(settings.delivery_stream, lines)
    metrics.add_metric("SamplesCollected", MetricUnit.Count, len(lines))
    metrics.add_metric("SamplesPutAgain", MetricUnit.Count, repeated)
    logger.info("collected", extra={"messages": len(messages), "samples": len(lines), "put_again": repeated})
    return {"samples": len(lines), "rejected": len(rejected)}


def reject(bucket: str, day: str, rejected: Sequence[Rejected]) -> None:
    """Writes records that are no samples into one object. The same records make the same object again."""
    lines = [each.line for each in rejected]
    key = rejected_samples_key(day, lines)
    s3.write(bucket, key, "".join(lines).encode(), "application/jsonl")
    logger.warning("rejected", extra={"key": key, "reasons": dict(Counter(each.reason for each in rejected))})
    metrics.add_metric("SamplesRejected", MetricUnit.Count, len(rejected))
