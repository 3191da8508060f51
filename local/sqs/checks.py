"""What SQS refuses of queues and messages, and MiniStack takes.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
"""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import sqs
from ministack.services.cloudformation import provisioners

from local.seams import replace, seam

Parameters = dict[str, Any]
Action = Callable[[Parameters, str], Any]

_LONGEST_DELAY_SECONDS = 900
_MOST_ATTRIBUTES = 10
_MOST_BATCH_BYTES = 1_048_576
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo")
_SETTABLE = frozenset(
    {
        "ContentBasedDeduplication",
        "DeduplicationScope",
        "DelaySeconds",
        "FifoQueue",
        "FifoThroughputLimit",
        "KmsDataKeyReusePeriodSeconds",
        "KmsMasterKeyId",
        "MaximumMessageSize",
        "MessageRetentionPeriod",
        "Policy",
        "ReceiveMessageWaitTimeSeconds",
        "RedriveAllowPolicy",
        "RedrivePolicy",
        "SqsManagedSseEnabled",
        "VisibilityTimeout",
    }
)


def install() -> None:
    """Check what callers and templates write."""
    handlers = seam(sqs, "_HANDLERS")
    for name, action, check in (
        ("CreateQueue", "_act_create_queue", _check_queue),
        ("SetQueueAttributes", "_act_set_queue_attributes", _check_attributes),
        ("SendMessage", "_act_send_message", _check_message),
        ("SendMessageBatch", "_act_send_message_batch", _check_batch),
    ):
        # A batch sends each of its messages by SendMessage's function.
        handlers[name] = _checked(seam(sqs, action), check)
        replace(sqs, action, handlers[name])
    validate = seam(sqs, "_validate_numeric_attrs")
    resource = seam(provisioners, "_RESOURCE_HANDLERS")["AWS::SQS::Queue"]
    create, update = resource["create"], resource["update"]

    def create_checked(logical_id: str, properties: Any, stack_name: str) -> Any:
        validate({name: properties[name] for name in sqs._NUMERIC_ATTR_RANGES if name in properties})
        return create(logical_id, properties, stack_name)

    def update_checked(physical_id: str, old: Any, new: Any, *others: Any) -> Any:
        validate({name: new[name] for name in sqs._NUMERIC_ATTR_RANGES if name in new})
        return update(physical_id, old, new, *others)

    resource.update(create=create_checked, update=update_checked)


def _checked(action: Action, check: Callable[[Parameters, str], None]) -> Action:
    def act(parameters: Parameters, url: str) -> Any:
        check(parameters, url)
        return action(parameters, url)

    return act


def _check_queue(parameters: Parameters, url: str) -> None:
    if not _NAME.fullmatch(str(parameters.get("QueueName") or "-")):
        message = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
        raise sqs._Err("InvalidParameterValue", message)
    _check_attributes(parameters, url)


def _check_attributes(parameters: Parameters, _: str) -> None:
    for name in parameters.get("Attributes") or {}:
        if name not in _SETTABLE:
            raise sqs._Err("InvalidAttributeName", f"Unknown Attribute {name}.")


def _check_message(parameters: Parameters, url: str) -> None:
    delay = parameters.get("DelaySeconds")
    if delay is not None and not 0 <= int(delay) <= _LONGEST_DELAY_SECONDS:
        reason = f"DelaySeconds must be >= 0 and <= {_LONGEST_DELAY_SECONDS}."
        message = f"Value {delay} for parameter DelaySeconds is invalid. Reason: {reason}"
        raise sqs._Err("InvalidParameterValue", message)
    attributes = parameters.get("MessageAttributes") or {}
    if len(attributes) > _MOST_ATTRIBUTES:
        message = f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{_MOST_ATTRIBUTES}]."
        raise sqs._Err("InvalidParameterValue", message)
    most = int(sqs._get_q(parameters.get("QueueUrl", url))["attributes"].get("MaximumMessageSize", _MOST_BATCH_BYTES))
    if bytes_of(parameters) > most:
        message = f"One or more parameters are invalid. Reason: Message must be shorter than {most} bytes."
        raise sqs._Err("InvalidParameterValue", message)


def _check_batch(parameters: Parameters, _: str) -> None:
    total = sum(bytes_of(entry) for entry in parameters.get("Entries") or [] if isinstance(entry, dict))
    if total > _MOST_BATCH_BYTES:
        message = f"Batch requests cannot be longer than {_MOST_BATCH_BYTES} bytes. You have sent {total} bytes."
        raise sqs._Err("BatchRequestTooLong", message)


def bytes_of(message: Mapping[str, Any]) -> int:
    """What counts to a message's size: its body, and the names, types and values of its attributes.

    >>> bytes_of({"MessageBody": "ride", "MessageAttributes": {"of": {"DataType": "String", "StringValue": "é"}}})
    14
    """
    size = len((message.get("MessageBody") or "").encode())
    for name, attribute in (message.get("MessageAttributes") or {}).items():
        binary = attribute.get("BinaryValue") or b""
        size += len(name.encode()) + len(str(attribute.get("DataType", "")).encode())
        size += len(str(attribute.get("StringValue") or "").encode())
        size += len(binary if isinstance(binary, bytes) else base64.b64decode(binary))
    return size
