"""Messages into a queue, many at a time.

    bodies ──batches of 10, 256 KB──> some batches under way at once ──> SendMessageBatch ──> what failed, alone, again

botocore itself retries calls that fail as a whole. A call that succeeds can still have entries that failed; those are
sent again here, after a pause that grows. The client is made at the first use and kept.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from random import uniform
from typing import Any

from aws import clients
from wildrydes.errors import MessagesNotSent

MOST_ENTRIES = 10
MOST_BYTES = 262_144
"""Of the bodies in one call. SQS takes more nowadays, queues of other makes do not."""

SENDERS = 8
MOST_UNDER_WAY = 2 * SENDERS
"""Batches that are being sent or wait for a sender: what bounds the memory that sending takes."""

ATTEMPTS = 6
_LONGEST_PAUSE = 2.0

Pause = Callable[[float], None]


def client() -> Any:
    """The SQS client of this process."""
    return clients.client("sqs", SENDERS)


def send(queue_url: str, bodies: Iterable[str], pause: Pause = time.sleep) -> int:
    """Sends every body as a message, and gives how many there were. They arrive in no certain order.

    Bodies are taken only as fast as they are sent. Raises MessagesNotSent, or botocore's errors, once a batch has
    failed for good; others may have been sent then.
    """
    client()
    count = 0
    under_way: set[Future[int]] = set()
    with ThreadPoolExecutor(SENDERS) as senders:
        for batch in batches(bodies):
            if len(under_way) == MOST_UNDER_WAY:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                count += _total(done)
            under_way.add(senders.submit(send_batch, queue_url, batch, pause))
        count += _total(under_way)
    return count


def batches(bodies: Iterable[str]) -> Iterator[list[str]]:
    """The bodies in lists of at most MOST_ENTRIES, and MOST_BYTES together."""
    batch: list[str] = []
    size = 0
    for body in bodies:
        length = len(body.encode())
        if batch and (len(batch) == MOST_ENTRIES or size + length > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += length
    if batch:
        yield batch


def send_batch(queue_url: str, bodies: Sequence[str], pause: Pause = time.sleep) -> int:
    """Sends one batch, the entries that failed again and alone, and gives how many entries it had.

    Raises MessagesNotSent when an entry is refused as such, or failed ATTEMPTS times; and botocore's errors.
    """
    entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
    failed: dict[str, Any] = {}
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(uniform(0, min(_LONGEST_PAUSE, 0.1 * 2**attempt)))  # noqa: S311 - spreads the load, guards nothing
        answer = client().send_message_batch(QueueUrl=queue_url, Entries=entries)
        failed = {each["Id"]: each for each in answer.get("Failed", ())}
        entries = [entry for entry in entries if entry["Id"] in failed]
        if not entries or any(each["SenderFault"] for each in failed.values()):
            break
    if entries:
        first = failed[entries[0]["Id"]]
        raise MessagesNotSent(
            f"{queue_url} did not take {len(entries)} of {len(bodies)} messages, the first for {first['Code']}: "
            f"{first.get('Message', 'no message')}"
        )
    return len(bodies)


def _total(futures: Iterable[Future[int]]) -> int:
    return sum(each.result() for each in futures)
