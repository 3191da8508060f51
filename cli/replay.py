"""`wildrydes replay`: sends dead letters on their way again.

Two queues hold messages of other queues, which a message move task moves back. Two hold the events of files under
stream/, and those of the samples topic, as records of the invocations that failed: they are destinations of functions,
so that no queue is there to move them back to. The function is invoked with the event of each record again, and the
record is deleted once Lambda has taken the event. A message that SNS could not hand over is made the event that it
would have been. Whenever the command is stopped, no event is lost. One may be sent twice, which gives the same rides,
or samples, with the same ids.

One holds the ends of promotions for which EventBridge could not start the workflow `restore`. It is started for
each, and the message is deleted once it was. Two hold ends of executions that were not announced, and those
whose cost was not accounted: as records of the functions `announce` and `account_costs`, or as the events that
EventBridge could not hand to them.

The last one holds what was to start something: uploads, alarms and timers for `start_retraining`, which is invoked with
each again. The input of a schedule that started no workflow stays there, since only a person knows whether it is late.
"""

import json
from collections.abc import Callable, Container, Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import click

from cli import options
from cli.errors import CommandError
from cli.invoke import physical_name
from cli.move_tasks import Moved, move_back, waiting
from cli.replay_summary import ReplaySummary, Resent, show
from cli.stack import Stack
from wildrydes.starts import SCHEDULE
from wildrydes.starts.execution_arns import is_execution_of

QUEUES = ("RidesDeadLetterQueue", "LocatedRidesDeadLetterQueue")
"""The dead-letter queues of queues."""

ReadEvent = Callable[[str, str], dict[str, Any]]
"""A message's body and a function's name -> the event that the function is to be invoked with."""

_SOURCES_OF_ENDS = ("aws.states", "aws.cloudwatch")
_SOURCES_OF_FILES = ("aws.s3",)
_SOURCES_OF_STARTS = ("aws.s3", "aws.cloudwatch")
_HIDDEN_SECONDS = 60
_WAIT_SECONDS = 1


class NoRecordError(CommandError):
    """A message that holds no event to send again; the text says why."""


@click.command("replay", epilog=options.EXIT_CODES, short_help="Send dead letters on their way again.")
@options.as_json
@options.on_stack
def replay_command(stack: Stack, *, as_json: bool) -> int:
    """Send the dead letters of all queues on their way again, and say how many.

    Mend first what made them fail: what fails again is back in its queue after some minutes. Ctrl-C loses nothing, and
    tasks that were started go on. The exit code is 1 where a message was left, or a queue could not be moved.

    \b
    Example:
      wildrydes replay && wildrydes status
    """
    replayed = replay(stack)
    if as_json:
        facts = {"stream_files": asdict(replayed.events), "samples": asdict(replayed.samples)}
        facts |= {"promotion_ends": asdict(replayed.ends), "announcements": asdict(replayed.announcements)}
        facts |= {"costs": asdict(replayed.costs), "starts": asdict(replayed.starts), "queues": _facts(replayed.moves)}
        click.echo(json.dumps(facts, indent=2))
    else:
        show(replayed, options.console())
    return 0 if replayed.is_clear else 1


def replay(stack: Stack) -> ReplaySummary:
    """Send the dead letters of all queues on their way again."""
    events = resend(
        stack, stack.output("StreamFilesDeadLetterQueueUrl"), physical_name(stack, "fan_out_rides"), file_event_of
    )
    collector = physical_name(stack, "collect_samples")
    samples = resend(stack, stack.output("SamplesDeadLetterQueueUrl"), collector, sample_event_of)
    ends = restore(stack, stack.output("PromotionEndsDeadLetterQueueUrl"))
    announcer = physical_name(stack, "announce")
    announcements = resend(stack, stack.output("AnnouncementsDeadLetterQueueUrl"), announcer, end_event_of)
    accountant = physical_name(stack, "account_costs")
    costs = resend(stack, stack.output("CostsDeadLetterQueueUrl"), accountant, end_event_of)
    starter = physical_name(stack, "start_retraining")
    starts = resend(stack, stack.output("UploadsDeadLetterQueueUrl"), starter, start_event_of)
    moves = {name: move_back(stack.client("sqs"), stack.output(f"{name}Url")) for name in QUEUES}
    return ReplaySummary(events, samples, ends, announcements, costs, starts, moves)


def resend(stack: Stack, queue: str, function: str, read: ReadEvent | None = None) -> Resent:
    """Invoke `function` with the event of each record that waits in `queue` now. Others stay where they are.

    `read` takes the event out of a message for a function; `event_of` does if there is none.
    """

    def send(body: str) -> None:
        event = (read or event_of)(body, function)
        stack.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event))

    return _send_each(stack.client("sqs"), queue, send)


def restore(stack: Stack, queue: str) -> Resent:
    """Start `restore` for each promotion whose end waits in `queue` now. Others stay where they are."""
    machine = stack.machine("promote")

    def send(body: str) -> None:
        promotion = promotion_of(body, machine)
        stack.client("stepfunctions").start_execution(
            stateMachineArn=stack.output("RestoreStateMachineArn"), input=json.dumps({"promotion": promotion})
        )

    return _send_each(stack.client("sqs"), queue, send)


