"""Amazon SNS: topics, subscriptions, filters."""

import json
from typing import Any

import pytest

from caller import Caller, refusal

API = "Amazon SNS API Reference: "
GUIDE = "Amazon SNS Developer Guide: "


def topic(caller: Caller) -> str:
    topics = caller.client("sns")
    arn = topics.create_topic(Name=caller.name("topic"))["TopicArn"]
    caller.at_end(topics.delete_topic, TopicArn=arn)
    return arn


def subscribed(caller: Caller, arn: str, **attributes: str) -> str:
    """A queue that a topic delivers to; its URL."""
    url, queue_arn = caller.open_queue("sns")
    caller.client("sns").subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue_arn, Attributes=attributes)
    return url


def text(value: str) -> dict[str, Any]:
    return {"DataType": "String", "StringValue": value}


@pytest.mark.document(GUIDE + "Fanout to Amazon SQS queues")
def test_queue_gets_the_message_in_an_envelope(caller: Caller) -> None:
    arn = topic(caller)
    url = subscribed(caller, arn)
    published = caller.client("sns").publish(TopicArn=arn, Message="a ride", Subject="ride")
    (message,) = caller.receive(url)
    envelope = json.loads(message["Body"])
    assert (envelope["Type"], envelope["TopicArn"], envelope["Message"]) == ("Notification", arn, "a ride")
    assert (envelope["Subject"], envelope["MessageId"]) == ("ride", published["MessageId"])


@pytest.mark.document(GUIDE + "Amazon SNS raw message delivery")
def test_raw_delivery_has_attributes_of_the_queue(caller: Caller) -> None:
    arn = topic(caller)
    url = subscribed(caller, arn, RawMessageDelivery="true")
    caller.client("sns").publish(TopicArn=arn, Message="a ride", MessageAttributes={"colour": text("red")})
    answer = caller.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=10, MessageAttributeNames=["All"])
    (message,) = answer["Messages"]
    assert (message["Body"], message["MessageAttributes"]["colour"]["StringValue"]) == ("a ride", "red")


@pytest.mark.document(GUIDE + "Amazon SNS subscription filter policies")
def test_filter_by_attributes(caller: Caller) -> None:
    arn = topic(caller)
    policy = {"colour": ["red", {"prefix": "gr"}], "size": [{"numeric": [">", 2, "<=", 5]}]}
    url = subscribed(caller, arn, FilterPolicy=json.dumps(policy), RawMessageDelivery="true")
    for colour, size in (("red", "3"), ("blue", "3"), ("green", "5"), ("red", "2")):
        attributes = {"colour": text(colour), "size": {"DataType": "Number", "StringValue": size}}
        caller.client("sns").publish(TopicArn=arn, Message=colour + size, MessageAttributes=attributes)
    bodies = {message["Body"] for _ in range(2) for message in caller.receive(url, 2)}
    assert bodies == {"red3", "green5"}


@pytest.mark.document(GUIDE + "Amazon SNS subscription filter policy scope")
def test_filter_by_the_body(caller: Caller) -> None:
    arn = topic(caller)
    policy = {"ride": {"colour": [{"anything-but": "red"}]}}
    filters = {"FilterPolicy": json.dumps(policy), "FilterPolicyScope": "MessageBody"}
    url = subscribed(caller, arn, RawMessageDelivery="true", **filters)
    for colour in ("red", "blue"):
        caller.client("sns").publish(TopicArn=arn, Message=json.dumps({"ride": {"colour": colour}}))
    assert [json.loads(message["Body"]) for message in caller.receive(url)] == [{"ride": {"colour": "blue"}}]


@pytest.mark.document(API + "Publish (NotFound)")
def test_topic_that_there_is_not(caller: Caller) -> None:
    arn = topic(caller)
    code = refusal(caller.client("sns").publish, TopicArn=f"{arn}-none", Message="a ride")
    assert code in ("NotFound", "NotFoundException")


@pytest.mark.document(API + "Publish (InvalidParameter)")
def test_empty_message_is_refused(caller: Caller) -> None:
    code = refusal(caller.client("sns").publish, TopicArn=topic(caller), Message="")
    assert code in ("InvalidParameter", "InvalidParameterException")


@pytest.mark.document(API + "CreateTopic")
@pytest.mark.differs("a topic of other attributes is taken for the same")
def test_topic_of_the_same_name_is_the_same(caller: Caller) -> None:
    topics, name = caller.client("sns"), caller.name("topic")
    arn = topics.create_topic(Name=name)["TopicArn"]
    caller.at_end(topics.delete_topic, TopicArn=arn)
    assert topics.create_topic(Name=name)["TopicArn"] == arn
    code = refusal(topics.create_topic, Name=name, Attributes={"DisplayName": "other"})
    assert code in ("InvalidParameter", "InvalidParameterException")


@pytest.mark.document(API + "PublishBatch (TooManyEntriesInBatchRequest)")
def test_batch_has_ten_entries_at_most(caller: Caller) -> None:
    entries = [{"Id": str(number), "Message": "a"} for number in range(11)]
    code = refusal(caller.client("sns").publish_batch, TopicArn=topic(caller), PublishBatchRequestEntries=entries)
    assert code in ("TooManyEntriesInBatchRequest", "TooManyEntriesInBatchRequestException")


@pytest.mark.document(API + "Subscribe")
@pytest.mark.differs("a subscription is confirmed at once")
def test_subscription_of_an_address_waits_for_its_confirmation(caller: Caller) -> None:
    answer = caller.client("sns").subscribe(TopicArn=topic(caller), Protocol="email", Endpoint="nobody@example.com")
    assert answer["SubscriptionArn"] == "pending confirmation"


@pytest.mark.document(API + "CreateTopic (InvalidParameter)")
def test_name_that_no_topic_may_have(caller: Caller) -> None:
    code = refusal(caller.client("sns").create_topic, Name="a topic")
    assert code in ("InvalidParameter", "InvalidParameterException")
