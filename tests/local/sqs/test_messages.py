"""The messages of a queue, by a clock of the test's own, and what a function's answer means for them."""

from typing import Any

import pytest

from local.lambda_.batches import failed_ids, matches, record_of
from local.sqs.messages import Message, Messages, Redrive

ARN = "arn:aws:sqs:us-east-1:123456789012:rides"


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def complete(message: Message) -> None:
    message.setdefault("visible_at", message["sent_at"])
    for name, value in (("receive_count", 0), ("first_receive_at", None), ("receipt_handle", None), ("sys", {})):
        message.setdefault(name, value)


def message(name: str, **fields: Any) -> Message:
    return {"id": name, "body": name, "sent_at": 1_000.0} | fields


def queue_of(clock: Clock, *messages: Message, arn: str = ARN) -> Messages:
    queue = Messages(arn, complete, clock)
    for each in messages:
        queue.append(each)
    return queue


def names(messages: list[Message]) -> list[str]:
    return [each["id"] for each in messages]


def test_message_is_hidden_for_its_visibility_timeout_and_counted() -> None:
    clock = Clock()
    queue = queue_of(clock, message("a"), message("b"))
    assert names(queue.receive(10, 30)) == ["a", "b"]
    assert queue.counts() == (0, 2, 0)
    clock.now += 29.9
    assert queue.receive(10, 30) == []
    assert queue.seconds_to_next() == pytest.approx(0.1)
    clock.now += 0.1
    assert [each["receive_count"] for each in queue.receive(10, 30)] == [2, 2]


def test_message_that_is_delayed_appears_when_its_delay_is_over() -> None:
    clock = Clock()
    queue = queue_of(clock, message("late", visible_at=1_005.0), message("now"))
    assert queue.counts() == (1, 0, 1)
    assert names(queue.receive(10, 30)) == ["now"]
    clock.now += 5
    assert names(queue.receive(10, 30)) == ["late"]


def test_message_is_deleted_by_its_latest_handle_alone() -> None:
    clock = Clock()
    queue = queue_of(clock, message("a"))
    old = queue.receive(1, 10)[0]["receipt_handle"]
    clock.now += 10
    new = queue.receive(1, 10)[0]["receipt_handle"]
    assert queue.delete(old)
    assert len(queue) == 1
    assert queue.delete(new)
    assert len(queue) == 0
    assert queue.delete(new), "a message may be deleted again"
    assert not queue.delete("no handle of this queue")


def test_message_that_is_visible_again_is_deleted_by_its_handle_and_not_received_any_more() -> None:
    clock = Clock()
    queue = queue_of(clock, message("a"))
    handle = queue.receive(1, 10)[0]["receipt_handle"]
    clock.now += 10
    assert queue.counts() == (1, 0, 0)
    assert queue.delete(handle)
    assert queue.receive(1, 10) == []


def test_visibility_can_be_changed_while_a_message_is_in_flight() -> None:
    clock = Clock()
    queue = queue_of(clock, message("a"))
    handle = queue.receive(1, 10)[0]["receipt_handle"]
    assert queue.change_visibility(handle, 100) is True
    clock.now += 99
    assert queue.receive(1, 10) == []
    assert queue.change_visibility(handle, 0) is True
    assert queue.change_visibility(handle, 10) is False, "it is in flight no more"
    assert queue.change_visibility("no handle of this queue", 10) is None
    assert names(queue.receive(1, 10)) == ["a"]


def test_message_received_too_often_goes_to_the_dead_letter_queue_with_its_source() -> None:
    clock = Clock()
    dead = queue_of(clock, arn=f"{ARN}-dead")
    queue = queue_of(clock, message("a"))
    redrive = Redrive(2, ARN, dead)
    for _ in range(2):
        assert names(queue.receive(1, 10, redrive)) == ["a"]
        clock.now += 10
    assert queue.receive(1, 10, redrive) == []
    assert len(queue) == 0
    moved = list(dead)
    assert [(each["id"], each["receive_count"]) for each in moved] == [("a", 2)]
    assert moved[0]["sys"] == {"DeadLetterQueueSourceArn": ARN}


def test_receive_ends_at_a_message_that_does_not_fit() -> None:
    queue = queue_of(Clock(), message("a"), message("b"), message("c"))
    assert names(queue.receive(10, 30, fits=lambda each: each["id"] != "b")) == ["a"]
    assert names(queue.receive(10, 30)) == ["b", "c"]


def test_messages_older_than_the_retention_are_forgotten() -> None:
    queue = queue_of(Clock(), message("old", sent_at=900.0), message("new"))
    queue.remove_sent_before(950.0)
    assert names(queue.receive(10, 30)) == ["new"]


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (None, set()),
        ({}, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": None}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, {"b"}),
        ({"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "b"}]}, {"b"}),
        ({"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "unknown"}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": None}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemId": "a"}]}, {"a", "b"}),
        ({"batchItemFailures": ["a"]}, {"a", "b"}),
        ({"batchItemFailures": "a"}, {"a", "b"}),
        ("done", {"a", "b"}),
        (["a"], {"a", "b"}),
    ],
)
def test_answer_that_is_no_partial_batch_response_fails_the_batch(answer: Any, failed: set[str]) -> None:
    assert failed_ids(answer, {"a", "b"}) == failed


@pytest.mark.parametrize(
    ("pattern", "body", "passes"),
    [
        ('{"body": {"Name": [{"prefix": "Sha"}]}}', '{"Name": "Shadowfax"}', True),
        ('{"body": {"Name": [{"prefix": "Sha"}]}}', '{"Name": "Bucephalus"}', False),
        ('{"body": {"Name": [{"prefix": "Sha"}]}}', "not JSON", False),
        ('{"body": {"Distance": [{"numeric": [">", 5]}]}}', '{"Distance": 7}', True),
        ('{"body": ["not JSON"]}', "not JSON", True),
        ('{"body": {"Name": [null]}}', "{}", False),
    ],
)
def test_filter_is_matched_with_the_body(pattern: str, body: str, passes: bool) -> None:
    assert matches({"messageId": "a", "body": body}, (pattern,)) is passes


def test_record_tells_what_aws_tells_of_a_message() -> None:
    received = message(
        "a",
        receive_count=2,
        first_receive_at=1_001.5,
        receipt_handle="handle",
        md5_body="digest",
        md5_attrs="digest of attributes",
        message_attributes={"source": {"DataType": "String", "StringValue": "fleet"}},
        sys={"SenderId": "123456789012", "DeadLetterQueueSourceArn": f"{ARN}-before"},
    )
    assert record_of(received, ARN) == {
        "messageId": "a",
        "receiptHandle": "handle",
        "body": "a",
        "attributes": {
            "ApproximateReceiveCount": "2",
            "SentTimestamp": "1000000",
            "SenderId": "123456789012",
            "ApproximateFirstReceiveTimestamp": "1001500",
            "DeadLetterQueueSourceArn": f"{ARN}-before",
        },
        "messageAttributes": {
            "source": {
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
                "stringValue": "fleet",
            }
        },
        "md5OfBody": "digest",
        "md5OfMessageAttributes": "digest of attributes",
        "eventSource": "aws:sqs",
        "eventSourceARN": ARN,
        "awsRegion": "us-east-1",
    }
