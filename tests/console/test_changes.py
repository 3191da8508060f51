"""What runs is looked at often, and lists of executions seldom."""

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest

from cli.executions import history
from cli.stack import Account, Stack
from console import changes
from console.changes import Changes, Snapshot
from consoles import user_without
from local.account import EmbeddedAws
from machines import ended, machine, role, unique, until

MACHINES = ("StateMachineArn", "PromoteStateMachineArn", "RestoreStateMachineArn")


@pytest.fixture(name="stack")
def stack_of_one_machine(server: EmbeddedAws) -> Stack:
    """A stack whose workflows are all the same one, of a task that waits for somebody to answer."""
    account = Account.on_embedded_aws(server)
    activity = account.client("stepfunctions").create_activity(name=unique("activity"))["activityArn"]
    definition = {"StartAt": "Wait", "States": {"Wait": {"Type": "Task", "Resource": activity, "End": True}}}
    arn = machine(account.client, definition, role(account.client, "states.amazonaws.com"))
    return Stack("none", dict.fromkeys(MACHINES, arn), account.client, account.now)


@pytest.fixture(name="listed")
def machines_listed(stack: Stack) -> Iterator[list[str]]:
    """The state machines whose executions were listed, in their order."""
    listed: list[str] = []
    events, name = stack.client("stepfunctions").meta.events, "provide-client-params.sfn.ListExecutions"

    def note(params: dict[str, Any], **_: Any) -> None:
        listed.append(params["stateMachineArn"])

    events.register(name, note)
    yield listed
    events.unregister(name, note)


def test_what_runs_is_followed_to_its_end_with_a_list_at_each_fourth_look(stack: Stack, listed: list[str]) -> None:
    states = stack.client("stepfunctions")
    started = states.start_execution(stateMachineArn=stack.machine("retrain"))["executionArn"]
    until(lambda: history(stack, started)[-1]["type"], lambda last: last == "ActivityScheduled")
    look = Changes.of(stack)._look
    seen = [look({})]
    seen += [look(seen[0]) for _ in range(3)]
    assert [each[started]["status"] for each in seen] == ["RUNNING"] * 4
    assert len({each[started]["events"] for each in seen}) == 1
    # The first look lists the newest, and what else runs.
    assert len(listed) == 2 * len(MACHINES)
    seen.append(look(seen[3]))
    assert len(listed) == 3 * len(MACHINES)
    states.stop_execution(executionArn=started)
    ended(stack.client, started)
    assert (last := look(seen[4]))[started]["status"] == "ABORTED"
    assert len(listed) == 3 * len(MACHINES)
    # Nothing runs: what begins is seen at the next look.
    other = states.start_execution(stateMachineArn=stack.machine("retrain"))["executionArn"]
    assert look(last)[other]["status"] == "RUNNING"
    states.stop_execution(executionArn=other)


@pytest.fixture(name="redrivable")
def execution_that_is_none_of_the_newest(stack: Stack) -> Iterator[str]:
    """The ARN of an execution that was stopped, and that more have begun after than a look lists."""
    states, arn = stack.client("stepfunctions"), stack.machine("retrain")
    stopped = [states.start_execution(stateMachineArn=arn)["executionArn"] for _ in range(changes._NEWEST + 2)]
    for each in stopped:
        states.stop_execution(executionArn=each)
        ended(stack.client, each)
    yield stopped[0]
    states.stop_execution(executionArn=stopped[0])


def test_redrive_of_an_execution_that_is_none_of_the_newest_is_seen(stack: Stack, redrivable: str) -> None:
    look = Changes.of(stack)._look
    first = look({})
    assert redrivable not in first
    stack.client("stepfunctions").redrive_execution(executionArn=redrivable)
    seen = look(first)
    # One look in two lists what runs.
    both = seen | look(seen)
    assert (both[redrivable]["status"], both[redrivable]["redrives"]) == ("RUNNING", 1)
    assert len(both) == changes._NEWEST + 1


def test_what_runs_when_a_stream_begins_is_told_however_many_have_begun_since(stack: Stack, redrivable: str) -> None:
    stack.client("stepfunctions").redrive_execution(executionArn=redrivable)
    assert Changes.of(stack)._look({})[redrivable]["status"] == "RUNNING"


