"""What the schedule relies on of EventBridge Scheduler."""

import json
import random
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

import machines
from local import account
from local.account import EmbeddedAws
from local.scheduler.ticker import Clock, Ticker
from local.scheduler.times import last_due, next_time, upcoming
from machines import Client, allow, machine, role
from queue_makers import arn_of, calls_in, queue, receive, recording

DAY = 86_400.0


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
        # The start date is the first time of a rate, and may be one of a cron expression; one-time schedules have none.
        (
            schedule("rate(1 day)", StartDate=seconds("2026-03-02T10:00:00")),
            "2026-03-01T10:00:00",
            "2026-03-02T10:00:00",
        ),
        (
            schedule("rate(1 day)", StartDate=seconds("2026-03-02T10:00:00")),
            "2026-03-02T10:00:00",
            "2026-03-03T10:00:00",
        ),
        (
            schedule("cron(0 3 * * ? *)", StartDate=seconds("2026-03-05T03:00:00")),
            "2026-03-01T10:00:00",
            "2026-03-05T03:00:00",
        ),
        (
            schedule("at(2026-03-03T00:00:00)", StartDate=seconds("2027-01-01"), EndDate=seconds("2026-01-01")),
            "2026-03-01T10:00:00",
            "2026-03-03T00:00:00",
        ),
        # On 8 March there is no half past two in New York, and on 1 November there are two half past ones.
        (schedule("cron(30 2 * * ? *)", "America/New_York"), "2026-03-07T12:00:00", "2026-03-09T06:30:00"),
        (schedule("cron(30 2 8 3 ? *)", "America/New_York"), "2026-03-07T12:00:00", "2027-03-08T07:30:00"),
        (schedule("cron(30 1 * * ? *)", "America/New_York"), "2026-10-31T12:00:00", "2026-11-01T05:30:00"),
        (schedule("cron(30 1 * * ? *)", "America/New_York"), "2026-11-01T05:30:00", "2026-11-02T06:30:00"),
        # Made between the two.
        (schedule("cron(30 1 * * ? *)", "America/New_York"), "2026-11-01T06:10:00", "2026-11-02T06:30:00"),
        (schedule("cron(0/20 1 * * ? *)", "America/New_York"), "2026-11-01T05:40:00", "2026-11-02T06:00:00"),
        # Here the clock is put on by half an hour.
        (schedule("cron(15 2 * * ? *)", "Australia/Lord_Howe"), "2026-10-02T20:00:00", "2026-10-04T15:15:00"),
        # A day of a rate has 24 hours.
        (schedule("rate(1 day)", "America/New_York"), "2026-03-08T01:00:00", "2026-03-09T01:00:00"),
    ],
)
def test_next_time_is_the_expressions_in_its_time_zone(entry: dict, last: str, expected: str | None) -> None:
    assert next_time(entry, seconds(last)) == (expected and seconds(expected))


def test_one_time_schedule_fires_once() -> None:
    entry = schedule("at(2026-03-01T12:00:00)", "Europe/Berlin", CreationDate=seconds("2026-02-01T00:00:00"))
    due = seconds("2026-03-01T11:00:00")
    assert next_time(entry, None) == due
    assert next_time(entry, due) is None


def test_one_time_schedule_that_was_moved_fires_again() -> None:
    moved = schedule("at(2026-03-02T12:00:00)", CreationDate=seconds("2026-02-01T00:00:00"))
    assert next_time(moved, seconds("2026-03-01T12:00:00")) == seconds("2026-03-02T12:00:00")


def test_schedule_of_the_same_name_as_one_before_counts_from_its_own_creation() -> None:
    again = schedule("rate(1 day)", CreationDate=seconds("2026-03-05T10:00:00"))
    assert next_time(again, seconds("2026-03-01T10:00:00")) == seconds("2026-03-06T10:00:00")


@pytest.mark.parametrize(
    ("entry", "now", "expected"),
    [
        (schedule("rate(5 minutes)"), "2026-03-01T10:04:59", None),
        (schedule("rate(5 minutes)"), "2026-03-01T10:05:00", "2026-03-01T10:05:00"),
        (schedule("rate(5 minutes)"), "2029-03-01T10:12:00", "2029-03-01T10:10:00"),
        (
            schedule("rate(7 days)", EndDate=seconds("2026-03-20T00:00:00")),
            "2027-01-01T00:00:00",
            "2026-03-15T10:00:00",
        ),
        (schedule("cron(* * * * ? *)"), "2034-03-01T10:12:30", "2034-03-01T10:12:00"),
        (schedule("cron(0 3 * * ? *)", "Europe/Berlin"), "2026-03-30T00:30:00", "2026-03-29T01:00:00"),
        (schedule("cron(0 0 1 1 ? *)"), "2031-06-01T00:00:00", "2031-01-01T00:00:00"),
        (schedule("at(2026-03-02T12:00:00)"), "2026-03-02T11:59:59", None),
        (schedule("at(2026-03-02T12:00:00)"), "2027-03-02T12:00:00", "2026-03-02T12:00:00"),
    ],
)
def test_schedule_that_was_missed_fires_as_of_the_last_time_that_it_was_due(
    entry: dict, now: str, expected: str | None
) -> None:
    started = seconds("2026-03-01T10:00:00")
    entry |= {"CreationDate": started}
    assert last_due(entry, None, seconds(now)) == (expected and seconds(expected))


