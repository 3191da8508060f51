"""What SQS refuses of the attributes of a message: their names, their types, and values of another type or none.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_LONGEST = 256
_RESERVED = ("aws.", "amazon.")
_TYPE = re.compile(r"(String|Number|Binary)(\..+)?", re.DOTALL)
_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CHARACTERS = "#x9 | #xA | #xD | [#x20 to #xD7FF] | [#xE000 to #xFFFD] | [#x10000 to #x10FFFF]"


def fault_of(attributes: Mapping[str, Any]) -> str | None:
    """What is wrong with the first attribute that no message can have; None where all are right.

    >>> fault_of({"kilometres": {"DataType": "Number", "StringValue": "many"}})
    "Can't cast the value of message (user) attribute 'kilometres' to a number."
    """
    return next((fault for name, value in attributes.items() for fault in _faults(name, value)), None)


def _faults(name: str, attribute: Any) -> Iterator[str]:
    yield from _faults_of_name(name)
    value = attribute if isinstance(attribute, Mapping) else {}
    if not value:
        yield f"The message (user) attribute '{name}' must contain a non-empty message attribute value."
    kind = str(value.get("DataType") or "")
    if not kind:
        yield f"The message (user) attribute '{name}' must contain a non-empty message attribute type."
    match = _TYPE.fullmatch(kind)
    if match is None:
        yield (
            f"The type of message (user) attribute '{name}' is invalid. You must use only the following supported type "
            "prefixes: Binary, Number, String."
        )
    elif len(kind) > _LONGEST:
        yield f"The length of message (user) attribute type must be less than {_LONGEST} bytes."
    else:
        yield from _faults_of_value(name, match[1], value)


def _faults_of_name(name: str) -> Iterator[str]:
    if not name:
        yield "The request must contain non-empty message attribute names."
    if len(name) > _LONGEST:
        yield f"Length of message attribute name must be less than {_LONGEST} bytes."
    if name and not _NAME.fullmatch(name):
        yield (
            f"The message attribute name '{name}' is invalid. Attribute name can contain A-Z, a-z, 0-9, underscore "
            "(_), hyphen (-), and period (.) characters."
        )
    if name.lower().startswith(_RESERVED):
        yield "Message (user) attribute name cannot have prefix reserved for AWS use: 'AWS.' or 'Amazon.'."
    if name.startswith(".") or name.endswith(".") or ".." in name:
        yield "Message (user) attribute name must not start or end with, or have successive, '.' characters."


def _faults_of_value(name: str, kind: str, value: Mapping[str, Any]) -> Iterator[str]:
    field = "BinaryValue" if kind == "Binary" else "StringValue"
    other = "StringValue" if kind == "Binary" else "BinaryValue"
    if value.get(other) is not None:
        yield f"Message (user) attribute '{name}' with type '{kind}' must use field '{field.removesuffix('Value')}'."
    if not value.get(field):
        yield f"Message (user) attribute '{name}' must contain a non-empty value of type '{kind}'."
        return
    if kind == "Number" and not _NUMBER.fullmatch(str(value[field])):
        yield f"Can't cast the value of message (user) attribute '{name}' to a number."
    if kind == "String" and (wrong := _NO_CHARACTER.search(str(value[field]))):
        yield (
            f"Invalid binary character '#x{ord(wrong[0]):X}' was found in the message (user) attribute '{name}' value, "
            f"the set of allowed characters is {_CHARACTERS}"
        )
