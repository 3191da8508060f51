"""What senders and receivers rely on of SQS: visibility, receive counts, long polling, dead-letter queues, policies."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from machines import Client, allow, until
from queue_makers import TLS_ONLY, arn_of, as_role, counts, queue, receive, send, with_dead_letters


def test_message_is_received_as_it_was_sent_and_counted(client: Client) -> None:
    url = queue(client)
    sent = client("sqs").send_message(
        QueueUrl=url,
        MessageBody="ride",
        MessageAttributes={"source": {"DataType": "String", "StringValue": "fleet"}},
    )
    first = receive(client, url)[0]
    assert (first["MessageId"], first["Body"]) == (sent["MessageId"], "ride")
    assert first["MessageAttributes"]["source"]["StringValue"] == "fleet"
    assert first["Attributes"]["ApproximateReceiveCount"] == "1"
    assert counts(client, url) == (0, 1)
    client("sqs").change_message_visibility(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=1)
    again = receive(client, url)[0]
    assert again["MessageId"] == sent["MessageId"]
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"
    assert again["Attributes"]["SentTimestamp"] == first["Attributes"]["SentTimestamp"]
    assert again["ReceiptHandle"] != first["ReceiptHandle"]


def test_receive_that_waits_gets_a_message_as_soon_as_it_is_sent(client: Client) -> None:
    other, url = queue(client), queue(client)
    with ThreadPoolExecutor() as pool:
        # Begun before, it ends before the one that gets a message, unless that one ends early.
        waiting_longer = pool.submit(receive, client, other, WaitTimeSeconds=20)
        until(lambda: waiting_longer.running(), bool)
        waiting = pool.submit(receive, client, url, WaitTimeSeconds=20)
        send(client, url, "ride")
        assert [message["Body"] for message in waiting.result()] == ["ride"]
        assert not waiting_longer.done()
        send(client, other, "another")
        assert [message["Body"] for message in waiting_longer.result()] == ["another"]


def test_receive_that_waits_gets_a_delayed_message_when_its_delay_is_over(client: Client) -> None:
    url = queue(client)
    client("sqs").send_message(QueueUrl=url, MessageBody="late", DelaySeconds=1)
    [late] = receive(client, url)
    attributes = late["Attributes"]
    assert late["Body"] == "late"
    assert int(attributes["ApproximateFirstReceiveTimestamp"]) - int(attributes["SentTimestamp"]) >= 1000


def test_message_whose_visibility_is_set_to_nothing_comes_back_at_once(client: Client) -> None:
    url = queue(client)
    send(client, url, "ride")
    handle = receive(client, url)[0]["ReceiptHandle"]
    client("sqs").change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    with pytest.raises(ClientError, match="not available for visibility timeout change"):
        client("sqs").change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=10)
    assert receive(client, url)[0]["Attributes"]["ApproximateReceiveCount"] == "2"


def test_deleting_a_message_again_succeeds_and_an_invented_handle_does_not(client: Client) -> None:
    url = queue(client)
    send(client, url, "ride")
    handle = receive(client, url)[0]["ReceiptHandle"]
    client("sqs").delete_message(QueueUrl=url, ReceiptHandle=handle)
    answer = client("sqs").delete_message_batch(
        QueueUrl=url, Entries=[{"Id": "again", "ReceiptHandle": handle}, {"Id": "invented", "ReceiptHandle": "x"}]
    )
    assert [entry["Id"] for entry in answer["Successful"]] == ["again"]
    assert [(entry["Id"], entry["Code"]) for entry in answer["Failed"]] == [("invented", "ReceiptHandleIsInvalid")]
    assert counts(client, url) == (0, 0)


def test_message_received_too_often_is_found_in_the_dead_letter_queue(client: Client) -> None:
    url, dead = with_dead_letters(client, 2, VisibilityTimeout="0")
    sent = send(client, url, "poison")
    assert [receive(client, url)[0]["Attributes"]["ApproximateReceiveCount"] for _ in range(2)] == ["1", "2"]
    assert receive(client, url, WaitTimeSeconds=0) == []
    message = receive(client, dead)[0]
    assert (message["MessageId"], message["Body"]) == (sent[0], "poison")
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == arn_of(client, url)


def test_queue_that_insists_on_tls_serves_and_still_denies_what_it_denies(client: Client) -> None:
    url = queue(client, Policy=json.dumps(TLS_ONLY))
    send(client, url, "ride")
    assert receive(client, url)[0]["Body"] == "ride"
    closed: dict[str, Any] = {**TLS_ONLY, "Statement": [{**TLS_ONLY["Statement"][0], "Condition": {}}]}
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(closed)})
    with pytest.raises(ClientError, match="AccessDenied"):
        send(client, url, "ride")


def test_batch_needs_the_permission_of_its_single_action(client: Client, endpoint: str) -> None:
    url = queue(client)
    entries = [{"Id": "a", "MessageBody": "ride"}]
    single = as_role(client, endpoint, allow("sqs:SendMessage", resource=arn_of(client, url)))
    assert single.send_message_batch(QueueUrl=url, Entries=entries)["Successful"][0]["Id"] == "a"
    batch = as_role(client, endpoint, allow("sqs:SendMessageBatch", resource=arn_of(client, url)))
    with pytest.raises(ClientError, match="AccessDenied"):
        batch.send_message_batch(QueueUrl=url, Entries=entries)


def test_no_message_is_lost_or_received_twice_among_many_senders_and_receivers(client: Client) -> None:
    url = queue(client)
    bodies = [str(number) for number in range(400)]

    def drain(_: int) -> list[str]:
        seen = []
        while messages := receive(client, url, WaitTimeSeconds=1):
            entries = [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)]
            client("sqs").delete_message_batch(QueueUrl=url, Entries=entries)
            seen += [message["Body"] for message in messages]
        return seen

    with ThreadPoolExecutor(8) as pool:
        sending = [pool.submit(send, client, url, *bodies[start : start + 100]) for start in range(0, 400, 100)]
        received = [body for seen in pool.map(drain, range(4)) for body in seen]
    assert sum(len(done.result()) for done in sending) == 400
    assert sorted(received, key=int) == bodies


def test_queue_that_is_purged_holds_nothing(client: Client) -> None:
    url = queue(client)
    send(client, url, *"abc")
    receive(client, url, MaxNumberOfMessages=1)
    client("sqs").purge_queue(QueueUrl=url)
    assert until(lambda: counts(client, url), lambda count: count == (0, 0)) == (0, 0)