class Starts:
    """Stands for Step Functions: takes down with what it was called."""

    def __init__(self) -> None:
        self.inputs: list[str] = []

    def client(self, *_: str) -> "Starts":
        return self

    def start_execution(self, stateMachineArn: str, input: str) -> None:  # noqa: A002, N803 - AWS's names
        self.inputs.append(json.loads(input))


class SetClock(Clock):
    """Stands where it was set."""

    time = 0.0

    def now(self) -> float:
        return self.time


# Weeks with a change to summer time, in which one day has no half past two, and with a change back.
WEEKS = [
    ("Europe/Berlin", "2027-03-25", 6),
    ("Europe/Berlin", "2027-10-28", 7),
    ("America/New_York", "2027-03-11", 6),
    ("America/New_York", "2027-11-04", 7),
    ("Australia/Sydney", "2027-10-01", 6),
    ("Australia/Sydney", "2027-04-01", 7),
]


def days_of(first: str, zone: str, clock_time: str) -> list[str]:
    """The moments of a week, in UTC, at which the clocks show this time: of two the first."""
    moments = []
    for day in range(7):
        local = datetime.fromisoformat(f"{first}T{clock_time}:00") + timedelta(days=day)
        moment = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        if moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local:
            moments.append(moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return moments


@pytest.mark.parametrize(("zone", "first", "half_past_twos"), WEEKS)
@pytest.mark.parametrize(
    ("clock_time", "expression"), [("03:00", "cron(0 3 * * ? *)"), ("02:30", "cron(30 2 * * ? *)"), ("", "rate(1 day)")]
)
def test_a_week_of_moved_clock_starts_exactly_on_schedule(
    monkeypatch: pytest.MonkeyPatch, zone: str, first: str, half_past_twos: int, clock_time: str, expression: str
) -> None:
    from ministack.services import scheduler

    midnight = datetime.fromisoformat(f"{first}T00:00:00").replace(tzinfo=ZoneInfo(zone))
    target = {"Arn": "arn:aws:states:::stateMachine:retrain", "Input": '"<aws.scheduler.scheduled-time>"'}
    entry = schedule(expression, zone, Name="retrain", State="ENABLED", Target=target)
    entry |= {"CreationDate": midnight.timestamp()}
    stored: Any = SimpleNamespace(_data={("account", "region", "retrain"): entry})
    monkeypatch.setattr(scheduler, "_schedules", stored)
    starts: Any = Starts()
    clock, draw = SetClock(), random.Random(f"{zone}{first}")
    ticker = Ticker(starts, clock)
    end = (midnight + timedelta(days=7, minutes=1)).timestamp()
    clock.time = midnight.timestamp()
    while clock.time < end:
        # As the ticker looks, and as somebody moves the clock on: by moments or by hours.
        clock.time = min(end, clock.time + draw.choice((1.0, 59.5, 1800.25, 7200.0)))
        ticker.tick()
    if clock_time:
        assert starts.inputs == days_of(first, zone, clock_time)
        assert len(starts.inputs) == (half_past_twos if clock_time == "02:30" else 7)
    else:
        days = [midnight.astimezone(UTC) + timedelta(hours=24 * day) for day in range(1, 8)]
        assert starts.inputs == [day.strftime("%Y-%m-%dT%H:%M:%SZ") for day in days if day.timestamp() <= end]


def stored_schedules(monkeypatch: pytest.MonkeyPatch, *entries: dict[str, Any]) -> Any:
    """Put schedules in the place of all that are stored; MiniStack's store, by name."""
    from ministack.services import scheduler

    target = {"Arn": "arn:aws:states:::stateMachine:retrain", "Input": '"<aws.scheduler.schedule-arn>"'}
    defaults = {"State": "ENABLED", "Target": target, "CreationDate": seconds("2026-03-01T00:00:00")}
    stored: Any = SimpleNamespace(
        _data={("account", "region", entry["Name"]): defaults | {"Arn": entry["Name"]} | entry for entry in entries}
    )
    monkeypatch.setattr(scheduler, "_schedules", stored)
    return stored._data


def ticker_at(text: str) -> tuple[Ticker, Starts, SetClock]:
    starts: Any = Starts()
    clock = SetClock()
    clock.time = seconds(text)
    return Ticker(starts, clock), starts, clock


def test_a_stored_schedule_that_is_none_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    stored_schedules(
        monkeypatch,
        schedule("rate(1 day)", "Mars/Olympus", Name="misspelt"),
        schedule("rate(1 day)", "Mars/Olympus", Name="disabled", State="DISABLED"),
        schedule("at(soon)", Name="never"),
        schedule("cron(99 * * * ? *)", Name="no minute", EndDate="tomorrow"),
        schedule("rate(1 day)", Name="sound"),
    )
    ticker, starts, _ = ticker_at("2026-03-02T00:00:00")
    followed: list[bool] = []
    ticker.followers = (lambda: followed.append(True),)
    assert ticker.tick() == ["sound"]
    assert starts.inputs == ["sound"]
    assert followed == [True]


def test_one_time_schedule_of_a_reused_name_fires_again(monkeypatch: pytest.MonkeyPatch) -> None:
    once = schedule("at(2026-03-02T00:00:00)", Name="once", ActionAfterCompletion="DELETE")
    stored = stored_schedules(monkeypatch, once)
    (key, entry), *_ = stored.items()
    ticker, _, clock = ticker_at("2026-03-02T00:00:00")
    assert ticker.tick() == ["once"]
    assert stored == {}
    clock.time += 60
    # With the same expression: what fired was the one before.
    stored[key] = entry | {"CreationDate": clock.time}
    assert ticker.tick() == ["once"]
    stored[key] = entry | {"CreationDate": clock.time, "ActionAfterCompletion": "NONE"}
    assert [ticker.tick(), ticker.tick()] == [["once"], []]


def test_recurring_schedule_deletes_itself_after_its_last_time(monkeypatch: pytest.MonkeyPatch) -> None:
    end = seconds("2026-03-03T12:00:00")
    stored = stored_schedules(
        monkeypatch, schedule("rate(1 day)", Name="twice", ActionAfterCompletion="DELETE", EndDate=end)
    )
    ticker, starts, clock = ticker_at("2026-03-02T00:00:00")
    assert ticker.tick() == ["twice"]
    assert len(stored) == 1
    clock.time += 86_400
    assert ticker.tick() == ["twice"]
    assert stored == {}
    assert len(starts.inputs) == 2


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (schedule("cron(0 3 * * ? *)"), "2026-03-21T03:00:00"),
        (schedule("rate(1 day)"), "2026-03-21T12:00:00"),
        # It keeps to the times that follow its start date.
        (schedule("rate(1 day)", StartDate=seconds("2026-03-02T10:00:00")), "2026-03-21T10:00:00"),
        (schedule("rate(1 day)", StartDate=seconds("2026-03-25T10:00:00")), "2026-03-25T10:00:00"),
        # One time is that time.
        (schedule("at(2026-03-15T00:00:00)"), "2026-03-15T00:00:00"),
    ],
)
@pytest.mark.parametrize("last", [None, "2026-03-10T10:00:00"])
def test_recurring_schedule_that_was_changed_or_enabled_fires_for_nothing_before(
    entry: dict, last: str | None, expected: str
) -> None:
    entry |= {"CreationDate": seconds("2026-03-01T00:00:00"), "LastModificationDate": seconds("2026-03-20T12:00:00")}
    assert next_time(entry, seconds(last) if last else None) == seconds(expected)


