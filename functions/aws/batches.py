"""Batches of messages that a queue delivered, through Powertools' batch processor."""

import logging
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType


def batch_processor() -> BatchProcessor:
    """A processor that reports each message that failed, and that alone.

    When every message failed they are reported as well: by default Powertools raises an error then that has the
    traceback of each in its text.
    """
    return BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def process_messages(processor: BatchProcessor, log: logging.Logger | Any) -> list[Any]:
    """Hands each message to the record handler, and gives the results. Failures are logged, and reported as failed."""
    results = []
    for status, result, record in processor.process():
        if status == "success":
            results.append(result)
        else:
            log.error("a message failed", extra={"message_id": record.message_id, "cause": result})
    return results
