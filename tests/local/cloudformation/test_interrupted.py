"""A stack whose operation was under way when the server ended: it can be deployed again, or deleted again."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from ministack.core.responses import request_scope
from ministack.services.cloudformation import _stack_events, _stacks, handlers

from local import account
from local.cloudformation.saving import part
from local.cloudformation.unread_properties import UnreadProperties

NAME = "interrupted"
TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "interrupted"}}
TEMPLATE = {
    "Resources": {"Topic": TOPIC, "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "interrupted"}}},
    "Outputs": {"Queue": {"Value": {"Ref": "Queue"}}},
}


@pytest.fixture(autouse=True)
def _own_scope() -> Iterator[None]:
    with request_scope(account.ACCOUNT_ID, "eu-central-1"):
        yield
        stack = _stacks.pop(NAME, None)
        if stack is not None:
            _stack_events.pop(stack["StackId"], None)


async def operated(operation: Any, template: dict[str, Any]) -> str:
    """The answer's text to a request with this template, once the operation is over."""
    before = asyncio.all_tasks()
    _, _, body = operation({"StackName": NAME, "TemplateBody": json.dumps(template)})
    await asyncio.gather(*(asyncio.all_tasks() - before))
    return body.decode() if isinstance(body, bytes) else body


async def interrupted(status: str, made: tuple[str, ...]) -> dict[str, Any]:
    """The stack after a restart, of which so many resources were made before the end."""
    await operated(handlers._create_stack, {"Resources": {name: TEMPLATE["Resources"][name] for name in made}})
    stack = _stacks[NAME]
    # MiniStack has a creation's template from its beginning.
    stack["StackStatus"], stack["_template"] = status, handlers._parse_template(json.dumps(TEMPLATE))
    part(UnreadProperties()).go_on()
    return stack


@pytest.mark.parametrize(
    "status",
    [
        "CREATE_IN_PROGRESS",
        "ROLLBACK_IN_PROGRESS",
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    ],
)
@pytest.mark.parametrize("made", [("Topic",), ("Topic", "Queue")])
def test_a_stack_that_was_under_way_is_deployed_again(status: str, made: tuple[str, ...]) -> None:
    async def scene() -> dict[str, Any]:
        stack = await interrupted(status, made)
        assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        answer = await operated(handlers._update_stack, TEMPLATE)
        assert "UpdateStackResult" in answer
        return stack

    stack = asyncio.run(scene())
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert sorted(stack["_resources"]) == ["Queue", "Topic"]
    assert [each["OutputKey"] for each in stack["Outputs"]] == ["Queue"]


def test_a_deletion_that_was_under_way_has_failed_and_is_repeated() -> None:
    async def scene() -> None:
        stack = await interrupted("DELETE_IN_PROGRESS", ("Topic",))
        assert stack["StackStatus"] == "DELETE_FAILED"
        await operated(handlers._delete_stack, TEMPLATE)
        assert stack["StackStatus"] == "DELETE_COMPLETE"

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("before", "after"),
    [("REVIEW_IN_PROGRESS", "REVIEW_IN_PROGRESS"), ("IMPORT_ROLLBACK_IN_PROGRESS", "IMPORT_ROLLBACK_COMPLETE")],
)
def test_a_stack_of_change_sets_alone_stays_and_an_import_is_rolled_back(before: str, after: str) -> None:
    assert asyncio.run(interrupted(before, ("Topic",)))["StackStatus"] == after