def test_rate_keeps_to_a_start_date_of_a_fraction_of_a_second() -> None:
    entry = schedule("rate(1 minute)", StartDate=seconds("2026-03-01T00:00:00") + 0.1)
    last, moments = None, []
    for _ in range(50):
        last = next_time(entry, last)
        assert last is not None
        moments.append(round(last - entry["StartDate"], 3))
    assert moments == [60.0 * number for number in range(50)]


class FaultyClients:
    """Stands for clients of which those of the targets are broken: takes down the dead letters."""

    endpoint = "http://localhost"

    def __init__(self) -> None:
        self.codes: list[str] = []

    def client(self, service: str, *_: str) -> "FaultyClients":
        if service != "sqs":
            raise KeyError(service)
        return self

    def send_message(self, **message: Any) -> None:
        self.codes.append(message["MessageAttributes"]["ERROR_CODE"]["StringValue"])


def test_fault_that_nobody_expects_is_a_dead_letter_too(monkeypatch: pytest.MonkeyPatch) -> None:
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:retrain"
    target = {"Arn": arn, "DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:123456789012:dead"}}
    once = schedule("at(2026-03-02T00:00:00)", ActionAfterCompletion="DELETE", Target=target)
    stored = stored_schedules(monkeypatch, once | {"Name": "first"}, once | {"Name": "second"})
    clients, followed = FaultyClients(), []
    ticker = ticker_at("2026-03-02T00:00:00")[0]
    ticker.clients, ticker.followers = cast(Any, clients), (lambda: followed.append(True),)
    assert ticker.tick() == ["first", "second"]
    assert (clients.codes, followed, stored) == (["KeyError", "KeyError"], [True], {})


