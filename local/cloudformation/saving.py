"""What is kept of CloudFormation beside MiniStack's stacks, and when a stack is not to be kept as it is.

A deployment is kept whole or not at all: no snapshot is taken while a stack is created, updated or deleted, so that a
server that was killed meanwhile is followed by one from before. Should an operation have taken so long that one was
taken all the same, its stack has failed.
"""

from typing import Any

from local.cloudformation.unread_properties import UnreadProperties
from local.persistence.parts import Part

_UNDER_WAY = "_IN_PROGRESS"
# A stack that was never created, but has change sets.
_AT_REST = "REVIEW_IN_PROGRESS"
_REASON = "The embedded AWS ended during the operation."


def part(unread: UnreadProperties) -> Part:
    """The unsupported properties of templates; stacks are kept with MiniStack's stores."""

    def put_back(properties: dict[str, list[str]]) -> None:
        unread.clear()
        unread.update(properties)

    return Part("cloudformation-unread", lambda: dict(unread), put_back, _fail_interrupted)


def is_under_way() -> bool:
    """Whether a stack is created, updated or deleted just now."""
    return any(_is_under_way(stack) for stack in _stacks())


def _stacks() -> list[dict[str, Any]]:
    from ministack.services import cloudformation

    return list(cloudformation._stacks._data.values())


def _is_under_way(stack: dict[str, Any]) -> bool:
    status = stack.get("StackStatus", "")
    return status.endswith(_UNDER_WAY) and status != _AT_REST


def _fail_interrupted() -> None:
    for stack in filter(_is_under_way, _stacks()):
        stack["StackStatus"] = stack["StackStatus"].removesuffix(_UNDER_WAY) + "_FAILED"
        stack["StackStatusReason"] = _REASON
