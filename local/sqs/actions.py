"""SQS's actions on the messages of standard queues, in the place of MiniStack's, which serve FIFO queues as before.

Unlike MiniStack, and like AWS: a receive that waits wakes up when a message comes; deleting what is deleted
already succeeds; the visibility of a message that is no longer in flight cannot be changed.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import sqs

from local.persistence.pickling import Reducers
from local.seams import replace, seam
from local.sqs import metrics
from local.sqs.messages import Message, Messages, Redrive

Parameters = dict[str, Any]
Action = Callable[[Parameters, str], Any]

_USED = (
    "_Err",
    "_get_q",
    "_queue_by_arn",
    "_build_sys_attrs",
    "_filter_msg_attrs",
    "_md5_msg_attrs",
    "_validate_batch_entries",
    "_ensure_msg_fields",
)


class Queues(AccountRegionScopedDict):
    """MiniStack's queues by URL; a new one gets messages of ours, and one that is deleted wakes its readers."""

    __slots__ = ()

    def __setitem__(self, key: str, value: dict[str, Any]) -> None:
        if not value["is_fifo"]:
            value["messages"] = messages_of(value["attributes"]["QueueArn"])
        super().__setitem__(key, value)

    def pop(self, key: str, *default: Any) -> Any:
        return _wake(super().pop(key, *default))

    def pop_scoped(self, account_id: str, region: str, key: str, *default: Any) -> Any:
        return _wake(super().pop_scoped(account_id, region, key, *default))


def messages_of(arn: str) -> Messages:
    """The messages of a new queue."""
    return Messages(arn, sqs._ensure_msg_fields, count=metrics.counter(arn))


def messages_put_back(arn: str, messages: list[Message], operations: int) -> Messages:
    """The messages of a queue that was kept."""
    queue = messages_of(arn)
    queue.put_back(messages, operations)
    return queue


def reducers() -> Reducers:
    """How the messages of a queue are written."""
    return {Messages: lambda queue: (messages_put_back, (queue.arn, *queue.to_keep()))}


def _wake(queue: Any) -> Any:
    if queue and not queue["is_fifo"]:
        queue["messages"].wake()
    return queue


def install() -> None:
    """Put the queues and these actions in MiniStack's place."""
    for name in _USED:
        seam(sqs, name)
    replace(sqs, "_queues", Queues())
    handlers = seam(sqs, "_HANDLERS")
    for name, permission, action in (
        ("ReceiveMessage", "sqs:ReceiveMessage", _receive),
        ("DeleteMessage", "sqs:DeleteMessage", _delete),
        ("DeleteMessageBatch", "sqs:DeleteMessage", _delete_batch),
        ("ChangeMessageVisibility", "sqs:ChangeMessageVisibility", _change_visibility),
        ("ChangeMessageVisibilityBatch", "sqs:ChangeMessageVisibility", _change_visibility_batch),
    ):
        handlers[name] = _on_standard_queues(permission, action, handlers[name])
    refresh_fifo_counts = seam(sqs, "_refresh_counts")

    def refresh_counts(queue: dict[str, Any]) -> None:
        if queue["is_fifo"]:
            refresh_fifo_counts(queue)
        else:
            _refresh_counts(queue)

    replace(sqs, "_refresh_counts", refresh_counts)


def _on_standard_queues(permission: str, action: Callable[[dict, Parameters], Any], on_fifo_queues: Action) -> Action:
    def act(parameters: Parameters, url: str) -> Any:
        queue = sqs._get_q(parameters.get("QueueUrl", url), permission)
        return on_fifo_queues(parameters, url) if queue["is_fifo"] else action(queue, parameters)

    return act


def redrive_of(queue: dict[str, Any]) -> Redrive | None:
    """The queue's redrive policy, where it has one and the dead-letter queue exists."""
    policy = json.loads(queue["attributes"].get("RedrivePolicy") or "{}")
    dead_letters = sqs._queue_by_arn(policy.get("deadLetterTargetArn", ""))
    if dead_letters is None:
        return None
    return Redrive(int(policy["maxReceiveCount"]), queue["attributes"]["QueueArn"], dead_letters["messages"])


def expire(queue: dict[str, Any]) -> None:
    """Drop messages whose retention period is over."""
    queue["messages"].remove_sent_before(time.time() - int(queue["attributes"].get("MessageRetentionPeriod", 345_600)))


def _refresh_counts(queue: dict[str, Any]) -> None:
    expire(queue)
    visible, in_flight, delayed = queue["messages"].counts()
    queue["attributes"]["ApproximateNumberOfMessages"] = str(visible)
    queue["attributes"]["ApproximateNumberOfMessagesNotVisible"] = str(in_flight)
    queue["attributes"]["ApproximateNumberOfMessagesDelayed"] = str(delayed)