@pytest.fixture
def machine_arn(client: Client) -> str:
    states = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
    return machine(client, states, role(client, "states.amazonaws.com"))


def create(client: Client, machine_arn: str, role_arn: str, expression: str, **target: Any) -> str:
    name = machines.unique("schedule")
    client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": machine_arn, "RoleArn": role_arn, "Input": '{"target": "service_requested"}'} | target,
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


def test_schedule_that_is_enabled_again_starts_nothing_for_the_time_before(
    server: EmbeddedAws, client: Client, machine_arn: str
) -> None:
    starter = role(client, "scheduler.amazonaws.com", allow("states:StartExecution", resource=machine_arn))
    name = create(client, machine_arn, starter, "rate(1 day)")
    scheduler = client("scheduler")
    settings = {
        field: value
        for field, value in scheduler.get_schedule(Name=name).items()
        if field in ("ScheduleExpression", "FlexibleTimeWindow", "Target")
    }
    scheduler.update_schedule(Name=name, State="DISABLED", **settings)
    assert name not in advance(server, 2 * 86_400)
    scheduler.update_schedule(Name=name, State="ENABLED", **settings)
    assert name not in advance(server, 3600)
    assert name in advance(server, 86_400)
    scheduler.delete_schedule(Name=name)


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


def test_what_a_role_may_not_start_is_in_the_dead_letter_queue_if_the_role_may_send(
    server: EmbeddedAws, client: Client, machine_arn: str
) -> None:
    dead, refused = queue(client), queue(client)
    sender = role(client, "scheduler.amazonaws.com", allow("sqs:SendMessage", resource=arn_of(client, dead)))
    names = [
        create(client, machine_arn, sender, "rate(1 day)", DeadLetterConfig={"Arn": arn_of(client, url)})
        for url in (dead, refused)
    ]
    assert set(names) <= set(advance(server, 86_400 + 60))
    assert executions(client, machine_arn) == []
    (message,) = receive(client, dead)
    assert json.loads(message["Body"]) == {"target": "service_requested"}
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes["ERROR_CODE"] == "AccessDeniedException"
    assert attributes["SCHEDULE_ARN"].endswith(f":schedule/default/{names[0]}")
    assert attributes["TARGET_ARN"] == machine_arn
    assert receive(client, refused, WaitTimeSeconds=0) == []
    for name in names:
        client("scheduler").delete_schedule(Name=name)


def test_clock_says_what_it_showed_before_it_was_moved_on(monkeypatch: pytest.MonkeyPatch) -> None:
    machine_time = [1_000.0]
    monkeypatch.setattr("local.scheduler.ticker.time.time", lambda: machine_time[0])
    clock = Clock()
    for moment in (1_100.0, 1_200.0):
        machine_time[0] = moment
        clock.advance(3_600)
    assert [clock.moment_of(moment) for moment in (1_050.0, 1_150.0, 1_250.0)] == [1_050.0, 4_750.0, 8_450.0]
    assert clock.now() == 1_200.0 + 7_200


@pytest.mark.parametrize(
    ("schedule", "times"),
    [
        ({"ScheduleExpression": "rate(1 day)"}, [5 * DAY, 6 * DAY]),
        ({"ScheduleExpression": "rate(1 day)", "StartDate": 7.5 * DAY}, [7.5 * DAY, 8.5 * DAY]),
        ({"ScheduleExpression": "cron(0 6 * * ? *)", "EndDate": 5.5 * DAY}, [4.25 * DAY, 5.25 * DAY]),
        ({"ScheduleExpression": "cron(0 6 * * ? *)", "EndDate": 5 * DAY}, [4.25 * DAY]),
        ({"ScheduleExpression": "at(1970-01-09T00:00:00)"}, [8 * DAY]),
        ({"ScheduleExpression": "at(1970-01-02T00:00:00)"}, []),
    ],
)
def test_next_times_of_a_schedule_are_those_at_which_it_fires(schedule: dict[str, Any], times: list[float]) -> None:
    whole = {"CreationDate": 2 * DAY, "LastModificationDate": 2 * DAY, **schedule}
    assert list(islice(upcoming(whole, 4.1 * DAY), 2)) == times
