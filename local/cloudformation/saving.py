"""What is kept of CloudFormation beside MiniStack's stacks, and when a stack is not to be kept as it is.

A deployment is kept whole or not at all: no snapshot is taken while a stack is created, updated or deleted, so that a
server that was killed meanwhile is followed by one from before. Should an operation have taken so long that one was
taken all the same, its stack can be deployed again: it has the resources that were made, and is as after an update that
was rolled back, since MiniStack updates no stack in a state of failure. A deletion has failed, and can be repeated.
"""

from typing import Any

from local.cloudformation.unread_properties import UnreadProperties
from local.persistence.parts import Part

_UNDER_WAY = "_IN_PROGRESS"
# A stack that was never created, but has change sets.
_AT_REST = "REVIEW_IN_PROGRESS"
# MiniStack updates a stack in this state, and creates those that are missing of its resources.
_UPDATABLE = "UPDATE_ROLLBACK_COMPLETE"
_ENDS = (("DELETE_", "DELETE_FAILED"), ("IMPORT_", "IMPORT_ROLLBACK_COMPLETE"))
_REASON = "The embedded AWS ended during the operation."


def part(unread: UnreadProperties) -> Part:
    """The unsupported properties of templates; stacks are kept with MiniStack's stores."""

    def put_back(properties: dict[str, list[str]]) -> None:
        unread.clear()
        unread.update(properties)

    return Part("cloudformation-unread", lambda: dict(unread), put_back, _end_interrupted)


def is_under_way() -> bool:
    """Whether a stack is created, updated or deleted just now."""
    return any(_is_under_way(stack) for stack in _stacks())


def _stacks() -> list[dict[str, Any]]:
    from ministack.services import cloudformation

    return list(cloudformation._stacks._data.values())


def _is_under_way(stack: dict[str, Any]) -> bool:
    status = stack.get("StackStatus", "")
    return status.endswith(_UNDER_WAY) and status != _AT_REST


def _end_interrupted() -> None:
    for stack in filter(_is_under_way, _stacks()):
        status = stack["StackStatus"]
        stack["StackStatus"] = next((end for begin, end in _ENDS if status.startswith(begin)), _UPDATABLE)
        stack["StackStatusReason"] = _REASON
        if not status.startswith("DELETE_"):
            stack["_template"] = _of_what_is_there(stack)


def _of_what_is_there(stack: dict[str, Any]) -> dict[str, Any]:
    """The template of a stack without what was not made.

    It is never equal to one that is deployed, so that no update of the stack is refused as one that changes nothing.
    """
    template, records = stack.get("_template") or {}, stack.get("_resources") or {}
    made = {name: resource for name, resource in template.get("Resources", {}).items() if name in records}
    return {**template, "Resources": made, "Outputs": {}, "Description": _REASON}
