"""Ride messages -> nearest ground station and labels -> the located-rides queue, many rides to a message.

    in   a batch of messages of the rides queue, from fan_out_rides or from a producer (see `wildrydes.rides.messages`)
    out  {"batchItemFailures": [{"itemIdentifier": <message id>}]}

A message that can never be a ride goes to rejected/ with its reason, and is done. Where a call fails that may succeed
next time, the messages it was made for, and no others, are reported as failed: they come back, and go to the
dead-letter queue if they fail each time.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws import s3, sqs
from aws.batches import batch_processor, process_messages
from aws.faults import PASSING
from aws.settings import LocateSettings, locate_settings
from wildrydes.bucket import rejected_messages_key
from wildrydes.metric_line import NAMESPACE
from wildrydes.rides.located_rides import Arrival, day, packs
from wildrydes.rides.messages import Located, Rejected, locate

logger = Logger()
metrics = Metrics(namespace=NAMESPACE)


class Outcome(NamedTuple):
    """A message, and what became of it."""

    message: SQSRecord
    ride: Located | Rejected

    @property
    def sent_at(self) -> int:
        """When the message was sent, in milliseconds since 1970."""
        return int(self.message.attributes.sent_timestamp)


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Locates the rides of a batch."""
    settings = locate_settings()
    processor = batch_processor()
    with processor(event["Records"], partial(locate_message, settings.max_station_miles), context):
        for messages, deliver in deliveries_of(settings, process_messages(processor, logger)):
            try:
                deliver()
            except PASSING:
                logger.exception("messages are to be received again", extra={"messages": len(messages)})
                for message in messages:
                    processor.failure_handler(message, sys.exc_info())
    metrics.add_metric("RidesIn", MetricUnit.Count, len(event["Records"]))
    metrics.add_metric("MessagesFailed", MetricUnit.Count, len(processor.fail_messages))
    return processor.response()


def locate_message(max_station_miles: float, record: SQSRecord) -> Outcome:
    """What becomes of one message."""
    sender = {"queue": record.event_source_arn, "message_id": record.message_id}
    sent_at = int(record.attributes.sent_timestamp)
    return Outcome(record, locate(record.body, sender, sent_at, max_station_miles))


Delivery = tuple[Sequence[SQSRecord], Callable[[], object]]
"""Messages, and the call by which they are done."""


def deliveries_of(settings: LocateSettings, outcomes: Sequence[Outcome]) -> Iterator[Delivery]:
    """The calls by which the messages are done: one for what is rejected, one for each pack of rides."""
    rejected = [outcome for outcome in outcomes if isinstance(outcome.ride, Rejected)]
    if rejected:
        yield [outcome.message for outcome in rejected], partial(reject, settings.bucket, rejected)
    messages = {outcome.message.message_id: outcome.message for outcome in outcomes}
    for pack in packs(arrivals_of(outcomes)):
        send = partial(sqs.send_batch, settings.located_rides_queue, [pack.body])
        yield [messages[message_id] for message_id in pack.message_ids], send


def arrivals_of(outcomes: Iterable[Outcome]) -> Iterator[Arrival]:
    """The rides among the outcomes."""
    for outcome in outcomes:
        if isinstance(outcome.ride, Located):
            yield Arrival(outcome.ride, outcome.message.message_id, outcome.sent_at)


def reject(bucket: str, outcomes: Sequence[Outcome]) -> None:
    """Writes messages that can never be rides into one object. The same messages make the same object again."""
    rejected = [outcome.ride for outcome in outcomes if isinstance(outcome.ride, Rejected)]
    lines = sorted({each.line for each in rejected})
    key = rejected_messages_key(day(min(outcome.sent_at for outcome in outcomes)), lines)
    s3.write(bucket, key, "".join(lines).encode(), "application/jsonl")
    logger.warning("rejected", extra={"key": key, "reasons": dict(Counter(each.reason for each in rejected))})
    metrics.add_metric("RidesRejected", MetricUnit.Count, len(rejected))
