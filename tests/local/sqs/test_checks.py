"""What SQS refuses: SendMessage, SetQueueAttributes, "Amazon SQS message quotas"; ListDeadLetterSourceQueues."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from machines import Client, allow, unique
from queue_makers import arn_of, as_role, queue, receive


def text(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


def test_message_is_delayed_by_fifteen_minutes_at_most(client: Client) -> None:
    url = queue(client)
    for seconds in (901, -1):
        with pytest.raises(ClientError, match=r"DelaySeconds must be >= 0 and <= 900") as refused:
            client("sqs").send_message(QueueUrl=url, MessageBody="ride", DelaySeconds=seconds)
        assert refused.value.response["Error"]["Code"] == "InvalidParameterValue"
    entries = [{"Id": str(seconds), "MessageBody": "ride", "DelaySeconds": seconds} for seconds in (900, 901)]
    answer = client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["900"]
    assert [(entry["Id"], entry["Code"]) for entry in answer["Failed"]] == [("901", "InvalidParameterValue")]


def test_attributes_count_to_the_size_of_a_message(client: Client) -> None:
    url = queue(client, MaximumMessageSize="1024")
    attributes = {"source": text("x" * (1024 - len("ride") - len("source") - len("String")))}
    client("sqs").send_message(QueueUrl=url, MessageBody="ride", MessageAttributes=attributes)
    with pytest.raises(ClientError, match="Message must be shorter than 1024 bytes"):
        client("sqs").send_message(QueueUrl=url, MessageBody="rides", MessageAttributes=attributes)
    assert [message["Body"] for message in receive(client, url)] == ["ride"]
    many = {f"name{number}": text("x") for number in range(11)}
    with pytest.raises(ClientError, match="exceeds the allowed maximum"):
        client("sqs").send_message(QueueUrl=url, MessageBody="ride", MessageAttributes=many)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("DelaySeconds", "901", "InvalidAttributeValue"),
        ("VisibilityTimeout", "43201", "InvalidAttributeValue"),
        ("MessageRetentionPeriod", "59", "InvalidAttributeValue"),
        ("MaximumMessageSize", "1048577", "InvalidAttributeValue"),
        ("ReceiveMessageWaitTimeSeconds", "21", "InvalidAttributeValue"),
        ("Colour", "red", "InvalidAttributeName"),
    ],
)
def test_attributes_that_a_queue_cannot_have(client: Client, name: str, value: str, code: str) -> None:
    with pytest.raises(ClientError) as refused:
        client("sqs").create_queue(QueueName=unique("queue"), Attributes={name: value})
    assert refused.value.response["Error"]["Code"] == code


def test_names_that_a_queue_cannot_have(client: Client) -> None:
    for name in ("n" * 81, "a queue", "queue.first"):
        with pytest.raises(ClientError, match="Can only include alphanumeric characters"):
            client("sqs").create_queue(QueueName=name)


def test_queues_whose_dead_letters_come_to_a_queue_are_listed_by_pages(client: Client, endpoint: str) -> None:
    dead = queue(client)
    policy = json.dumps({"deadLetterTargetArn": arn_of(client, dead), "maxReceiveCount": 2})
    sources = sorted(queue(client, RedrivePolicy=policy) for _ in range(3))
    queue(client)

    def listed(asking: Any, **parameters: Any) -> dict[str, Any]:
        return asking.list_dead_letter_source_queues(QueueUrl=dead, **parameters)

    asking = as_role(client, endpoint, allow("sqs:ListDeadLetterSourceQueues", resource=arn_of(client, dead)))
    assert listed(asking)["queueUrls"] == sources
    first = listed(asking, MaxResults=2)
    second = listed(asking, MaxResults=2, NextToken=first["NextToken"])
    assert (first["queueUrls"], second["queueUrls"]) == (sources[:2], sources[2:])
    assert "NextToken" not in second
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        listed(asking, MaxResults=1001)
    with pytest.raises(ClientError, match="NonExistentQueue"):
        client("sqs").list_dead_letter_source_queues(QueueUrl=f"{dead}-gone")
    with pytest.raises(ClientError, match="AccessDenied"):
        listed(as_role(client, endpoint, allow("sqs:GetQueueAttributes")))
