"""Schedules that EventBridge Scheduler refuses, by its "Schedule types"."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.scheduler import checks
from machines import Client, machine, role, unique

WRONG = [
    ("rate(0 minutes)", "UTC"),
    ("rate(1 fortnight)", "UTC"),
    ("at(2026-02-30T03:00:00)", "UTC"),
    ("at(2026-02-28T03:00:00Z)", "UTC"),
    ("at(soon)", "UTC"),
    ("cron(0 3 * * *)", "UTC"),
    ("cron(0 3 * * * *)", "UTC"),
    ("0 3 * * ? *", "UTC"),
    ("rate(1 day)", "Mars/Olympus"),
    ("rate(1 day)", "America"),
    ("rate(1 day)", "/etc/passwd"),
]


@pytest.mark.parametrize(("expression", "zone"), WRONG)
def test_expressions_and_zones_that_are_none(expression: str, zone: str) -> None:
    with pytest.raises(checks.InvalidScheduleError, match="Invalid Schedule"):
        checks.check({"ScheduleExpression": expression, "ScheduleExpressionTimezone": zone})


@pytest.mark.parametrize(
    "expression", ["rate(1 minute)", "rate(7 days)", "at(2026-02-28T03:00:00)", "cron(0/20 3 ? * MON-FRI *)"]
)
def test_expressions_of_each_kind(expression: str) -> None:
    checks.check({"ScheduleExpression": expression, "ScheduleExpressionTimezone": "Europe/Berlin"})


def test_neither_callers_nor_templates_may_write_a_schedule_that_is_none(client: Client) -> None:
    # The one thread that fires schedules and looks at alarms would end at it.
    name = unique("schedule")
    states = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
    starter = role(client, "scheduler.amazonaws.com")
    settings: dict[str, Any] = {
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": machine(client, states, role(client, "states.amazonaws.com")), "RoleArn": starter},
    }
    scheduler = client("scheduler")
    for expression, zone in (("rate(0 days)", "UTC"), ("rate(1 day)", "Mars/Olympus")):
        wrong = {"ScheduleExpression": expression, "ScheduleExpressionTimezone": zone}
        with pytest.raises(ClientError, match=r"ValidationException.*Invalid Schedule"):
            scheduler.create_schedule(Name=name, **wrong, **settings)
    scheduler.create_schedule(Name=name, ScheduleExpression="rate(900 days)", **settings)
    with pytest.raises(ClientError, match=r"ValidationException.*Invalid Schedule"):
        scheduler.update_schedule(Name=name, ScheduleExpression="at(soon)", **settings)
    assert scheduler.get_schedule(Name=name)["ScheduleExpression"] == "rate(900 days)"
    scheduler.delete_schedule(Name=name)
