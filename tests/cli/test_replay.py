"""`wildrydes replay`: events of failed invocations are sent again, what is none stays, other queues are moved back."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from cli import replay
from cli.move_tasks import Moved, move_back, waiting
from cli.replay import (
    NoRecordError,
    Resent,
    end_event_of,
    event_of,
    file_event_of,
    promotion_of,
    resend,
    sample_event_of,
    start_event_of,
)
from cli.stack import Stack
from machines import Client, allow, role, until
from queue_makers import arn_of, calls_in, queue, recording

ARN = "arn:aws:lambda:us-east-1:123456789012:function:rydes-fan-out:$LATEST"
RECORD = {"version": "1.0", "requestContext": {"functionArn": ARN}, "requestPayload": {"n": 1}}
STRANGERS = {
    "it is no JSON": ("", "{", "[" * 100_000),
    "it is no record of an invocation": ("[]", "7", "null", "{}", '{"requestContext": 1, "requestPayload": {}}'),
    f"it is the record of another function, {ARN}x": (
        json.dumps(RECORD | {"requestContext": {"functionArn": f"{ARN}x"}}),
    ),
    "it is a record without its event, which Lambda leaves out where it is too large": (
        json.dumps({name: value for name, value in RECORD.items() if name != "requestPayload"}),
    ),
}


def test_event_is_that_of_the_failed_invocation() -> None:
    assert event_of(json.dumps(RECORD), "rydes-fan-out") == {"n": 1}
    unqualified = {"functionArn": ARN.removesuffix(":$LATEST")}
    assert event_of(json.dumps(RECORD | {"requestContext": unqualified}), "rydes-fan-out") == {"n": 1}


@pytest.mark.parametrize(("reason", "body"), [(reason, body) for reason, all_ in STRANGERS.items() for body in all_])
def test_message_that_is_no_record_is_told_why(reason: str, body: str) -> None:
    function = "rydes-fan-ou" if "another" in reason else "rydes-fan-out"
    with pytest.raises(NoRecordError) as refused:
        event_of(body, function)
    assert str(refused.value).removesuffix("x") == reason.removesuffix("x")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("[" * 100_000, "it is no JSON"),
        ("[]", "it is no end of an execution"),
        ('{"detail": {"executionArn": 1}}', "it is no end of an execution"),
        ('{"detail": {"executionArn": "a:execution:b-retrain:x"}}', "it is the end of another workflow's execution, "),
    ],
)
def test_message_that_is_no_end_of_a_promotion_is_told_why(body: str, reason: str) -> None:
    with pytest.raises(NoRecordError) as refused:
        promotion_of(body, "a:stateMachine:b-promote")
    assert str(refused.value).startswith(reason)
    assert promotion_of('{"detail": {"executionArn": "a:execution:b-promote:x"}}', "a:stateMachine:b-promote") == (
        "a:execution:b-promote:x"
    )


class FailingFunction:
    """A function that writes down its events and fails, and the queue to which Lambda sends what failed for good."""

    def __init__(self, client: Client, calls: Path) -> None:
        self.client, self.calls, self.queue = client, calls, queue(client)
        granted = role(client, "lambda.amazonaws.com", allow("sqs:SendMessage", resource=arn_of(client, self.queue)))
        self.arn = recording(client, calls, "raise ValueError('no')", role_arn=granted)
        client("lambda").put_function_event_invoke_config(
            FunctionName=self.arn,
            MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": arn_of(client, self.queue)}},
        )

    def resend(self) -> Resent:
        return resend(Stack("any", {}, self.client), self.queue, self.arn.rpartition(":")[2])

    def events(self) -> list[int]:
        return sorted(call["event"]["n"] for call in calls_in(self.calls))

    def failed(self, count: int) -> None:
        """Wait until so many records are in the queue."""
        until(lambda: waiting(self.client("sqs"), self.queue), lambda depth: depth == count)


@pytest.fixture
def failing(client: Client, tmp_path: Path) -> FailingFunction:
    return FailingFunction(client, tmp_path / "calls.jsonl")


def test_empty_queue_sends_nothing(failing: FailingFunction) -> None:
    assert failing.resend() == Resent(0, {})


def test_events_are_sent_again_and_strangers_left_and_what_fails_again_comes_back(failing: FailingFunction) -> None:
    invoke, sqs = failing.client("lambda").invoke, failing.client("sqs")
    for number in range(3):
        invoke(FunctionName=failing.arn, InvocationType="Event", Payload=json.dumps({"n": number}))
    stranger = sqs.send_message(QueueUrl=failing.queue, MessageBody="no record")["MessageId"]
    failing.failed(4)
    for times in (2, 3):
        # Each record once, although what is sent fails at once and is there again.
        assert failing.resend() == Resent(3, {stranger: "it is no JSON"})
        failing.failed(4)
        assert failing.events() == sorted([0, 1, 2] * times)


def test_record_stays_where_lambda_does_not_take_its_event(failing: FailingFunction) -> None:
    sqs = failing.client("sqs")
    record = RECORD | {"requestContext": {"functionArn": ARN.replace("rydes-fan-out", "nobody")}}
    sqs.send_message(QueueUrl=failing.queue, MessageBody=json.dumps(record))
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        resend(Stack("any", {}, failing.client), failing.queue, "nobody")
    # Visible at once, for the next replay.
    assert waiting(sqs, failing.queue) == 1


class Scripted:
    """SQS and Lambda, of a queue whose messages come in this order, by their ids; `strangers` hold no record."""

    def __init__(self, ids: str, strangers: str) -> None:
        self.ids, self.strangers, self.count = list(ids), strangers, len(set(ids))
        self.deleted: list[str] = []
        self.shown: list[str] = []
        self.exceptions = self
        self.MessageNotInflight = KeyError

    def get_queue_attributes(self, **_: Any) -> Any:
        return {"Attributes": {"ApproximateNumberOfMessages": str(self.count)}}

    def receive_message(self, **_: Any) -> Any:
        if not self.ids:
            return {}
        name = self.ids.pop(0)
        body = "no record" if name in self.strangers else json.dumps(RECORD)
        return {"Messages": [{"MessageId": name, "ReceiptHandle": f"{name}{len(self.ids)}", "Body": body}]}

    def invoke(self, **_: Any) -> None:
        pass

    def delete_message(self, ReceiptHandle: str, **_: Any) -> None:  # noqa: N803 - boto3's name
        self.deleted.append(ReceiptHandle)

    def change_message_visibility(self, ReceiptHandle: str, **_: Any) -> None:  # noqa: N803 - boto3's name
        self.shown.append(ReceiptHandle)
        raise self.MessageNotInflight


def test_messages_that_come_again_while_others_are_sent_do_not_count() -> None:
    queue_of_events = Scripted("xyxaxyb", strangers="xy")
    outcome = resend(Stack("any", {}, lambda _: queue_of_events), "queue", "rydes-fan-out")
    assert (outcome.sent, set(outcome.left)) == (2, {"x", "y"})
    assert queue_of_events.deleted == ["a3", "b0"]
    # By what they were received with last; that one is visible already is no fault.
    assert queue_of_events.shown == ["x2", "y1"]


def test_a_queue_that_gives_nothing_but_what_was_left_is_left_at_last() -> None:
    queue_of_events = Scripted("xy" * 50, strangers="xy")
    outcome = resend(Stack("any", {}, lambda _: queue_of_events), "queue", "rydes-fan-out")
    assert (outcome.sent, set(outcome.left)) == (0, {"x", "y"})
    queue_of_events = Scripted("x" * 50 + "a", strangers="x")
    outcome = resend(Stack("any", {}, lambda _: queue_of_events), "queue", "rydes-fan-out")
    assert (outcome.sent, len(queue_of_events.ids)) == (0, 47)


def test_ctrl_c_between_taking_and_deleting_leaves_the_record(
    failing: FailingFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoke = failing.client("lambda").invoke
    invoke(FunctionName=failing.arn, InvocationType="Event", Payload='{"n": 7}')
    failing.failed(1)
    real = failing.client("sqs")

    class Stopped:
        """SQS, until the record is to be deleted."""

        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

        def delete_message(self, **_: Any) -> None:
            raise KeyboardInterrupt

    stack = Stack("any", {}, lambda service: Stopped() if service == "sqs" else failing.client(service))
    with pytest.raises(KeyboardInterrupt):
        resend(stack, failing.queue, failing.arn.rpartition(":")[2])
    # Its own, and the one of the event that was sent and has failed again.
    failing.failed(2)
    assert failing.events() == [7, 7]


def test_dead_letters_of_a_queue_are_moved_back(client: Client) -> None:
    sqs, dead = client("sqs"), queue(client)
    policy = {"deadLetterTargetArn": arn_of(client, dead), "maxReceiveCount": "1"}
    source = queue(client, RedrivePolicy=json.dumps(policy), VisibilityTimeout="0")
    assert move_back(sqs, dead) == Moved("EMPTY", 0)
    for number in range(3):
        sqs.send_message(QueueUrl=source, MessageBody=str(number))
    until(lambda: (sqs.receive_message(QueueUrl=source), waiting(sqs, dead))[1], lambda depth: depth == 3)
    assert move_back(sqs, dead) == Moved("COMPLETED", 3)
    assert (waiting(sqs, dead), waiting(sqs, source)) == (0, 3)


def test_queue_whose_messages_came_from_nowhere_is_told(client: Client) -> None:
    """Sent to the dead-letter queue by hand: SQS does not know where to move it."""
    sqs, dead = client("sqs"), queue(client)
    queue(client, RedrivePolicy=json.dumps({"deadLetterTargetArn": arn_of(client, dead), "maxReceiveCount": "1"}))
    sqs.send_message(QueueUrl=dead, MessageBody="by hand")
    assert move_back(sqs, dead) == Moved("FAILED", 0, "CouldNotDetermineMessageSource")
    assert waiting(sqs, dead) == 1


def test_task_that_runs_already_is_followed(client: Client) -> None:
    sqs, dead = client("sqs"), queue(client)
    source = queue(
        client, RedrivePolicy=json.dumps({"deadLetterTargetArn": arn_of(client, dead), "maxReceiveCount": "1"})
    )
    for number in range(4):
        sqs.send_message(QueueUrl=dead, MessageBody=str(number))
    slowly = {"MaxNumberOfMessagesPerSecond": 2, "DestinationArn": arn_of(client, source)}
    sqs.start_message_move_task(SourceArn=arn_of(client, dead), **slowly)
    assert move_back(sqs, dead) == Moved("COMPLETED", 4)
    assert waiting(sqs, source) == 4


def test_a_message_of_sns_is_made_the_event_that_it_would_have_been() -> None:
    notification = {"Type": "Notification", "MessageId": "m-1", "Message": "1,2"}
    (record,) = sample_event_of(json.dumps(notification), "rydes-collect")["Records"]
    assert (record["EventSource"], record["Sns"]) == ("aws:sns", notification)
    assert sample_event_of(json.dumps(RECORD), "rydes-fan-out") == {"n": 1}
    for body in ("no JSON", "[]", '{"Type": "SubscriptionConfirmation"}'):
        with pytest.raises(NoRecordError):
            sample_event_of(body, "rydes-collect")


def test_an_end_that_was_not_handed_on_is_the_event_itself() -> None:
    event = {"source": "aws.states", "detail": {"executionArn": "arn"}}
    assert end_event_of(json.dumps(event), "rydes-announce") == event
    alarm = {"source": "aws.cloudwatch", "detail": {"alarmName": "rydes-spend"}}
    assert end_event_of(json.dumps(alarm), "rydes-announce") == alarm
    assert end_event_of(json.dumps(RECORD), "rydes-fan-out") == {"n": 1}
    with pytest.raises(NoRecordError):
        end_event_of('{"source": "aws.s3"}', "rydes-announce")


def test_file_that_was_not_handed_on_is_the_event_itself_and_nothing_else_is_one() -> None:
    event = {"source": "aws.s3", "detail": {"object": {"key": "stream/a.csv"}}}
    assert file_event_of(json.dumps(event), "rydes-fan-out") == event
    assert file_event_of(json.dumps(RECORD), "rydes-fan-out") == {"n": 1}
    for other in ({"wake": "magic_points", "now": ""}, {"source": "aws.cloudwatch"}, {}):
        with pytest.raises(NoRecordError):
            file_event_of(json.dumps(other), "rydes-fan-out")


def test_what_did_not_start_something_is_the_event_itself_or_left_for_a_person() -> None:
    for event in ({"source": "aws.s3"}, {"source": "aws.cloudwatch"}, {"wake": "magic_points", "now": ""}):
        assert start_event_of(json.dumps(event), "rydes-start") == event
    assert start_event_of(json.dumps(RECORD), "rydes-fan-out") == {"n": 1}
    for scheduled in ("{}", '{"reason": "schedule", "reason_detail": "2026-11-26T04:00:00Z"}'):
        with pytest.raises(NoRecordError, match="a schedule started no workflow with it"):
            start_event_of(scheduled, "rydes-start")
    with pytest.raises(NoRecordError):
        start_event_of('{"source": "aws.states"}', "rydes-start")


def test_what_is_shown_names_what_was_left_and_what_failed() -> None:
    output = io.StringIO()
    events = Resent(2, {f"m{number}": "it is no JSON" for number in range(7)})
    moves = {"RidesDeadLetterQueue": Moved("COMPLETED", 3), "LocatedRidesDeadLetterQueue": Moved("FAILED", 0, "why")}
    replayed = replay.ReplaySummary(events, Resent(3), Resent(1), Resent(4), Resent(5), Resent(6), moves)
    replay.show(replayed, Console(file=output, width=200))
    assert output.getvalue().splitlines() == [
        "StreamFilesDeadLetterQueue: 2 events sent again, 7 messages left",
        *(f"  m{number}: it is no JSON" for number in range(5)),
        "  and 2 more",
        "SamplesDeadLetterQueue: 3 events sent again, 0 messages left",
        "PromotionEndsDeadLetterQueue: 1 promotions put in order, 0 messages left",
        "AnnouncementsDeadLetterQueue: 4 ends announced, 0 messages left",
        "CostsDeadLetterQueue: 5 ends accounted, 0 messages left",
        "UploadsDeadLetterQueue: 6 starts asked for, 0 messages left",
        "RidesDeadLetterQueue: 3 messages moved back, completed",
        "LocatedRidesDeadLetterQueue: 0 messages moved back, failed (why)",
    ]
