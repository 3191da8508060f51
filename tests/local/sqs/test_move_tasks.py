"""How a dead-letter queue is replayed: StartMessageMoveTask and its kin."""

from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError

from machines import Client, allow, until
from queue_makers import arn_of, as_role, counts, queue, receive, send, with_dead_letters


def with_dead(client: Client, *bodies: str) -> tuple[str, str]:
    """A queue and its dead-letter queue, to which messages with these bodies have gone."""
    url, dead = with_dead_letters(client, 1, VisibilityTimeout="0")
    send(client, url, *bodies)
    while receive(client, url, WaitTimeSeconds=0):
        pass
    assert counts(client, dead) == (len(bodies), 0)
    return url, dead


def start(client: Client, source: str, **parameters: Any) -> str:
    return client("sqs").start_message_move_task(SourceArn=arn_of(client, source), **parameters)["TaskHandle"]


def tasks(client: Client, source: str, at_most: int = 10) -> list[dict[str, Any]]:
    answer = client("sqs").list_message_move_tasks(SourceArn=arn_of(client, source), MaxResults=at_most)
    return answer["Results"]


def ended(client: Client, source: str) -> dict[str, Any]:
    return until(lambda: tasks(client, source)[0], lambda task: task["Status"] != "RUNNING")


def test_replay_takes_each_message_back_to_its_queue_as_a_new_one(client: Client) -> None:
    url, dead = with_dead(client, *(str(number) for number in range(25)))
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "30"})
    before = {message["MessageId"] for message in receive(client, dead, VisibilityTimeout=0)}
    start(client, dead)
    task = ended(client, dead)
    assert task["Status"] == "COMPLETED"
    assert (task["ApproximateNumberOfMessagesMoved"], task["ApproximateNumberOfMessagesToMove"]) == (25, 25)
    assert (task["SourceArn"], "TaskHandle" in task) == (arn_of(client, dead), False)
    assert (counts(client, dead), counts(client, url)) == ((0, 0), (25, 0))
    replayed = [message for _ in range(3) for message in receive(client, url)]
    assert sorted(int(message["Body"]) for message in replayed) == list(range(25))
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in replayed} == {"1"}
    assert before.isdisjoint({message["MessageId"] for message in replayed})


def test_replay_can_go_to_another_queue(client: Client) -> None:
    url, dead = with_dead(client, "a", "b")
    other = queue(client)
    start(client, dead, DestinationArn=arn_of(client, other))
    assert ended(client, dead)["DestinationArn"] == arn_of(client, other)
    assert (counts(client, url), counts(client, other)) == ((0, 0), (2, 0))


def test_replay_keeps_to_its_rate(client: Client) -> None:
    url, dead = with_dead(client, *"abcde")
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "30"})
    start(client, dead, MaxNumberOfMessagesPerSecond=10)
    assert ended(client, dead)["ApproximateNumberOfMessagesMoved"] == 5
    moved_at = sorted(int(message["Attributes"]["SentTimestamp"]) for message in receive(client, url))
    # In milliseconds, each cut off to a whole one.
    assert [later - earlier >= 99 for earlier, later in pairwise(moved_at)] == [True] * 4


def test_replay_is_told_while_it_runs_and_is_the_only_one(client: Client) -> None:
    _, dead = with_dead(client, *(str(number) for number in range(60)))
    handle = start(client, dead, MaxNumberOfMessagesPerSecond=1)
    [running] = tasks(client, dead)
    assert (running["Status"], running["TaskHandle"], running["MaxNumberOfMessagesPerSecond"]) == ("RUNNING", handle, 1)
    with pytest.raises(ClientError, match="already a task running"):
        start(client, dead)
    client("sqs").cancel_message_move_task(TaskHandle=handle)
    assert ended(client, dead)["Status"] == "CANCELLED"


def test_replay_that_is_cancelled_leaves_the_rest_where_it_is(client: Client) -> None:
    url, dead = with_dead(client, *(str(number) for number in range(60)))
    handle = start(client, dead, MaxNumberOfMessagesPerSecond=1)
    until(lambda: tasks(client, dead)[0]["ApproximateNumberOfMessagesMoved"], bool)
    moved = client("sqs").cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    assert ended(client, dead)["Status"] == "CANCELLED"
    assert moved >= 1
    assert counts(client, url)[0] + counts(client, dead)[0] == 60
    assert counts(client, dead)[0] > 0
    with pytest.raises(ClientError, match="Task does not exist"):
        client("sqs").cancel_message_move_task(TaskHandle=handle)


def test_latest_replay_is_listed_first(client: Client) -> None:
    _, dead = with_dead(client, "a")
    start(client, dead)
    ended(client, dead)
    start(client, dead)
    ended(client, dead)
    assert [task["ApproximateNumberOfMessagesMoved"] for task in tasks(client, dead)] == [0, 1]
    assert [task["ApproximateNumberOfMessagesMoved"] for task in tasks(client, dead, 1)] == [0]


def test_queue_that_is_no_dead_letter_queue_is_refused(client: Client) -> None:
    with pytest.raises(ClientError, match="must be configured as a Dead Letter Queue"):
        start(client, queue(client))
    missing = arn_of(client, queue(client)) + "-missing"
    with pytest.raises(ClientError, match=r"ResourceNotFoundException.*SourceArn"):
        client("sqs").start_message_move_task(SourceArn=missing)


def test_message_that_came_from_no_queue_cannot_be_taken_back(client: Client) -> None:
    _, dead = with_dead_letters(client, 1)
    send(client, dead, "sent to the dead-letter queue itself")
    start(client, dead)
    failed = ended(client, dead)
    assert (failed["Status"], failed["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    assert counts(client, dead) == (1, 0)


def test_replay_needs_a_permission_for_the_dead_letter_queue(client: Client, endpoint: str) -> None:
    _, dead = with_dead(client, *(str(number) for number in range(60)))
    dead_arn = arn_of(client, dead)
    elsewhere = as_role(client, endpoint, allow("sqs:StartMessageMoveTask", resource=arn_of(client, queue(client))))
    with pytest.raises(ClientError, match="AccessDenied"):
        elsewhere.start_message_move_task(SourceArn=dead_arn)
    permitted = as_role(
        client, endpoint, allow("sqs:StartMessageMoveTask", "sqs:CancelMessageMoveTask", resource=dead_arn)
    )
    handle = permitted.start_message_move_task(SourceArn=dead_arn, MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    assert permitted.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"] < 60
