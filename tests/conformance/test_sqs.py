"""Amazon SQS: queues, messages, batches, FIFO, dead letters."""

import hashlib
from typing import Any

import pytest

from caller import Caller, refusal

API = "Amazon SQS API Reference: "
GUIDE = "Amazon SQS Developer Guide: "


def entry(number: int, **fields: Any) -> dict[str, Any]:
    return {"Id": str(number), "MessageBody": f"message {number}"} | fields


@pytest.mark.document(API + "SendMessage")
def test_message_arrives_with_its_digest(caller: Caller) -> None:
    url, queues = caller.queue(), caller.client("sqs")
    digest = hashlib.md5(b"a ride", usedforsecurity=False).hexdigest()
    assert queues.send_message(QueueUrl=url, MessageBody="a ride")["MD5OfMessageBody"] == digest
    (message,) = caller.receive(url)
    assert (message["Body"], message["MD5OfBody"]) == ("a ride", digest)
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"


@pytest.mark.document(GUIDE + "Amazon SQS visibility timeout")
def test_message_is_hidden_until_its_visibility_ends(caller: Caller) -> None:
    url, queues = caller.queue(), caller.client("sqs")
    queues.send_message(QueueUrl=url, MessageBody="a ride")
    (message,) = caller.receive(url)
    assert caller.receive(url, 0) == []
    queues.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    (again,) = caller.receive(url)
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"


@pytest.mark.document(API + "SendMessage (DelaySeconds)")
def test_delay_of_over_fifteen_minutes_is_refused(caller: Caller) -> None:
    url, queues = caller.queue(), caller.client("sqs")
    assert refusal(queues.send_message, QueueUrl=url, MessageBody="a", DelaySeconds=901) == "InvalidParameterValue"


@pytest.mark.document(API + "SendMessageBatch (Errors)")
@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([entry(1), entry(1)], "BatchEntryIdsNotDistinct"),
        ([entry(number) for number in range(11)], "TooManyEntriesInBatchRequest"),
        ([entry(1, Id="a b")], "InvalidBatchEntryId"),
    ],
)
def test_batch_that_is_none_is_refused(caller: Caller, entries: list[Any], code: str) -> None:
    assert refusal(caller.client("sqs").send_message_batch, QueueUrl=caller.queue(), Entries=entries) == code


@pytest.mark.document(API + "SendMessageBatch")
def test_entry_of_a_batch_fails_by_itself(caller: Caller) -> None:
    entries = [entry(1), entry(2, DelaySeconds=901)]
    answer = caller.client("sqs").send_message_batch(QueueUrl=caller.queue(), Entries=entries)
    assert [each["Id"] for each in answer["Successful"]] == ["1"]
    assert [(each["Id"], each["SenderFault"]) for each in answer["Failed"]] == [("2", True)]


@pytest.mark.document(API + "CreateQueue")
def test_queue_of_other_attributes_is_not_created_again(caller: Caller) -> None:
    queues, name = caller.client("sqs"), caller.name("queue")
    url = queues.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "10"})["QueueUrl"]
    caller.at_end(queues.delete_queue, QueueUrl=url)
    assert queues.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "10"})["QueueUrl"] == url
    code = refusal(queues.create_queue, QueueName=name, Attributes={"VisibilityTimeout": "11"})
    assert code in ("QueueNameExists", "QueueAlreadyExists")


@pytest.mark.document(API + "SetQueueAttributes")
def test_attribute_out_of_its_range_is_refused(caller: Caller) -> None:
    queues, url = caller.client("sqs"), caller.queue()
    change = {"QueueUrl": url, "Attributes": {"VisibilityTimeout": "43201"}}
    assert refusal(queues.set_queue_attributes, **change) == "InvalidAttributeValue"
    assert refusal(queues.set_queue_attributes, QueueUrl=url, Attributes={"Colour": "1"}) == "InvalidAttributeName"


@pytest.mark.document(API + "GetQueueUrl")
def test_queue_that_there_is_not(caller: Caller) -> None:
    code = refusal(caller.client("sqs").get_queue_url, QueueName=caller.name("none"))
    assert code in ("NonExistentQueue", "QueueDoesNotExist")


@pytest.mark.document(API + "DeleteMessage")
def test_handle_that_is_none_is_refused(caller: Caller) -> None:
    url, queues = caller.queue(), caller.client("sqs")
    assert refusal(queues.delete_message, QueueUrl=url, ReceiptHandle="none") == "ReceiptHandleIsInvalid"


@pytest.mark.document(API + "SendMessage (InvalidMessageContents)")
def test_characters_that_no_message_may_have(caller: Caller) -> None:
    url, queues = caller.queue(), caller.client("sqs")
    assert refusal(queues.send_message, QueueUrl=url, MessageBody="\x01") == "InvalidMessageContents"


