"""From messages to a function's event, and from its answer to the messages that are to be deleted.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

import json
from typing import Any

from ministack.services import eventbridge

from local.sqs.messages import Message

# Most bytes of an event; what a record brings besides its body and attributes is some 600.
MOST_BYTES = 6 * 1024 * 1024
_RECORD_BYTES = 700

_SYSTEM_ATTRIBUTES = ("AWSTraceHeader", "DeadLetterQueueSourceArn")


def record_of(message: Message, queue_arn: str) -> dict[str, Any]:
    """The message as a function gets it, an entry of `Records`."""
    attributes = {
        "ApproximateReceiveCount": str(message["receive_count"]),
        "SentTimestamp": str(int(message["sent_at"] * 1000)),
        "SenderId": message["sys"].get("SenderId", ""),
        "ApproximateFirstReceiveTimestamp": str(int(message["first_receive_at"] * 1000)),
    }
    attributes |= {name: message["sys"][name] for name in _SYSTEM_ATTRIBUTES if name in message["sys"]}
    record = {
        "messageId": message["id"],
        "receiptHandle": message["receipt_handle"],
        "body": message["body"],
        "attributes": attributes,
        "messageAttributes": {name: _attribute(value) for name, value in message["message_attributes"].items()},
        "md5OfBody": message["md5_body"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": queue_arn.split(":")[3],
    }
    if message["md5_attrs"]:
        record["md5OfMessageAttributes"] = message["md5_attrs"]
    return record


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    fields = {name[0].lower() + name[1:]: content for name, content in value.items()}
    return {"stringListValues": [], "binaryListValues": []} | fields


def bytes_of(message: Message) -> int:
    """About how many bytes of the event the message takes, never too few."""
    attributes = message["message_attributes"]
    return len(json.dumps(message["body"])) + (len(json.dumps(attributes)) * 2 if attributes else 0) + _RECORD_BYTES


def matches(record: dict[str, Any], patterns: tuple[str, ...]) -> bool:
    """Whether the record passes the mapping's filters: one of the patterns, or there is none.

    A pattern on `body` is matched with the body's JSON, where it is JSON, and else with the text.
    """
    if not patterns:
        return True
    try:
        body = json.loads(record["body"])
    except ValueError:
        body = record["body"]
    subject = {**record, "body": body}
    return any(
        eventbridge._matches_detail(subject, alternative)
        for pattern in patterns
        for alternative in eventbridge._compiled_pattern(pattern) or []
    )


def failed_ids(answer: Any, ids: set[str]) -> set[str]:
    """The ids in `ids`, those of the batch, that a function's partial batch response reports as failed.

    Nothing, `{}`, and a list that is empty or null mean that none did; anything that is no such response, an
    identifier that is empty, misnamed or was not sent, that all did.
    """
    if answer is None:
        return set()
    if not isinstance(answer, dict):
        return ids
    failures = answer.get("batchItemFailures")
    if failures is None:
        return set()
    if not isinstance(failures, list):
        return ids
    identifiers = [failure.get("itemIdentifier") if isinstance(failure, dict) else None for failure in failures]
    failed = {identifier for identifier in identifiers if isinstance(identifier, str) and identifier in ids}
    return failed if len(failed) == len({str(identifier) for identifier in identifiers}) else ids
