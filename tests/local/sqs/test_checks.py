"""What SQS refuses: SendMessage, SetQueueAttributes, "Amazon SQS message quotas"; ListDeadLetterSourceQueues."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.sqs.message_attributes import fault_of
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
    # The suffix of FIFO queues is for those alone.
    for name in ("n" * 81, "a queue", "queue.first", "queue.fifo", "queue\n"):
        with pytest.raises(ClientError, match="Can only include alphanumeric characters"):
            client("sqs").create_queue(QueueName=name)
    for name, value, message in (
        ("queue", "true", r"InvalidParameterValue.*must end with \.fifo suffix"),
        ("queue", "false", r"InvalidAttributeName.*Unknown Attribute FifoQueue\."),
        (f"{'n' * 76}.fifo", "true", "InvalidParameterValue.*1 to 80 in length"),
    ):
        with pytest.raises(ClientError, match=message):
            client("sqs").create_queue(QueueName=name, Attributes={"FifoQueue": value})
    created = client("sqs").create_queue(QueueName=f"{unique('q' * 60)}.fifo", Attributes={"FifoQueue": "true"})
    client("sqs").delete_queue(QueueUrl=created["QueueUrl"])


NOBODY = "arn:aws:sqs:us-east-1:123456789012:none"
SEND = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
POLICIES = [
    ("Policy", "no json"),
    ("Policy", "[" * 20_000),
    ("Policy", json.dumps([SEND])),
    ("Policy", json.dumps({"Version": "2012-10-17"})),
    ("Policy", json.dumps({"Statement": SEND | {"Effect": "Maybe"}})),
    ("Policy", json.dumps({"Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage"}]})),
    ("RedrivePolicy", "no json"),
    ("RedrivePolicy", json.dumps({"deadLetterTargetArn": NOBODY, "maxReceiveCount": 1})),
    ("RedriveAllowPolicy", "no json"),
    ("RedriveAllowPolicy", json.dumps({"redrivePermission": "some"})),
    ("RedriveAllowPolicy", json.dumps({"redrivePermission": "byQueue"})),
    ("RedriveAllowPolicy", json.dumps({"redrivePermission": "denyAll", "sourceQueueArns": [NOBODY]})),
]


def test_policies_that_are_none_are_refused_at_creation_and_later(client: Client) -> None:
    url = queue(client)
    for name, policy in POLICIES:
        calls = (("create_queue", {"QueueName": unique("queue")}), ("set_queue_attributes", {"QueueUrl": url}))
        for call, named in calls:
            with pytest.raises(ClientError, match=f"Invalid value for the parameter {name}") as refused:
                getattr(client("sqs"), call)(**named, Attributes={name: policy})
            assert refused.value.response["Error"]["Code"] == "InvalidAttributeValue"
    denied = json.dumps({"redrivePermission": "denyAll"})
    allowed = {"Policy": json.dumps({"Statement": SEND}), "RedriveAllowPolicy": denied}
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes=allowed)
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes=dict.fromkeys(allowed, ""))


@pytest.mark.parametrize(
    ("name", "attribute", "message"),
    [
        ("", text("x"), "non-empty message attribute names"),
        ("n" * 257, text("x"), "must be less than 256 bytes"),
        ("a name", text("x"), "'a name' is invalid. Attribute name can contain A-Z"),
        ("aws.trace", text("x"), "prefix reserved for AWS use"),
        ("a..b", text("x"), "successive, '.' characters"),
        (".a", text("x"), "start or end with"),
        ("of", {}, "must contain a non-empty message attribute value"),
        ("of", {"StringValue": "x"}, "must contain a non-empty message attribute type"),
        ("of", {"DataType": "Text", "StringValue": "x"}, "supported type prefixes: Binary, Number, String"),
        ("of", {"DataType": "String." + "x" * 256, "StringValue": "x"}, "type must be less than 256 bytes"),
        ("of", text(""), "'of' must contain a non-empty value of type 'String'"),
        ("of", {"DataType": "Binary", "BinaryValue": b""}, "'of' must contain a non-empty value of type 'Binary'"),
        ("of", {"DataType": "Binary", "StringValue": "x"}, "with type 'Binary' must use field 'Binary'"),
        ("of", {"DataType": "Number", "StringValue": "many"}, "Can't cast the value of message (user) attribute 'of'"),
        ("of", text("a\0b"), "Invalid binary character '#x0' was found in the message (user) attribute 'of' value"),
    ],
)
def test_attributes_that_a_message_cannot_have(name: str, attribute: dict[str, Any], message: str) -> None:
    assert message in (fault_of({"right": text("x"), name: attribute}) or "")


@pytest.mark.parametrize(
    "attribute",
    [
        text("ride\n\U0001f984"),
        {"DataType": "Number.float", "StringValue": "-1.5e3"},
        {"DataType": "Binary.png", "BinaryValue": b"x"},
        {"DataType": "String.any type", "StringValue": "x"},
    ],
)
def test_attributes_of_each_type_that_a_message_can_have(client: Client, attribute: dict[str, Any]) -> None:
    url = queue(client)
    client("sqs").send_message(QueueUrl=url, MessageBody="ride", MessageAttributes={"a-b_c.D9": attribute})
    (message,) = client("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert message["MessageAttributes"] == {"a-b_c.D9": attribute}


def test_message_is_refused_for_its_attributes_by_itself(client: Client) -> None:
    url = queue(client)
    wrong = {"of": {"DataType": "Number", "StringValue": "many"}}
    with pytest.raises(ClientError, match="Can't cast the value") as refused:
        client("sqs").send_message(QueueUrl=url, MessageBody="ride", MessageAttributes=wrong)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValue"
    entries = [{"Id": "a", "MessageBody": "ride"}, {"Id": "b", "MessageBody": "ride", "MessageAttributes": wrong}]
    answer = client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["a"]
    assert [(entry["Id"], entry["Code"]) for entry in answer["Failed"]] == [("b", "InvalidParameterValue")]


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
