"""aws.sqs: many messages into one queue, whatever becomes of single entries."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aws import sqs
from wildrydes.errors import MessagesNotSent


class LossyQueue:
    """Makes SQS say of entries that they failed, and keeps them from the queue: as many times as `losses` has it."""

    def __init__(self, losses: Callable[[str, int], bool], sender_fault: bool = False) -> None:
        self.losses, self.sender_fault = losses, sender_fault
        self.calls: list[list[str]] = []
        events = sqs.client().meta.events
        events.register("before-parameter-build.sqs.SendMessageBatch", self.lose)
        events.register("after-call.sqs.SendMessageBatch", self.report)

    def lose(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        bodies = [entry["MessageBody"] for entry in params["Entries"]]
        tries = {body: sum(body in call for call in self.calls) for body in bodies}
        self.calls.append(bodies)
        context["lost"] = [
            entry for entry in params["Entries"] if self.losses(entry["MessageBody"], tries[entry["MessageBody"]])
        ]
        entries = [entry for entry in params["Entries"] if entry not in context["lost"]]
        # A call must have an entry: where all are lost this one is sent, to be told from the others by its body.
        params["Entries"] = entries or [{"Id": "none", "MessageBody": "none"}]

    def report(self, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        fault = {"SenderFault": self.sender_fault, "Code": "InternalError", "Message": "try again"}
        parsed["Failed"] = [fault | {"Id": entry["Id"]} for entry in context["lost"]]


def test_every_body_arrives_once_and_in_calls_of_ten(stream: Any) -> None:
    bodies = [f"ride {number}" for number in range(95)]
    queue = LossyQueue(lambda _body, _tries: False)
    assert sqs.send(stream.rides, iter(bodies)) == 95
    assert sorted(len(call) for call in queue.calls) == [5, *[10] * 9]
    assert sorted(stream.drain(stream.rides)) == sorted(bodies)


def test_nothing_to_send_is_no_call(stream: Any) -> None:
    queue = LossyQueue(lambda _body, _tries: False)
    assert (sqs.send(stream.rides, []), queue.calls) == (0, [])


def test_bodies_that_are_large_together_go_in_several_calls() -> None:
    assert [len(batch) for batch in sqs.batches(["x" * 100_000] * 5)] == [2, 2, 1]
    assert [len(batch) for batch in sqs.batches(["é" * 100_000] * 3)] == [1, 1, 1]
    assert [len(batch) for batch in sqs.batches(["x" * 300_000, "y"])] == [1, 1]


def test_entries_that_failed_are_sent_again_and_no_others_after_pauses(stream: Any) -> None:
    bodies = [f"ride {number}" for number in range(10)]
    queue = LossyQueue(lambda body, tries: body in ("ride 3", "ride 7") and tries < 2)
    pauses: list[float] = []
    assert sqs.send_batch(stream.rides, bodies, pauses.append) == 10
    assert queue.calls == [bodies, ["ride 3", "ride 7"], ["ride 3", "ride 7"]]
    assert sorted(set(stream.drain(stream.rides)) - {"none"}) == bodies
    assert len(pauses) == 2
    assert 0 <= pauses[0] <= 0.2
    assert 0 <= pauses[1] <= 0.4


def test_an_entry_that_fails_each_time_is_given_up_with_its_code(stream: Any) -> None:
    queue = LossyQueue(lambda body, _tries: body == "b")
    pauses: list[float] = []
    with pytest.raises(MessagesNotSent, match=r"did not take 1 of 3 messages, the first for InternalError: try again"):
        sqs.send_batch(stream.rides, ["a", "b", "c"], pauses.append)
    assert [len(call) for call in queue.calls] == [3, 1, 1, 1, 1, 1]
    assert max(pauses) <= 2.0


def test_an_entry_that_is_refused_as_such_is_not_sent_again(stream: Any) -> None:
    queue = LossyQueue(lambda body, _tries: body == "b", sender_fault=True)
    with pytest.raises(MessagesNotSent):
        sqs.send_batch(stream.rides, ["a", "b", "c"], lambda _seconds: None)
    assert len(queue.calls) == 1


@pytest.mark.proof
def test_bodies_are_taken_no_faster_than_they_are_sent(stream: Any) -> None:
    answers: list[int] = []
    most_ahead = 0

    def bodies() -> Iterator[str]:
        nonlocal most_ahead
        for number in range(400):
            most_ahead = max(most_ahead, number - sum(answers))
            yield f"ride {number}"

    def answer(parsed: dict[str, Any], **_: Any) -> None:
        answers.append(len(parsed["Successful"]))

    sqs.client().meta.events.register("after-call.sqs.SendMessageBatch", answer)
    assert sqs.send(stream.rides, bodies()) == sum(answers) == 400
    assert 0 < most_ahead <= (sqs.MOST_UNDER_WAY + 1) * sqs.MOST_ENTRIES


def test_a_batch_that_fails_for_good_ends_the_sending(stream: Any) -> None:
    bodies_read: list[int] = []

    def bodies() -> Iterator[str]:
        for number in range(10_000):
            bodies_read.append(number)
            yield f"ride {number}"

    with pytest.raises(sqs.client().exceptions.QueueDoesNotExist):
        sqs.send(f"{stream.rides}-gone", bodies())
    assert len(bodies_read) < 10_000
