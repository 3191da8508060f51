"""What the schedule relies on of EventBridge Scheduler."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import machines
from local import account
from local.account import EmbeddedAws
from local.scheduler.ticker import next_time
from machines import Client, allow, machine, role
from queue_makers import calls_in, recording


def advance(server: EmbeddedAws, seconds: float) -> list[str]:
    return server.request("/_local/clock", advance_seconds=seconds)["fired"]


def schedule(expression: str, zone: str = "UTC", **fields: Any) -> dict[str, Any]:
    return {"ScheduleExpression": expression, "ScheduleExpressionTimezone": zone} | fields


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("entry", "last", "expected"),
    [
        (schedule("rate(7 days)"), "2026-03-01T10:00:00", "2026-03-08T10:00:00"),
        (schedule("cron(0 3 ? * MON *)"), "2026-03-03T10:00:00", "2026-03-09T03:00:00"),
        # New York is five hours behind in winter, four from 8 March on.
        (schedule("cron(0 3 * * ? *)", "America/New_York"), "2026-03-05T12:00:00", "2026-03-06T08:00:00"),
        (schedule("cron(0 3 * * ? *)", "America/New_York"), "2026-03-09T12:00:00", "2026-03-10T07:00:00"),
        (schedule("rate(1 hour)", EndDate=seconds("2026-03-01T10:30:00")), "2026-03-01T10:00:00", None),
    ],
)
def test_next_time_is_the_expressions_in_its_time_zone(entry: dict, last: str, expected: str | None) -> None:
    assert next_time(entry, seconds(last)) == (expected and seconds(expected))


def test_one_time_schedule_fires_once() -> None:
    entry = schedule("at(2026-03-01T12:00:00)", "Europe/Berlin", CreationDate=seconds("2026-02-01T00:00:00"))
    due = seconds("2026-03-01T11:00:00")
    assert next_time(entry, None) == due
    assert next_time(entry, due) is None


@pytest.fixture
def machine_arn(client: Client) -> str:
    states = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
    return machine(client, states, role(client, "states.amazonaws.com"))


def create(client: Client, machine_arn: str, role_arn: str, expression: str) -> str:
    name = machines.unique("schedule")
    client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": machine_arn, "RoleArn": role_arn, "Input": '{"target": "service_requested"}'},
    )
    return name


def executions(client: Client, machine_arn: str) -> list[dict[str, Any]]:
    return account.entries(client("stepfunctions"), "list_executions", "executions", stateMachineArn=machine_arn)


def test_schedule_starts_the_workflow_with_its_input_when_the_clock_gets_there(
    server: EmbeddedAws, client: Client, machine_arn: str
) -> None:
    starter = role(client, "scheduler.amazonaws.com", allow("states:StartExecution", resource=machine_arn))
    # The clock may have been moved before: the schedule is of that time.
    advance(server, 5 * 86_400)
    name = create(client, machine_arn, starter, "rate(2 days)")
    assert name not in advance(server, 3600)
    assert executions(client, machine_arn) == []
    assert name in advance(server, 2 * 86_400)
    started = executions(client, machine_arn)
    assert len(started) == 1
    described = client("stepfunctions").describe_execution(executionArn=started[0]["executionArn"])
    assert json.loads(described["input"]) == {"target": "service_requested"}
    client("scheduler").delete_schedule(Name=name)


def test_schedule_invokes_a_function_with_its_input(server: EmbeddedAws, client: Client, tmp_path: Path) -> None:
    calls = tmp_path / "calls.jsonl"
    invoked = recording(client, calls)
    starter = role(client, "scheduler.amazonaws.com", allow("lambda:InvokeFunction", resource=invoked))
    advance(server, 60)
    name = create(client, invoked, starter, "rate(1 minute)")
    assert name in advance(server, 61)
    (call,) = machines.until(lambda: calls_in(calls), bool)
    assert call["event"] == {"target": "service_requested"}
    client("scheduler").delete_schedule(Name=name)


def test_schedule_whose_role_may_not_start_the_workflow_starts_nothing(
    server: EmbeddedAws, client: Client, machine_arn: str
) -> None:
    name = create(client, machine_arn, role(client, "scheduler.amazonaws.com"), "rate(1 day)")
    assert name in advance(server, 86_400 + 60)
    assert executions(client, machine_arn) == []
    client("scheduler").delete_schedule(Name=name)
