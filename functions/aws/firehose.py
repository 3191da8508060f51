"""Records into a delivery stream, many at a time.

    records ──batches of 500, 4 MB──> PutRecordBatch ──> the entries that failed, alone, again

A call that succeeds can still have entries that failed; its answer has one for each record, in their order. Those are
put again here, after a pause that grows. botocore itself retries calls that fail as a whole. Either way a record may be
delivered more than once.
https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from random import uniform
from typing import Any

from aws.clients import client
from wildrydes.errors import RecordsNotDelivered

MOST_RECORDS = 500
MOST_BYTES = 4_000_000
"""Of the records in one call, before they are encoded: AWS's 4 MB, whichever megabytes they are."""

ATTEMPTS = 8
_LONGEST_PAUSE = 4.0

Pause = Callable[[float], None]


def put(stream: str, records: Iterable[bytes], pause: Pause = time.sleep) -> int:
    """Puts every record into a delivery stream, and gives how many times one was put again.

    Raises RecordsNotDelivered, or botocore's errors, once a batch has failed for good; others may have been put then.
    """
    return sum(put_batch(stream, batch, pause) for batch in batches(records))


def batches(records: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The records in lists of at most MOST_RECORDS, and MOST_BYTES together."""
    batch: list[bytes] = []
    size = 0
    for record in records:
        if batch and (len(batch) == MOST_RECORDS or size + len(record) > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += len(record)
    if batch:
        yield batch


def put_batch(stream: str, records: Sequence[bytes], pause: Pause = time.sleep) -> int:
    """Puts one batch, the entries that failed again and alone, and gives how many entries were put again.

    Raises RecordsNotDelivered when an entry failed ATTEMPTS times; and botocore's errors.
    """
    entries: Sequence[bytes] = records
    fault: Any = {}
    repeated = 0
    for attempt in range(ATTEMPTS):
        if attempt:
            repeated += len(entries)
            pause(uniform(0, min(_LONGEST_PAUSE, 0.05 * 2**attempt)))  # noqa: S311 - spreads the load, guards nothing
        answer = client("firehose").put_record_batch(
            DeliveryStreamName=stream, Records=[{"Data": record} for record in entries]
        )
        outcomes = zip(entries, answer["RequestResponses"], strict=True)
        failed = [(record, outcome) for record, outcome in outcomes if "ErrorCode" in outcome]
        entries = [record for record, _ in failed]
        if not failed:
            return repeated
        fault = failed[0][1]
    raise RecordsNotDelivered(
        f"the delivery stream {stream} did not take {len(entries)} of {len(records)} records in {ATTEMPTS} attempts, "
        f"the first for {fault['ErrorCode']}: {fault.get('ErrorMessage', 'no message')}"
    )
