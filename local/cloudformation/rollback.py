"""Why a stack's creation is rolled back: the event names the resource that failed, as CloudFormation's does.

MiniStack deletes what was created, or sends back what was updated, and gives the reason of an update alone.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
"""

from typing import Any

from local.seams import replace, seam


def install() -> None:
    """Name what failed in the event with which a creation is rolled back."""
    from ministack.services.cloudformation import stacks

    roll_back = seam(stacks, "_roll_back_operation")

    async def roll_back_with_reason(
        name: str, stack_id: str, stack: dict[str, Any], operation: dict[str, Any], reason: str = ""
    ) -> Any:
        return await roll_back(name, stack_id, stack, operation, reason or reason_of(operation))

    replace(stacks, "_roll_back_operation", roll_back_with_reason)


def reason_of(operation: dict[str, Any]) -> str:
    """Why this creation failed, by MiniStack's record of it; empty for what has a reason of its own.

    >>> reason_of({"failed_logical_id": "Function"})
    'The following resource(s) failed to create: [Function]. Rollback requested by user.'
    """
    failed = operation.get("failed_logical_id")
    if operation.get("is_update") or operation.get("cancelled") or not failed:
        return ""
    return f"The following resource(s) failed to create: [{failed}]. Rollback requested by user."