@pytest.mark.document(GUIDE + "Amazon SQS message quotas")
def test_message_larger_than_its_queue_allows_is_refused(caller: Caller) -> None:
    url, queues = caller.queue(MaximumMessageSize="1024"), caller.client("sqs")
    queues.send_message(QueueUrl=url, MessageBody="x" * 1024)
    assert refusal(queues.send_message, QueueUrl=url, MessageBody="x" * 1025) == "InvalidParameterValue"


@pytest.mark.document(API + "ReceiveMessage")
def test_more_than_twenty_seconds_of_waiting_are_refused(caller: Caller) -> None:
    url, queues = caller.queue(), caller.client("sqs")
    assert refusal(queues.receive_message, QueueUrl=url, WaitTimeSeconds=21) == "InvalidParameterValue"
    assert refusal(queues.receive_message, QueueUrl=url, MaxNumberOfMessages=11) == "InvalidParameterValue"


@pytest.mark.document(GUIDE + "Using dead-letter queues in Amazon SQS")
def test_message_received_too_often_becomes_a_dead_letter(caller: Caller) -> None:
    dead, queues = caller.queue(), caller.client("sqs")
    redrive = f'{{"deadLetterTargetArn": "{caller.queue_arn(dead)}", "maxReceiveCount": 1}}'
    url = caller.queue(RedrivePolicy=redrive, VisibilityTimeout="0")
    queues.send_message(QueueUrl=url, MessageBody="a ride")
    assert len(caller.receive(url)) == 1
    assert caller.receive(url, 1) == []
    (letter,) = caller.receive(dead)
    assert letter["Body"] == "a ride"


@pytest.mark.document(API + "ListDeadLetterSourceQueues")
def test_sources_of_dead_letters_are_listed(caller: Caller) -> None:
    dead = caller.queue()
    redrive = f'{{"deadLetterTargetArn": "{caller.queue_arn(dead)}", "maxReceiveCount": 3}}'
    source = caller.queue(RedrivePolicy=redrive)
    assert caller.client("sqs").list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [source]


@pytest.mark.document(API + "StartMessageMoveTask")
def test_dead_letters_are_moved_back(caller: Caller) -> None:
    dead, queues = caller.queue(), caller.client("sqs")
    redrive = f'{{"deadLetterTargetArn": "{caller.queue_arn(dead)}", "maxReceiveCount": 1}}'
    source = caller.queue(RedrivePolicy=redrive, VisibilityTimeout="0")
    queues.send_message(QueueUrl=source, MessageBody="a ride")
    caller.receive(source)
    assert caller.receive(source, 1) == []
    queues.start_message_move_task(SourceArn=caller.queue_arn(dead))
    (message,) = caller.receive(source, 20)
    assert message["Body"] == "a ride"


@pytest.mark.document(GUIDE + "Exactly-once processing in Amazon SQS")
def test_fifo_queue_takes_a_message_once_and_keeps_the_order(caller: Caller) -> None:
    url, queues = caller.queue(FifoQueue="true"), caller.client("sqs")
    for body, identity in (("1", "a"), ("2", "b"), ("1 again", "a"), ("3", "c")):
        queues.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g", MessageDeduplicationId=identity)
    assert [message["Body"] for message in caller.receive(url)] == ["1", "2", "3"]


@pytest.mark.document(GUIDE + "FIFO queue delivery logic in Amazon SQS")
def test_fifo_group_waits_for_its_message_in_flight(caller: Caller) -> None:
    url, queues = caller.queue(FifoQueue="true", ContentBasedDeduplication="true"), caller.client("sqs")
    for group, body in (("a", "a1"), ("a", "a2"), ("b", "b1")):
        queues.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group)
    first = queues.receive_message(QueueUrl=url, MaxNumberOfMessages=1)["Messages"]
    assert [message["Body"] for message in [*first, *caller.receive(url, 1)]] == ["a1", "b1"]


@pytest.mark.document(API + "SendMessage (MessageGroupId)")
def test_fifo_message_without_a_group_is_refused(caller: Caller) -> None:
    url, queues = caller.queue(FifoQueue="true"), caller.client("sqs")
    assert refusal(queues.send_message, QueueUrl=url, MessageBody="a") == "MissingParameter"


@pytest.mark.document(API + "PurgeQueue")
@pytest.mark.differs("a queue is purged as often as is asked")
def test_queue_is_purged_once_a_minute(caller: Caller) -> None:
    url, queues = caller.queue(), caller.client("sqs")
    queues.send_message(QueueUrl=url, MessageBody="a ride")
    queues.purge_queue(QueueUrl=url)
    assert refusal(queues.purge_queue, QueueUrl=url) == "PurgeQueueInProgress"


@pytest.mark.document(API + "TagQueue")
def test_queue_has_its_tags(caller: Caller) -> None:
    url, queues = caller.queue(), caller.client("sqs")
    queues.tag_queue(QueueUrl=url, Tags={"a": "1", "b": "2"})
    queues.untag_queue(QueueUrl=url, TagKeys=["a"])
    assert queues.list_queue_tags(QueueUrl=url)["Tags"] == {"b": "2"}
