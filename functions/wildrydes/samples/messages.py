"""A message of the samples topic -> its samples, as lines of the table `samples`, and its rejected records.

    one sample         {"duration": 6100, "fc_avg": 9000, …, "sample_id": "<the centre's>"}    or 13 numbers of CSV
    several            one a line, of either kind

Every record of a message is in one of the two, and each for itself: a wrong one costs none of the others.

A sample is identified by the centre's `sample_id` where it has one, else by the message and the line: SNS gives a
message the same id at each delivery. `sample_id` in the table is a digest of that, so that a delivery that is repeated
makes the same row again, and the training set takes it once (docs/decisions/0031).
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from wildrydes.bucket import ARRIVAL_TIME
from wildrydes.errors import BadSample, BadSampleEvent
from wildrydes.samples.sample import FIELDS, Sample, read_record

LONGEST_REJECTED_TEXT = 2048
"""Characters of a rejected record that its line under rejected/ quotes."""

LONGEST_RECORD = 4096
"""Characters that a record may have: some ten times those of a sample."""


MOST_RECORDS = 10_100
"""Records that a message may have: more samples do not fit into SNS's 262,144 bytes, at 26 a line."""


class Message(NamedTuple):
    """A message as SNS delivered it: `sent_at` is 'YYYY-MM-DDTHH:MM:SS.mmmZ', `topic` the ARN."""

    id: str
    topic: str
    sent_at: str
    text: str


class Collected(NamedTuple):
    """A sample's line of the table, ending in a line feed."""

    line: str


class Rejected(NamedTuple):
    """A record that is no sample: the reason's code, and its line under rejected/."""

    reason: str
    line: str


def messages_of(event: Any) -> list[Message]:
    """Every message of an event of SNS. Raises BadSampleEvent for any other event."""
    try:
        return [_message(record["Sns"]) for record in event["Records"]]
    except (KeyError, TypeError):
        raise BadSampleEvent("the event is none of SNS: it has no Records with Sns, MessageId and Message") from None


def _message(notification: Any) -> Message:
    values = [notification[name] for name in ("MessageId", "TopicArn", "Timestamp", "Message")]
    if not all(type(value) is str for value in values) or not ARRIVAL_TIME.fullmatch(values[2]):
        raise BadSampleEvent("a message's id, topic, time or text is not as SNS writes it")
    return Message(*values)


def records_of(message: Message) -> Iterator[Collected | Rejected]:
    """What becomes of each record of a message, in their order. One with none, or with too many, is rejected itself."""
    if (lines := message.text.count("\n")) > MOST_RECORDS:
        bad = BadSample("too_many_records", None, f"the message has {lines} lines; {MOST_RECORDS} are read at most")
        yield Rejected(bad.reason, _rejected_line(bad, message, 1, message.text))
        return
    for number, text in _numbered(message.text):
        try:
            if len(text) > LONGEST_RECORD:
                raise BadSample("record_too_large", None, f"the record has {len(text)} characters, not a sample's")
            sample = read_record(text)
        except BadSample as bad:
            yield Rejected(bad.reason, _rejected_line(bad, message, number, text))
        else:
            yield Collected(_row(sample, message, number))


def sample_id(sample: Sample, message: Message, line: int) -> str:
    """The first 32 hex digits of the SHA-256 of what identifies a sample: the centre's id, or message and line."""
    identity = ("message", message.id, str(line)) if sample.id is None else ("centre", sample.id)
    return sha256("\n".join(identity).encode()).hexdigest()[:32]


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    """The records of a text with their lines, from 1; blank lines are none, unless there is nothing else."""
    if _is_one_object(text):
        yield 1, text
        return
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip(" \t\r\ufeff")]
    yield from lines or [(1, text)]


def _is_one_object(text: str) -> bool:
    """Whether a text of several lines is one object, such as pretty-printed JSON."""
    if "\n" not in text or not text.lstrip("\ufeff \t\r\n").startswith("{") or len(text) > LONGEST_RECORD:
        return False
    try:
        json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return False
    return True


def _row(sample: Sample, message: Message, line: int) -> str:
    numbers = {field.name: value for field, value in zip(FIELDS, sample.values, strict=True)}
    row = {"sample_id": sample_id(sample, message, line)} | numbers
    return json.dumps(row | {"arrived_at": message.sent_at, "message_id": message.id}, separators=(",", ":")) + "\n"


def _rejected_line(bad: BadSample, message: Message, line: int, text: str) -> str:
    source = {"topic": message.topic, "message_id": message.id, "arrived_at": message.sent_at}
    rejected = {"reason": bad.reason, "field": bad.field, "detail": bad.detail, "source": source}
    # ASCII: a record may hold half a surrogate pair.
    return json.dumps(rejected | {"position": {"line": line}, "record": text[:LONGEST_REJECTED_TEXT]}) + "\n"