async def _receive(queue: dict[str, Any], parameters: Parameters) -> dict[str, Any]:
    limit = _integer(parameters, "MaxNumberOfMessages", 1, 1, 10)
    visibility = _integer(parameters, "VisibilityTimeout", queue["attributes"].get("VisibilityTimeout", 30), 0, 43_200)
    wait = _integer(parameters, "WaitTimeSeconds", queue["attributes"].get("ReceiveMessageWaitTimeSeconds", 0), 0, 20)

    def take() -> list[Message]:
        expire(queue)
        return queue["messages"].receive(limit, visibility, redrive_of(queue))

    received = await _first_of(queue["messages"], take, wait)
    queue["messages"].count_received(len(received))
    return {"Messages": [_describe(message, parameters) for message in received]} if received else {}


async def _first_of(messages: Messages, take: Callable[[], list[Message]], seconds: float) -> list[Message]:
    """The messages of `take` as soon as it gives any; it is called again whenever a message may have come."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    woken = asyncio.Event()

    def wake() -> None:
        loop.call_soon_threadsafe(woken.set)

    with messages.watched(wake):
        while True:
            woken.clear()
            received = take()
            remaining = deadline - loop.time()
            if received or remaining <= 0:
                return received
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(woken.wait(), min(remaining, messages.seconds_to_next()))


def _describe(message: Message, parameters: Parameters) -> dict[str, Any]:
    described = {
        "MessageId": message["id"],
        "ReceiptHandle": message["receipt_handle"],
        "MD5OfBody": message["md5_body"],
        "Body": message["body"],
    }
    names = [*(parameters.get("AttributeNames") or []), *(parameters.get("MessageSystemAttributeNames") or [])]
    if attributes := sqs._build_sys_attrs(message, names):
        described["Attributes"] = attributes
    of_user = sqs._filter_msg_attrs(message["message_attributes"], parameters.get("MessageAttributeNames") or [])
    if of_user:
        described["MessageAttributes"] = of_user
        described["MD5OfMessageAttributes"] = sqs._md5_msg_attrs(of_user)
    return described


def _delete(queue: dict[str, Any], parameters: Parameters) -> dict[str, Any]:
    handle = parameters.get("ReceiptHandle", "")
    if not handle:
        raise sqs._Err("MissingParameter", "The request must contain the parameter ReceiptHandle.")
    if not queue["messages"].delete(handle):
        raise _invalid_handle(handle)
    return {}


def _change_visibility(queue: dict[str, Any], parameters: Parameters) -> dict[str, Any]:
    handle = parameters.get("ReceiptHandle", "")
    changed = queue["messages"].change_visibility(handle, _integer(parameters, "VisibilityTimeout", None, 0, 43_200))
    if changed is None:
        raise _invalid_handle(handle)
    if not changed:
        raise sqs._Err(
            "InvalidParameterValue",
            f"Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not "
            "available for visibility timeout change.",
        )
    return {}


def _delete_batch(queue: dict[str, Any], parameters: Parameters) -> dict[str, Any]:
    return _run_batch(_delete, queue, parameters, "DeleteMessageBatchRequestEntry")


def _change_visibility_batch(queue: dict[str, Any], parameters: Parameters) -> dict[str, Any]:
    return _run_batch(_change_visibility, queue, parameters, "ChangeMessageVisibilityBatchRequestEntry")


def _run_batch(
    action: Callable[[dict, Parameters], Any], queue: dict[str, Any], parameters: Parameters, entry_name: str
) -> dict[str, Any]:
    entries = parameters.get("Entries") or []
    sqs._validate_batch_entries(entries, entry_name)
    successful, failed = [], []
    for entry in entries:
        try:
            action(queue, entry)
            successful.append({"Id": entry["Id"]})
        except sqs._Err as fault:
            failed.append({"Id": entry["Id"], "Code": fault.code, "Message": fault.message, "SenderFault": True})
    return {"Successful": successful, "Failed": failed}


def _invalid_handle(handle: str) -> Exception:
    return sqs._Err(
        "ReceiptHandleIsInvalid", f'The input receipt handle "{handle}" is not a valid receipt handle.', 404
    )


def _integer(parameters: Parameters, name: str, default: Any, least: int, most: int) -> int:
    value = default if parameters.get(name) is None else parameters[name]
    if value is None:
        raise sqs._Err("MissingParameter", f"The request must contain the parameter {name}.")
    if not least <= int(value) <= most:
        raise sqs._Err(
            "InvalidParameterValue",
            f"Value {value} for parameter {name} is invalid. Reason: Must be between {least} and {most}, if provided.",
        )
    return int(value)