def _send_each(sqs: Any, queue: str, send: Callable[[str], None]) -> Resent:
    """Send the body of each message, and delete it then; those by which `send` raises NoRecordError are left.

    As many messages are looked at as wait at the start: an event that fails again at once is not sent in a circle.
    """
    outcome = Resent()
    unsent: dict[str, str] = {}
    try:
        for message in _received(sqs, queue, waiting(sqs, queue), outcome.left):
            name, handle = message["MessageId"], message["ReceiptHandle"]
            unsent[name] = handle
            try:
                send(message["Body"])
            except NoRecordError as fault:
                outcome.left[name] = str(fault)
                continue
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=handle)
            del unsent[name]
            outcome.sent += 1
    finally:
        # Others find at once what was received here and not sent.
        for handle in unsent.values():
            _show(sqs, queue, handle)
    return outcome


def event_of(body: str, function: str) -> dict[str, Any]:
    """The event in the record of an invocation of `function` that failed. Raises NoRecordError.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    record, arn = _decode(body, "requestContext", "functionArn")
    if arn is None:
        raise NoRecordError("it is no record of an invocation")
    if f"{arn}:".partition(":function:")[2].partition(":")[0] != function:
        raise NoRecordError(f"it is the record of another function, {arn}")
    event = record.get("requestPayload")
    if not isinstance(event, dict):
        raise NoRecordError("it is a record without its event, which Lambda leaves out where it is too large")
    return event


def sample_event_of(body: str, function: str) -> dict[str, Any]:
    """The event in a record, as `event_of` has it, or that of a message of SNS. Raises NoRecordError.

    https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
    """
    with suppress(ValueError, RecursionError):
        value = json.loads(body)
        if isinstance(value, dict) and value.get("Type") == "Notification":
            return {"Records": [{"EventVersion": "1.0", "EventSource": "aws:sns", "Sns": value}]}
    return event_of(body, function)


def end_event_of(body: str, function: str) -> dict[str, Any]:
    """The event in a record, as `event_of` has it, or that of an end or alarm itself. Raises NoRecordError."""
    return _event_of_sources(_SOURCES_OF_ENDS, body) or event_of(body, function)


def file_event_of(body: str, function: str) -> dict[str, Any]:
    """The event in a record, as `event_of` has it, or that of a new file itself. Raises NoRecordError."""
    return _event_of_sources(_SOURCES_OF_FILES, body) or event_of(body, function)


def _event_of_sources(sources: tuple[str, ...], body: str) -> dict[str, Any] | None:
    """The event of EventBridge that a body is, if one of these services sent it."""
    with suppress(ValueError, RecursionError):
        value = json.loads(body)
        if isinstance(value, dict) and value.get("source") in sources:
            return value
    return None


def start_event_of(body: str, function: str) -> dict[str, Any]:
    """The event in a record, as `event_of` has it, or that of an upload, an alarm or a timer.

    Raises NoRecordError, also for the input of a schedule: it would have started a workflow, and no function.
    """
    if event := _event_of_sources(_SOURCES_OF_STARTS, body):
        return event
    with suppress(ValueError, RecursionError):
        value = json.loads(body)
        if isinstance(value, dict):
            if "wake" in value:
                return value
            if value.get("reason") == SCHEDULE or not value:
                raise NoRecordError("a schedule started no workflow with it: start it by hand, if it is not too late")
    return event_of(body, function)


def promotion_of(body: str, machine: str) -> str:
    """The ARN of the execution of `machine` in the event of an end. Raises NoRecordError."""
    _, arn = _decode(body, "detail", "executionArn")
    if arn is None:
        raise NoRecordError("it is no end of an execution")
    if not is_execution_of(machine, arn):
        raise NoRecordError(f"it is the end of another workflow's execution, {arn}")
    return arn


def _decode(body: str, part: str, name: str) -> tuple[dict[str, Any], str | None]:
    """The object in a body, and the ARN `name` in its `part`; None where there is none. Raises NoRecordError."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise NoRecordError("it is no JSON") from None
    value = value if isinstance(value, dict) else {}
    inner = value.get(part)
    arn = inner.get(name) if isinstance(inner, dict) else None
    return value, arn if isinstance(arn, str) else None


def _received(sqs: Any, queue: str, count: int, left: Container[str]) -> Iterator[dict[str, Any]]:
    """Up to `count` messages of a queue, hidden from others for a while, until none comes.

    Those that were `left`, by their ids, come again where the others take longer than that while. They are hidden anew,
    and do not count. As many of them as there were messages show that no other is there.
    """
    again = count
    while count > 0 and again >= 0:
        messages = sqs.receive_message(
            QueueUrl=queue,
            # One by one: what is received and not handled yet would be hidden after Ctrl-C.
            MaxNumberOfMessages=1,
            WaitTimeSeconds=_WAIT_SECONDS,
            VisibilityTimeout=_HIDDEN_SECONDS,
        ).get("Messages", [])
        if not messages:
            return
        repeated = sum(message["MessageId"] in left for message in messages)
        again, count = again - repeated, count - len(messages) + repeated
        yield from messages


def _show(sqs: Any, queue: str, handle: str) -> None:
    """Let others find a message again; it may be there again already."""
    with suppress(sqs.exceptions.MessageNotInflight):
        sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=handle, VisibilityTimeout=0)


def _facts(moves: dict[str, Moved]) -> dict[str, Any]:
    return {name: asdict(each) for name, each in moves.items()}
