"""Schedules that EventBridge Scheduler refuses, by its "Schedule types"."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.account import EmbeddedAws
from local.scheduler import checks, listing
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


WRONG_MEMBERS: list[tuple[dict[str, Any], str]] = [
    ({"Name": "n" * 65}, "'name' failed to satisfy constraint: Member must have length less than or equal to 64"),
    ({"GroupName": "a group"}, "'groupName' failed to satisfy constraint: Member must satisfy regular expression"),
    (
        {"State": "ON"},
        r"'state' failed to satisfy constraint: Member must satisfy enum value set: \[DISABLED, ENABLED\]",
    ),
    ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 1441}}, "less than or equal to 1440"),
    ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "MaximumWindowInMinutes is required"),
    ({"Target": {"Arn": "arn", "RoleArn": "role"}}, r"'target\.roleArn' failed to satisfy constraint"),
    ({"StartDate": 1_000_000_000}, "The StartDate you specify cannot be earlier than 5 minutes ago"),
    ({"StartDate": 9_000_000_000, "EndDate": 8_000_000_000}, "The EndDate you specify must come after the StartDate"),
    ({"EndDate": 1_000_000_000}, "The EndDate you specify cannot be in the past"),
    ({"ScheduleExpression": "cron(99 3 * * ? *)"}, "Invalid Schedule Expression cron"),
    ({"ScheduleExpression": "cron(0 3 ? * 9 *)"}, "Invalid Schedule Expression cron"),
    ({"ScheduleExpression": "cron(0 3 * * ? 2300)"}, "Invalid Schedule Expression cron"),
]


def settings_of(client: Client, trusted: str = "scheduler.amazonaws.com") -> dict[str, Any]:
    function_arn = "arn:aws:lambda:us-east-1:000000000000:function:nobody"
    target = {"Arn": function_arn, "RoleArn": role(client, trusted)}
    return {"FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target, "ScheduleExpression": "rate(900 days)"}


def test_members_that_the_api_reference_does_not_allow_are_refused_by_name(client: Client) -> None:
    settings = settings_of(client)
    for wrong, message in WRONG_MEMBERS:
        with pytest.raises(ClientError, match=f"ValidationException.*{message}"):
            client("scheduler").create_schedule(**{"Name": "never", **settings, **wrong})
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client("scheduler").create_schedule(Name="never", GroupName=unique("group"), **settings)


def test_schedule_needs_a_role_that_trusts_the_scheduler(client: Client) -> None:
    message = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role"
    with pytest.raises(ClientError, match=f"ValidationException.*{message}"):
        client("scheduler").create_schedule(Name="never", **settings_of(client, "lambda.amazonaws.com"))


def test_end_of_a_schedule_that_has_begun_may_be_put_off(server: EmbeddedAws, client: Client) -> None:
    scheduler, name, settings = client("scheduler"), unique("schedule"), settings_of(client)
    start = datetime.fromtimestamp(int(server.request("/_local/clock", advance_seconds=0)["now"]), UTC)
    dates = {"StartDate": start, "EndDate": start + timedelta(days=5000)}
    scheduler.create_schedule(Name=name, **dates, **settings)
    server.request("/_local/clock", advance_seconds=3600)
    scheduler.update_schedule(Name=name, **{**dates, "EndDate": start + timedelta(days=6000)}, **settings)
    assert scheduler.get_schedule(Name=name)["EndDate"] == start + timedelta(days=6000)
    with pytest.raises(ClientError, match="The EndDate you specify cannot be in the past"):
        scheduler.update_schedule(Name=name, **{**dates, "EndDate": start + timedelta(seconds=60)}, **settings)
    with pytest.raises(ClientError, match="The StartDate you specify cannot be earlier than 5 minutes ago"):
        scheduler.update_schedule(Name=name, **{**dates, "StartDate": start - timedelta(days=1)}, **settings)
    scheduler.delete_schedule(Name=name)


@pytest.mark.parametrize(
    "query", [{"MaxResults": "abc"}, {"MaxResults": "1.5"}, {"NextToken": base64.b64encode(b"[" * 1500).decode()}]
)
def test_page_of_no_size_and_token_of_no_place_are_refused(query: dict[str, str]) -> None:
    """Clients of boto3 send neither."""
    list_page = listing._paged(lambda _: (200, {}, b'{"Schedules": []}'), "ListSchedules", "Schedules")
    status, _, body = list_page(query)
    assert (status, b"ValidationException" in body) == (400, True)


def test_lists_of_schedules_and_groups_come_in_pages(client: Client) -> None:
    scheduler, group, settings = client("scheduler"), unique("group"), settings_of(client)
    groups = [group, f"{group}-b"]
    for each in groups:
        scheduler.create_schedule_group(Name=each)
    for name in ("c", "a", "b"):
        scheduler.create_schedule(Name=name, GroupName=group, **settings)
    first = scheduler.list_schedules(GroupName=group, MaxResults=2)
    scheduler.delete_schedule(Name="b", GroupName=group)
    second = scheduler.list_schedules(GroupName=group, MaxResults=2, NextToken=first["NextToken"])
    assert [[entry["Name"] for entry in page["Schedules"]] for page in (first, second)] == [["a", "b"], ["c"]]
    assert "NextToken" not in second
    pages = scheduler.get_paginator("list_schedule_groups").paginate(NamePrefix=group, PaginationConfig={"PageSize": 1})
    assert [entry["Name"] for page in pages for entry in page["ScheduleGroups"]] == groups
    for wrong in ({"NextToken": "soon"}, {"MaxResults": 101}):
        with pytest.raises(ClientError, match="ValidationException"):
            scheduler.list_schedules(GroupName=group, **wrong)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        scheduler.list_schedules(GroupName=unique("group"))
    for each in groups:
        scheduler.delete_schedule_group(Name=each)
