"""Amazon EventBridge and EventBridge Scheduler."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from caller import Caller, allow, patiently, refusal, until

API = "Amazon EventBridge API Reference: "
GUIDE = "Amazon EventBridge User Guide: "
SCHEDULER = "EventBridge Scheduler API Reference: "

SOURCE = "conformance"


def bus(caller: Caller) -> str:
    events, name = caller.client("events"), caller.name("bus")
    events.create_event_bus(Name=name)
    caller.at_end(events.delete_event_bus, Name=name)
    return name


def rule(caller: Caller, bus_name: str, pattern: dict[str, Any], **target: Any) -> str:
    """A queue that a rule sends to; its URL."""
    events, name = caller.client("events"), caller.name("rule")
    url, arn = caller.open_queue("events")
    events.put_rule(Name=name, EventBusName=bus_name, EventPattern=json.dumps(pattern))
    caller.at_end(events.delete_rule, Name=name, EventBusName=bus_name)
    events.put_targets(Rule=name, EventBusName=bus_name, Targets=[{"Id": "queue", "Arn": arn} | target])
    caller.at_end(events.remove_targets, Rule=name, EventBusName=bus_name, Ids=["queue"])
    return url


def put(caller: Caller, bus_name: str, *details: Any) -> Any:
    entries = [
        {"EventBusName": bus_name, "Source": SOURCE, "DetailType": "ride", "Detail": json.dumps(each)}
        for each in details
    ]
    return caller.client("events").put_events(Entries=entries)


@pytest.mark.document(GUIDE + "Creating Amazon EventBridge event patterns")
def test_rule_sends_what_its_pattern_matches(caller: Caller) -> None:
    name = bus(caller)
    pattern = {
        "source": [SOURCE],
        "detail": {"name": [{"prefix": "ri"}], "size": [{"numeric": [">", 2]}], "none": [{"exists": False}]},
    }
    url = rule(caller, name, pattern)
    put(
        caller,
        name,
        {"name": "ride", "size": 3},
        {"name": "ride", "size": 2},
        {"name": "x", "size": 3},
        {"name": "ride", "size": 3, "none": 1},
    )
    (message,) = until(lambda: caller.receive(url, 5))
    event = json.loads(message["Body"])
    assert (event["detail"], event["source"], event["detail-type"]) == ({"name": "ride", "size": 3}, SOURCE, "ride")
    assert caller.receive(url, 1) == []


@pytest.mark.document(GUIDE + "Amazon EventBridge input transformation")
def test_target_gets_a_transformed_event(caller: Caller) -> None:
    name = bus(caller)
    transformer = {
        "InputPathsMap": {"ride": "$.detail.ride"},
        "InputTemplate": '{"number": <ride>, "text": "ride <ride>"}',
    }
    url = rule(caller, name, {"source": [SOURCE]}, InputTransformer=transformer)
    put(caller, name, {"ride": 7})
    (message,) = until(lambda: caller.receive(url, 5))
    assert json.loads(message["Body"]) == {"number": 7, "text": "ride 7"}


@pytest.mark.document(API + "PutEvents")
def test_entry_fails_by_itself(caller: Caller) -> None:
    entry = {"Source": SOURCE, "DetailType": "ride"}
    answer = caller.client("events").put_events(Entries=[entry | {"Detail": "no json"}, entry | {"Detail": "{}"}])
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == "MalformedDetail"
    assert answer["Entries"][1]["EventId"]


@pytest.mark.document(API + "PutEvents (Entries)")
def test_more_than_ten_entries_are_refused(caller: Caller) -> None:
    entries = [{"Source": SOURCE, "DetailType": "ride", "Detail": "{}"}] * 11
    assert refusal(caller.client("events").put_events, Entries=entries) == "ValidationException"


TESTED = [
    ({"detail": {"colour": [{"anything-but": ["red"]}]}}, {"colour": "blue"}, True),
    ({"detail": {"name": [{"suffix": ".json"}]}}, {"name": "ride.csv"}, False),
    ({"detail": {"name": [{"wildcard": "ri*.js*n"}]}}, {"name": "ride.json"}, True),
    ({"detail": {"name": [{"equals-ignore-case": "RIDE"}]}}, {"name": "ride"}, True),
    ({"detail": {"address": [{"cidr": "10.0.0.0/24"}]}}, {"address": "10.0.1.1"}, False),
    ({"detail": {"$or": [{"a": [1]}, {"b": [2]}]}}, {"b": 2}, True),
]


@pytest.mark.document(GUIDE + "Comparison operators for use in event patterns")
@pytest.mark.parametrize(("pattern", "detail", "is_match"), TESTED)
def test_pattern(caller: Caller, pattern: dict[str, Any], detail: dict[str, Any], is_match: bool) -> None:
    event = {
        "id": "1", "account": "123456789012", "source": SOURCE, "time": "2026-01-01T00:00:00Z",
        "region": "us-east-1", "resources": [], "detail-type": "ride", "detail": detail,
    }  # fmt: skip
    answer = caller.client("events").test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(event))
    assert answer["Result"] is is_match


@pytest.mark.document(API + "PutRule (InvalidEventPatternException)")
def test_pattern_that_is_none(caller: Caller) -> None:
    events = caller.client("events")
    for pattern in ("{", '{"source": "conformance"}', '{"source": [{"numeric": ["?", 1]}]}'):
        code = refusal(events.put_rule, Name=caller.name("rule"), EventPattern=pattern)
        assert code == "InvalidEventPatternException"


@pytest.mark.document(API + "PutRule (ScheduleExpression)")
@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 minutes)",
        "rate(0 minutes)",
        "cron(0 12 * * * *)",
        "daily",
    ],
)
def test_schedule_of_a_rule_that_is_none(caller: Caller, expression: str) -> None:
    events, name = caller.client("events"), caller.name("rule")
    caller.at_end(events.delete_rule, Name=name)
    assert refusal(events.put_rule, Name=name, ScheduleExpression=expression) == "ValidationException"


@pytest.mark.document(API + "DeleteRule")
def test_rule_with_targets_is_not_deleted(caller: Caller) -> None:
    events, name = caller.client("events"), caller.name("rule")
    events.put_rule(Name=name, EventPattern='{"source": ["conformance"]}')
    caller.at_end(events.delete_rule, Name=name)
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": caller.queue_arn(caller.queue())}])
    caller.at_end(events.remove_targets, Rule=name, Ids=["queue"])
    assert refusal(events.delete_rule, Name=name) == "ValidationException"


@pytest.mark.document(GUIDE + "Archiving and replaying events in Amazon EventBridge")
def test_archive_is_enabled(caller: Caller) -> None:
    events, name = caller.client("events"), caller.name("archive")
    arn = events.describe_event_bus(Name=bus(caller))["Arn"]
    created = events.create_archive(ArchiveName=name, EventSourceArn=arn)
    caller.at_end(events.delete_archive, ArchiveName=name)
    assert created["State"] in ("ENABLED", "CREATING")


NEVER = {"Mode": "OFF"}


def schedule(caller: Caller, expression: str, **settings: Any) -> Any:
    """What creates a schedule that sends to a queue."""
    url = caller.queue()
    role = caller.role("scheduler", allow("sqs:SendMessage"))
    target = {"Arn": caller.queue_arn(url), "RoleArn": role, "Input": '{"ride": 1}'}
    parameters = {
        "Name": caller.name("schedule"),
        "ScheduleExpression": expression,
        "FlexibleTimeWindow": NEVER,
        "Target": target,
    }
    return url, parameters | settings


@pytest.mark.document("EventBridge Scheduler User Guide: Schedule types (one-time schedules)")
def test_schedule_sends_once(caller: Caller) -> None:
    schedules = caller.client("scheduler")
    at = (datetime.now(UTC) + timedelta(seconds=10)).strftime("%Y-%m-%dT%H:%M:%S")
    url, settings = schedule(caller, f"at({at})")
    patiently(lambda: schedules.create_schedule(**settings))
    caller.at_end(schedules.delete_schedule, Name=settings["Name"])
    messages = until(lambda: caller.receive(url, 5), seconds=120)
    assert [json.loads(message["Body"]) for message in messages] == [{"ride": 1}]


@pytest.mark.document(SCHEDULER + "CreateSchedule (ValidationException)")
@pytest.mark.parametrize(
    "settings",
    [
        {"ScheduleExpression": "rate(0 minutes)"},
        {"ScheduleExpression": "cron(0 25 * * ? *)"},
        {"ScheduleExpression": "at(2026-13-01T00:00:00)"},
        {"ScheduleExpressionTimezone": "Europe/Nowhere"},
        {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
    ],
    ids=["rate", "cron", "at", "zone", "window"],
)
def test_schedule_that_is_none(caller: Caller, settings: dict[str, Any]) -> None:
    schedules = caller.client("scheduler")
    _, parameters = schedule(caller, "rate(1 day)")
    caller.at_end(schedules.delete_schedule, Name=parameters["Name"])
    assert refusal(schedules.create_schedule, **parameters | settings) == "ValidationException"


@pytest.mark.document("EventBridge Scheduler User Guide: Setting up the execution role")
def test_role_that_does_not_trust_the_scheduler(caller: Caller) -> None:
    schedules = caller.client("scheduler")
    _, parameters = schedule(caller, "rate(1 day)")
    parameters["Target"]["RoleArn"] = caller.role("lambda")
    caller.at_end(schedules.delete_schedule, Name=parameters["Name"])
    assert refusal(schedules.create_schedule, **parameters) == "ValidationException"


@pytest.mark.document(SCHEDULER + "CreateSchedule (ConflictException), GetSchedule (ResourceNotFoundException)")
def test_schedule_that_there_is_and_schedule_that_there_is_not(caller: Caller) -> None:
    schedules = caller.client("scheduler")
    _, parameters = schedule(caller, "rate(1 day)")
    patiently(lambda: schedules.create_schedule(**parameters))
    caller.at_end(schedules.delete_schedule, Name=parameters["Name"])
    assert refusal(schedules.create_schedule, **parameters) == "ConflictException"
    assert refusal(schedules.get_schedule, Name=caller.name("none")) == "ResourceNotFoundException"
