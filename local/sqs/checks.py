"""What SQS refuses of queues and messages, and MiniStack takes.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
"""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import sqs
from ministack.services.cloudformation import provisioners

from local.protocols.policies import fault_in
from local.protocols.strict_json import NotJsonError, decode
from local.seams import replace, seam
from local.sqs.message_attributes import fault_of

Parameters = dict[str, Any]
Action = Callable[[Parameters, str], Any]

_LONGEST_DELAY_SECONDS = 900
_MOST_ATTRIBUTES = 10
_MOST_BATCH_BYTES = 1_048_576
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_NAME = 80
_FIFO = ".fifo"
_FORM_OF_NAMES = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
_FORM_OF_FIFO_NAMES = (
    "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo "
    "suffix and be 1 to 80 in length."
)
_MOST_SOURCES = 10
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
    name, attributes = str(parameters.get("QueueName") or "-"), parameters.get("Attributes") or {}
    is_fifo = attributes.get("FifoQueue")
    if is_fifo is not None and is_fifo != "true":
        raise sqs._Err("InvalidAttributeName", "Unknown Attribute FifoQueue.")
    if is_fifo and not name.endswith(_FIFO):
        raise sqs._Err("InvalidParameterValue", _FORM_OF_FIFO_NAMES)
    plain = name.removesuffix(_FIFO) if is_fifo else name
    if not _NAME.fullmatch(plain) or len(name) > _LONGEST_NAME:
        raise sqs._Err("InvalidParameterValue", _FORM_OF_NAMES)
    _check_attributes(parameters, url)


def _check_attributes(parameters: Parameters, _: str) -> None:
    attributes = parameters.get("Attributes") or {}
    for name in attributes:
        if name not in _SETTABLE:
            raise sqs._Err("InvalidAttributeName", f"Unknown Attribute {name}.")
    # An empty one is taken away.
    if (policy := attributes.get("Policy")) and not _is_policy(policy):
        raise sqs._Err("InvalidAttributeValue", "Invalid value for the parameter Policy.")
    if (policy := attributes.get("RedriveAllowPolicy")) and not _is_redrive_allow_policy(policy):
        message = "Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format."
        raise sqs._Err(
            "InvalidAttributeValue", f"Invalid value for the parameter RedriveAllowPolicy. Reason: {message}"
        )


def _is_policy(text: Any) -> bool:
    """Whether a text is a policy: an object with a statement, or several, each with an effect, who and what."""
    document = _object(text)
    statements = document.get("Statement")
    statements = statements if isinstance(statements, list) else [statements]
    if fault_in(document):
        return False
    return bool(statements) and all(
        isinstance(each, dict)
        and bool({"Principal", "NotPrincipal"} & each.keys())
        and bool({"Action", "NotAction"} & each.keys())
        for each in statements
    )


def _is_redrive_allow_policy(text: Any) -> bool:
    document = _object(text)
    permission, arns = document.get("redrivePermission"), document.get("sourceQueueArns")
    if permission == "byQueue":
        return isinstance(arns, list) and 1 <= len(arns) <= _MOST_SOURCES and all(isinstance(arn, str) for arn in arns)
    return permission in ("allowAll", "denyAll") and arns is None


def _object(text: Any) -> dict[str, Any]:
    try:
        value = decode(str(text))
    except NotJsonError:
        return {}
    return value if isinstance(value, dict) else {}


def _check_message(parameters: Parameters, url: str) -> None:
    delay = parameters.get("DelaySeconds")
    if delay is not None and not 0 <= int(delay) <= _LONGEST_DELAY_SECONDS:
        reason = f"DelaySeconds must be >= 0 and <= {_LONGEST_DELAY_SECONDS}."
        message = f"Value {delay} for parameter DelaySeconds is invalid. Reason: {reason}"
        raise sqs._Err("InvalidParameterValue", message)
    attributes = parameters.get("MessageAttributes") or {}
    if fault := fault_of(attributes):
        raise sqs._Err("InvalidParameterValue", fault)
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
