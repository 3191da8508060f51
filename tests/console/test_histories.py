"""A history that is followed is read onward from where it was."""

import json
from typing import Any

import pytest

from cli.executions import history
from cli.stack import Account, Stack
from console.workflow.histories import Histories
from local.account import EmbeddedAws
from machines import ended, machine, role, unique, until


@pytest.fixture(scope="module", name="stack")
def stack_without_resources(server: EmbeddedAws) -> Stack:
    """Histories need the clients alone."""
    account = Account.on_embedded_aws(server)
    return Stack("none", {}, account.client, account.now)


@pytest.fixture(name="read")
def numbers_of_events_read(stack: Stack) -> Any:
    """The numbers of the events that answers have held, in their order."""
    numbers: list[int] = []
    events = stack.client("stepfunctions").meta.events
    name = "after-call.sfn.GetExecutionHistory"

    def note(parsed: dict[str, Any], **_: Any) -> None:
        numbers.extend(event["id"] for event in parsed["events"])

    events.register(name, note)
    yield numbers
    events.unregister(name, note)


def waiting_execution(stack: Stack) -> tuple[str, str]:
    """An execution of two tasks that wait for somebody to answer, and the activity that they wait at."""
    states = stack.client("stepfunctions")
    activity = states.create_activity(name=unique("activity"))["activityArn"]
    first, second = ({"Type": "Task", "Resource": activity} for _ in range(2))
    definition = {"StartAt": "One", "States": {"One": {**first, "Next": "Two"}, "Two": {**second, "End": True}}}
    arn = machine(stack.client, definition, role(stack.client, "states.amazonaws.com"))
    return states.start_execution(stateMachineArn=arn)["executionArn"], activity


def answer(stack: Stack, activity: str) -> None:
    states = stack.client("stepfunctions")
    token = states.get_activity_task(activityArn=activity)["taskToken"]
    states.send_task_success(taskToken=token, output=json.dumps({"done": True}))


def test_history_read_onward_is_the_whole_of_it(stack: Stack) -> None:
    arn, activity = waiting_execution(stack)
    histories = Histories(stack)
    answer(stack, activity)
    first = until(lambda: histories.events(arn), lambda events: events[-1]["type"] == "ActivityScheduled")
    answer(stack, activity)
    ended(stack.client, arn)
    assert histories.events(arn) == history(stack, arn)
    assert histories.events(arn)[: len(first)] == first


def test_long_history_is_read_on_by_its_newest_events_alone(stack: Stack, read: list[int]) -> None:
    count = {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "More"}
    more = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.n", "NumericLessThan": 60, "Next": "Count"}],
        "Default": "End",
    }
    definition = {"StartAt": "Count", "States": {"Count": count, "More": more, "End": {"Type": "Succeed"}}}
    arn = machine(stack.client, definition, role(stack.client, "states.amazonaws.com"))
    states = stack.client("stepfunctions")
    execution = states.start_execution(stateMachineArn=arn, input=json.dumps({"n": 0}))["executionArn"]
    ended(stack.client, execution)
    histories = Histories(stack)
    whole = histories.events(execution)
    assert len(whole) > 200
    read.clear()
    assert histories.events(execution) == whole
    # Nothing is new: one page of the newest, and no other.
    assert read == [event["id"] for event in reversed(whole)][:100]


def test_history_that_does_not_follow_the_one_that_was_read_is_read_anew(stack: Stack) -> None:
    arn, activity = waiting_execution(stack)
    other, _ = waiting_execution(stack)
    histories = Histories(stack)
    answer(stack, activity)
    long = until(lambda: histories.events(arn), lambda events: events[-1]["type"] == "ActivityScheduled")
    # As if the execution were another one by now, with fewer events.
    histories._of(other).events = list(long)
    assert histories.events(other) == history(stack, other)
    for each in (arn, other):
        stack.client("stepfunctions").stop_execution(executionArn=each)


def test_last_histories_alone_are_held(stack: Stack) -> None:
    arns = [waiting_execution(stack)[0] for _ in range(9)]
    histories = Histories(stack)
    for arn in arns:
        until(lambda arn=arn: histories.events(arn), lambda events: events[-1]["type"] == "ActivityScheduled")
    assert len(histories._by_arn) == 8
    assert arns[0] not in histories._by_arn
    for arn in arns:
        stack.client("stepfunctions").stop_execution(executionArn=arn)
