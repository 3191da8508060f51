"""What collect_samples relies on of SNS and of asynchronous invocations.

https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from machines import Client, allow, role, unique, until
from queue_makers import admitting, arn_of, calls_in, queue, receive, recording, records_in


def topic_for(client: Client, function_arn: str, *, allowed: bool = True) -> str:
    """A topic to which the function is subscribed; its ARN."""
    topic = client("sns").create_topic(Name=unique("topic"))["TopicArn"]
    if allowed:
        client("lambda").add_permission(
            FunctionName=function_arn,
            StatementId=unique("sns"),
            Action="lambda:InvokeFunction",
            Principal="sns.amazonaws.com",
            SourceArn=topic,
        )
    client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function_arn)
    return topic


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    return tmp_path / "calls"


def test_an_event_has_one_record_in_lambdas_spelling(client: Client, calls: Path) -> None:
    topic = topic_for(client, recording(client, calls))
    attributes = {"kind": {"DataType": "String", "StringValue": "pick"}}
    sent = client("sns").publish(TopicArn=topic, Message="1,2", Subject="A pick", MessageAttributes=attributes)
    (record,) = until(lambda: records_in(calls), bool)
    notification = record["Sns"]
    assert (record["EventSource"], record["EventVersion"]) == ("aws:sns", "1.0")
    assert record["EventSubscriptionArn"].startswith(topic)
    assert set(notification) == {
        "SignatureVersion", "Timestamp", "Signature", "SigningCertUrl", "MessageId", "Message", "MessageAttributes",
        "Type", "UnsubscribeUrl", "TopicArn", "Subject",
    }  # fmt: skip
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", notification["Timestamp"])
    assert notification["MessageId"] == sent["MessageId"]
    assert (notification["Message"], notification["Subject"], notification["TopicArn"]) == ("1,2", "A pick", topic)
    assert notification["MessageAttributes"] == {"kind": {"Type": "String", "Value": "pick"}}


def test_each_message_of_a_batch_is_an_event_of_its_own_with_its_id(client: Client, calls: Path) -> None:
    topic = topic_for(client, recording(client, calls))
    entries = [{"Id": str(number), "Message": f"message {number}"} for number in range(10)]
    answer = client("sns").publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    records = until(lambda: records_in(calls), lambda records: len(records) == 10)
    assert all(len(call["event"]["Records"]) == 1 for call in calls_in(calls))
    assert {record["Sns"]["Message"]: record["Sns"]["MessageId"] for record in records} == {
        f"message {entry['Id']}": entry["MessageId"] for entry in answer["Successful"]
    }
    # No subject is null, and no attributes are none.
    assert {(record["Sns"]["Subject"], len(record["Sns"]["MessageAttributes"])) for record in records} == {(None, 0)}


# Waits for another call to have begun: it never comes where events are run one by one.
_MEETING = """
import pathlib
pathlib.Path({folder!r}, event["Records"][0]["Sns"]["MessageId"]).touch()
for _ in range(1500):
    if len(os.listdir({folder!r})) > 1:
        return "met"
    time.sleep(0.02)
raise TimeoutError
"""


def test_several_events_are_run_at_once(client: Client, calls: Path, tmp_path: Path) -> None:
    (tmp_path / "meeting").mkdir()
    body = _MEETING.format(folder=str(tmp_path / "meeting"))
    topic = topic_for(client, recording(client, calls, body, Timeout=60))
    entries = [{"Id": str(number), "Message": "m"} for number in range(2)]
    client("sns").publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    one, other = until(lambda: calls_in(calls), lambda written: len(written) == 2)
    assert one["began"] < other["ended"]
    assert other["began"] < one["ended"]


def test_a_function_that_does_not_allow_the_topic_gets_nothing(client: Client, calls: Path, tmp_path: Path) -> None:
    denied = topic_for(client, recording(client, calls), allowed=False)
    allowed = topic_for(client, recording(client, tmp_path / "others"))
    for topic in (denied, allowed):
        client("sns").publish(TopicArn=topic, Message="m")
    until(lambda: records_in(tmp_path / "others"), bool)
    assert records_in(calls) == []


def test_an_event_that_fails_is_tried_twice_more_and_kept_with_its_error(client: Client, calls: Path) -> None:
    dead_letters = queue(client)
    sender = role(client, "lambda.amazonaws.com", allow("sqs:SendMessage"))
    function = recording(client, calls, "raise KeyError(event['Records'][0]['Sns']['Message'])", role_arn=sender)
    client("lambda").put_function_event_invoke_config(
        FunctionName=function,
        MaximumRetryAttempts=2,
        DestinationConfig={"OnFailure": {"Destination": arn_of(client, dead_letters)}},
    )
    topic = topic_for(client, function)
    sent = client("sns").publish(TopicArn=topic, Message="lost")
    (message,) = until(lambda: receive(client, dead_letters), bool)
    record = json.loads(message["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["responsePayload"]["errorType"] == "KeyError"
    assert {each["Sns"]["MessageId"] for each in records_in(calls)} == {sent["MessageId"]}
    assert len(records_in(calls)) == 3
    # The event as it was, for a replay.
    assert record["requestPayload"] == calls_in(calls)[0]["event"]


def test_a_message_that_cannot_be_handed_over_goes_to_the_subscriptions_dead_letter_queue(
    client: Client, calls: Path
) -> None:
    function = recording(client, calls)
    topic = client("sns").create_topic(Name=unique("topic"))["TopicArn"]
    dead_letters = admitting(client, "sns.amazonaws.com", topic)
    policy = json.dumps({"deadLetterTargetArn": arn_of(client, dead_letters)})
    client("sns").subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function, Attributes={"RedrivePolicy": policy})
    sent = client("sns").publish(TopicArn=topic, Message="1,2")
    (message,) = until(lambda: receive(client, dead_letters), bool)
    notification = json.loads(message["Body"])
    assert (notification["Type"], notification["MessageId"]) == ("Notification", sent["MessageId"])
    assert (notification["Message"], notification["TopicArn"]) == ("1,2", topic)
    assert records_in(calls) == []


def refusal(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    return error.value.response["Error"]["Code"]


def test_a_batch_has_256_kib_and_ten_messages_at_most_and_no_message_is_empty(client: Client, calls: Path) -> None:
    topic = topic_for(client, recording(client, calls))
    sns = client("sns")

    def code_of(*messages: str) -> str:
        entries = [{"Id": str(number), "Message": message} for number, message in enumerate(messages)]
        return refusal(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=entries)

    assert code_of(*["x" * 30_000] * 9) == "BatchRequestTooLong"
    assert code_of(*["x"] * 11) == "TooManyEntriesInBatchRequest"
    assert refusal(sns.publish, TopicArn=topic, Message="x" * 262_145) == "InvalidParameter"
    assert refusal(sns.publish, TopicArn=topic, Message="") == "InvalidParameter"
    assert records_in(calls) == []
