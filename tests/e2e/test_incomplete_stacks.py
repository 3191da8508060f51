"""Stacks of which a part is gone or switched off, and what `wildrydes deploy` and `destroy` do about it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cli import __main__ as commands
from cli import destroy, missing_resources, remains
from cli import stack as command_stack
from cli.remains import Inventory
from cli.stack import Client
from commands import RunCommand, caller, use_record
from local.account import EmbeddedAws, entries
from stacks import Stack

pytestmark = pytest.mark.proof


@pytest.fixture
def run(server: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> RunCommand:
    """Runs a command on the server, as if `up` had started it."""
    use_record(monkeypatch, server)
    return caller(capsys)


def interrupted(_client: Client, _inventory: Inventory) -> None:
    """Somebody presses Ctrl-C."""
    raise KeyboardInterrupt


SCHEDULES = ("ScheduleExpression=rate(30 days)", "MonitorSchedule=rate(30 days)", "NewRidesQuietMinutes=30")


def states(client: Client) -> dict[str, str]:
    """Whether each schedule, rule and queue's mapping of the stack is on, by its name."""
    names = {each.name for each in missing_resources.resources_of(client, "again")}
    listed = [
        *entries(client("scheduler"), "list_schedules", "Schedules"),
        *entries(client("events"), "list_rules", "Rules"),
        *entries(client("lambda"), "list_event_source_mappings", "EventSourceMappings"),
    ]
    there = {each.get("UUID") or each["Name"]: each["State"].upper() for each in listed}
    return {name: state for name, state in there.items() if name in names}


@pytest.fixture(scope="module", autouse=True)
def stack(server: EmbeddedAws) -> Iterator[Stack]:
    """A stack with all that starts executions."""
    with pytest.MonkeyPatch.context() as patch:
        use_record(patch, server)
        parameters = [each for value in SCHEDULES for each in ("--parameter", value)]
        assert commands.main(["deploy", "--stack", "again", "--yes", *parameters]) == 0
        yield Stack(server, command_stack.Stack.on_embedded_aws(server, "again"))
        assert commands.main(["destroy", "--stack", "again", "--yes"]) == 0


def test_deployment_switches_on_what_an_interrupted_removal_switched_off(
    stack: Stack, run: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.put("models/any.json", "kept")
    before = states(stack.client)
    with monkeypatch.context() as patch:
        patch.setattr(destroy, "STEPS", (*destroy.STEPS[:2], ("Waiting", interrupted)))
        assert run("destroy", "--stack", "again", "--yes").code == 130
    off = states(stack.client)
    assert (set(before.values()), set(off.values()), off.keys()) == ({"ENABLED"}, {"DISABLED"}, before.keys())

    ran = run("deploy", "--stack", "again", "--yes")
    assert (ran.code, ran.out.count("was switched off; it is on again")) == (0, len(before)), ran.err
    assert states(stack.client) == before
    assert stack.read("models/any.json") == b"kept"


DELETE: dict[str, Callable[[Client, str], Any]] = {
    remains.SCHEDULE: lambda client, name: client("scheduler").delete_schedule(Name=name),
    remains.RULE: lambda client, name: delete_rule(client("events"), name),
    remains.MAPPING: lambda client, name: client("lambda").delete_event_source_mapping(UUID=name),
    "AWS::CloudWatch::Alarm": lambda client, name: client("cloudwatch").delete_alarms(AlarmNames=[name]),
}
GONE = ("FreshnessSchedule", "FanOutRidesFunctionFileCreated", "RidesToStore", "UploadsToStart", "RidesDeadLetters")


def delete_rule(events: Any, name: str) -> None:
    """Delete a rule with its targets."""
    targets = entries(events, "list_targets_by_rule", "Targets", Rule=name)
    events.remove_targets(Rule=name, Ids=[each["Id"] for each in targets])
    events.delete_rule(Name=name)


def test_deployment_makes_anew_what_is_gone(server: EmbeddedAws, run: RunCommand) -> None:
    client = server.client
    before = {each.logical: each for each in missing_resources.resources_of(client, "again")}
    for each in (before[name] for name in GONE):
        DELETE[each.kind](client, each.name)
    assert {each.logical for each in missing_resources.missing(client, before.values())} == set(GONE)

    ran = run("deploy", "--stack", "again", "--yes")
    assert ran.code == 0, ran.err
    assert all(str(before[name]) in ran.out.replace("\n", "") for name in GONE)
    after = {each.logical: each for each in missing_resources.resources_of(client, "again")}
    assert missing_resources.missing(client, after.values()) == []
    # What is part of another, such as the API's deployment, may be made anew.
    lasting = {name: each for name, each in before.items() if each.kind not in remains.PARTS and name not in GONE}
    assert {name: after.get(name) for name in lasting} == lasting
    assert set(states(client).values()) == {"ENABLED"}


def test_what_cannot_be_put_back_is_named(server: EmbeddedAws, run: RunCommand) -> None:
    resources, logs = missing_resources.resources_of(server.client, "again"), server.client("logs")
    (group,) = (each for each in resources if each.logical == "PredictLogs")
    logs.delete_log_group(logGroupName=group.name)
    ran = run("deploy", "--stack", "again", "--yes")
    assert ran.code == 1
    assert str(group) in ran.err.replace("\n", "")
    assert "`wildrydes destroy --stack again`" in ran.err
    # What it says to do.
    logs.create_log_group(logGroupName=group.name)
    assert run("deploy", "--stack", "again", "--yes").code == 0