def test_execution_that_a_page_steers_is_told_of_though_it_has_ended_by_the_next_look(
    stack: Stack, redrivable: str
) -> None:
    states = stack.client("stepfunctions")

    def redrive(_: Stack, fields: dict[str, str]) -> dict[str, str]:
        states.redrive_execution(executionArn=fields["arn"])
        states.stop_execution(executionArn=fields["arn"])
        ended(stack.client, fields["arn"])
        return fields

    async def act() -> list[tuple[str, Any]]:
        watch = Changes.of(stack)
        async with watch.while_served(None):
            stream = watch._events()
            await read_on(stream, 1)
            watch.steering(redrive)(stack, {"arn": redrivable})
            return await read_on(stream, 1)

    ((_, changed),) = asyncio.run(act())
    assert [(each["arn"], each["status"], each["redrives"]) for each in changed] == [(redrivable, "ABORTED", 1)]


def test_execution_that_ran_and_is_gone_is_left_out(stack: Stack) -> None:
    arn = f"{stack.machine('retrain').replace(':stateMachine:', ':execution:')}:gone"
    before = {arn: {"arn": arn, "status": "RUNNING", "machine": stack.machine("retrain"), "events": 3}}
    assert Changes.of(stack)._look(before) == {}


def test_what_runs_is_told_of_where_its_history_may_not_be_read(stack: Stack, server: EmbeddedAws) -> None:
    started = stack.client("stepfunctions").start_execution(stateMachineArn=stack.machine("retrain"))["executionArn"]
    onlooker = replace(stack, client=user_without(server, "states:GetExecutionHistory").client)
    seen = Changes.of(onlooker)._look({})[started]
    assert (seen["status"], seen["events"]) == ("RUNNING", None)
    stack.client("stepfunctions").stop_execution(executionArn=started)


async def read_on(stream: AsyncIterator[str], count: int) -> list[tuple[str, Any]]:
    """The next so many events of a stream."""
    events: list[tuple[str, Any]] = []
    while len(events) < count:
        event, _, data = (await anext(stream)).partition("\n")
        if event.startswith("event: "):
            events.append((event.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return events


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The messages that are logged, whatever else the process has done to its loggers."""
    messages: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    own = logging.Logger("console.changes")
    own.addHandler(handler)
    monkeypatch.setattr(changes, "log", own)
    return messages


def test_look_that_takes_too_long_is_told_to_whoever_listens_and_to_whoever_comes(
    warnings: list[str],
) -> None:
    answering = threading.Event()
    late = "AWS has not answered for 0 s: what the page shows may be old."

    def look(_: Snapshot) -> Snapshot:
        answering.wait()
        return {}

    async def act() -> None:
        changes = Changes(look, patience=0)
        async with changes.while_served(None):
            first, second = changes._events(), changes._events()
            assert await read_on(first, 1) == [("trouble", {"message": late})]
            assert await read_on(second, 2) == [("executions", []), ("trouble", {"message": late})]
            answering.set()
            assert [await read_on(each, 1) for each in (first, second)] == [[("executions", [])]] * 2

    asyncio.run(act())
    assert warnings == [f"The stack cannot be looked at: {late}"]


def events_after(faults: list[Exception]) -> list[tuple[str, Any]]:
    """The events of a page while each look meets one of these faults, and at the look after them, of nothing."""
    ahead = iter(faults)

    def look(_: Snapshot) -> Snapshot:
        if fault := next(ahead, None):
            raise fault
        return {}

    async def act() -> list[tuple[str, Any]]:
        changes = Changes(look, pause=0)
        async with changes.while_served(None):
            return await read_on(changes._events(), len(faults) + 1)

    return asyncio.run(act())


def test_fault_that_stays_is_told_at_each_look_and_logged_once(warnings: list[str]) -> None:
    trouble = ("trouble", {"message": "Input/output error"})
    assert events_after([OSError(5, "Input/output error")] * 3) == [trouble, trouble, trouble, ("executions", [])]
    assert warnings == ["The stack cannot be looked at: Input/output error"]


def test_fault_of_the_console_is_said_and_logged_and_it_goes_on_looking(warnings: list[str]) -> None:
    message = (
        "The console met a fault of its own as it looked at the stack, KeyError: its log says where. "
        "What the page shows may be old."
    )
    assert events_after([KeyError("startDate")] * 2) == [("trouble", {"message": message})] * 2 + [("executions", [])]
    assert warnings == ["A look at the stack has failed", f"The stack cannot be looked at: {message}"]
