"""Message move tasks, by which dead-letter queues are replayed: start, list, cancel.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html

A moved message is a new one: another id, no receives, its retention begins anew. A task moves what was in its source
when it started, so that messages which fail again at once are not sent in circles.
"""

import base64
import json
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ministack.services import sqs

from local.background.surviving import keeping
from local.persistence.parts import Part, attributes
from local.seams import seam
from local.sqs.messages import Message, Messages

_AT_ONCE = 10
_HIDDEN_SECONDS = 30


@dataclass
class MoveTask:
    """A task, running or ended."""

    source_arn: str
    destination_arn: str | None
    per_second: int | None
    to_move: int
    started: float = field(default_factory=time.time)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    moved: int = 0
    status: str = "RUNNING"
    failure_reason: str | None = None
    stopped: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def handle(self) -> str:
        """What the task is cancelled by."""
        return base64.b64encode(json.dumps({"taskId": self.id, "sourceArn": self.source_arn}).encode()).decode()

    def describe(self) -> dict[str, Any]:
        """An entry of ListMessageMoveTasks: the handle only as long as the task runs, as on AWS."""
        entry = {
            "TaskHandle": self.handle if self.status == "RUNNING" else None,
            "Status": self.status,
            "SourceArn": self.source_arn,
            "DestinationArn": self.destination_arn,
            "MaxNumberOfMessagesPerSecond": self.per_second,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
            "FailureReason": self.failure_reason,
            "StartedTimestamp": int(self.started * 1000),
        }
        return {name: value for name, value in entry.items() if value is not None}


class MoveTasks:
    """The tasks of all queues, the newest last."""

    def __init__(self) -> None:
        self._tasks: list[MoveTask] = []

    def install(self) -> None:
        """Serve the three actions."""
        handlers = seam(sqs, "_HANDLERS")
        handlers["StartMessageMoveTask"] = self.start
        handlers["ListMessageMoveTasks"] = self.list
        handlers["CancelMessageMoveTask"] = self.cancel

    def part(self) -> Part:
        """What is kept: a task that ran when the server ended has failed, and has moved what it had moved."""

        def fail() -> None:
            for task in self._tasks:
                if task.status == "RUNNING":
                    task.failure_reason, task.status = "ServerEnded", "FAILED"

        return attributes("sqs-move-tasks", self, "_tasks", go_on=fail)

    def stop(self) -> None:
        """Let running tasks end."""
        for task in self._tasks:
            task.stopped.set()

    def start(self, parameters: dict[str, Any], _: str) -> dict[str, Any]:
        """StartMessageMoveTask."""
        source_arn = parameters.get("SourceArn", "")
        source = _queue(source_arn, "SourceArn")
        destination_arn = parameters.get("DestinationArn")
        if destination_arn is not None:
            _queue(destination_arn, "DestinationArn")
        if not _is_dead_letter_queue(source_arn):
            raise sqs._Err("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
        per_second = parameters.get("MaxNumberOfMessagesPerSecond")
        if per_second is not None and not 1 <= int(per_second) <= 500:
            raise sqs._Err("InvalidParameterValue", "MaxNumberOfMessagesPerSecond must be between 1 and 500.")
        if any(task.source_arn == source_arn and task.status == "RUNNING" for task in self._tasks):
            raise sqs._Err(
                "UnsupportedOperation",
                "There is already a task running. Only one active task is allowed for a source queue arn at a given "
                "time.",
            )
        visible, _, _ = source["messages"].counts()
        task = MoveTask(source_arn, destination_arn, per_second and int(per_second), visible)
        self._tasks.append(task)
        threading.Thread(target=_run, args=(task, source), daemon=True, name=f"move-{source['name']}").start()
        return {"TaskHandle": task.handle}

    def list(self, parameters: dict[str, Any], _: str) -> dict[str, Any]:
        """ListMessageMoveTasks: the newest first, ten at most."""
        source_arn = parameters.get("SourceArn", "")
        _queue(source_arn, "SourceArn")
        newest = [task.describe() for task in reversed(self._tasks) if task.source_arn == source_arn]
        return {"Results": newest[: min(int(parameters.get("MaxResults") or 1), 10)]}

    def cancel(self, parameters: dict[str, Any], _: str) -> dict[str, Any]:
        """CancelMessageMoveTask: what was moved stays where it is."""
        handle = parameters.get("TaskHandle", "")
        for task in self._tasks:
            if task.handle == handle and task.status == "RUNNING":
                task.stopped.set()
                return {"ApproximateNumberOfMessagesMoved": task.moved}
        raise sqs._Err("ResourceNotFoundException", "Task does not exist.", 404)


def _queue(arn: str, parameter: str) -> dict[str, Any]:
    queue = sqs._queue_by_arn(arn)
    if queue is None or queue["is_fifo"]:
        raise sqs._Err(
            "ResourceNotFoundException",
            f"The resource that you specified for the {parameter} parameter doesn't exist.",
            404,
        )
    return queue


def _is_dead_letter_queue(arn: str) -> bool:
    policies = (queue["attributes"].get("RedrivePolicy") or "{}" for queue in list(sqs._queues.values()))
    return any(json.loads(policy).get("deadLetterTargetArn") == arn for policy in policies)


def _run(task: MoveTask, source: dict[str, Any]) -> None:
    def fail() -> None:
        task.failure_reason, task.status = "InternalError", "FAILED"

    with keeping(f"A task that moves messages of {source['name']}", fail):
        _move(task, source)


def _move(task: MoveTask, source: dict[str, Any]) -> None:
    for message in _messages_of(source["messages"], task):
        destination = _destination(task, message)
        if destination is None:
            task.failure_reason, task.status = "CouldNotDetermineMessageSource", "FAILED"
            source["messages"].change_visibility(message["receipt_handle"], 0)
            return
        destination.append(_anew(message))
        source["messages"].delete(message["receipt_handle"])
        task.moved += 1
    task.status = "CANCELLED" if task.stopped.is_set() else "COMPLETED"


def _messages_of(source: Messages, task: MoveTask) -> Iterator[Message]:
    """The messages to move, at the task's pace, until all that were there are moved or the task is stopped."""
    count = 0
    while count < task.to_move and not task.stopped.is_set():
        batch_size = 1 if task.per_second else _AT_ONCE
        received = source.receive(min(batch_size, task.to_move - count), _HIDDEN_SECONDS)
        if not received:
            return
        yield from received
        count += len(received)
        if task.per_second:
            task.stopped.wait(1 / task.per_second)


def _destination(task: MoveTask, message: Message) -> Messages | None:
    arn = task.destination_arn or message["sys"].get("DeadLetterQueueSourceArn", "")
    queue = sqs._queue_by_arn(arn)
    return queue["messages"] if queue else None


def _anew(message: Message) -> Message:
    now = time.time()
    sys = {name: value for name, value in message["sys"].items() if name != "DeadLetterQueueSourceArn"}
    return {
        **message,
        "id": str(uuid.uuid4()),
        "sys": {**sys, "SentTimestamp": str(int(now * 1000))},
        "sent_at": now,
        "enqueued_at": now,
        "visible_at": now,
        "receive_count": 0,
        "first_receive_at": None,
        "receipt_handle": None,
    }
