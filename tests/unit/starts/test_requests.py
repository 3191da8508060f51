import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wildrydes.errors import BadStartEvent
from wildrydes.parameters import check_parameters
from wildrydes.starts import LONGEST_DETAIL, REASONS, as_line
from wildrydes.starts.events import NewRequest, Reading, TimerEnd, Withdrawal
from wildrydes.starts.requests import Request, Rules, Standing, due, text_of, time_of
from wildrydes.tasks import TASKS

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
RULES = Rules(quiet=timedelta(minutes=30), cool_down=timedelta(hours=6))
READING = Reading("rydes", ("heavy_utilization", "magic_points"))


def hours(count: float) -> datetime:
    return NOON + timedelta(hours=count)


def standing(**fields: Any) -> Standing:
    return Standing("magic_points", **fields)


@pytest.mark.parametrize(
    ("reason", "fields", "expected"),
    [
        ("new_rides", {}, hours(0.5)),
        ("drift", {}, NOON),
        ("quality", {}, NOON),
        # Within the cool-down of what was granted, or of what a schedule started.
        ("drift", {"started_at": hours(-1)}, hours(5)),
        ("new_rides", {"started_at": hours(-5.75)}, hours(0.5)),
        ("new_rides", {"started_at": hours(-1)}, hours(5)),
        ("drift", {"taken_at": hours(-2), "started_by": "schedule"}, hours(4)),
        ("drift", {"taken_at": hours(-2), "started_by": "schedule", "started_at": hours(-1)}, hours(5)),
        ("drift", {"started_at": hours(-6)}, NOON),
        # A start that claims to be in the far future keeps nobody waiting until then.
        ("drift", {"started_at": hours(3)}, hours(9)),
        ("drift", {"started_at": hours(10_000)}, hours(12)),
        ("new_rides", {"taken_at": datetime(9998, 12, 31, tzinfo=UTC), "started_by": "drift"}, hours(12.5)),
        # What a person started keeps nobody waiting, and a person waits for nobody.
        ("drift", {"taken_at": hours(-2), "started_by": "person"}, NOON),
        ("person", {"started_at": hours(-1)}, NOON),
        ("schedule", {"started_at": hours(-1)}, NOON),
        # Rides that come all the time are trained on after a day.
        ("new_rides", {"since": hours(-23.75)}, hours(0.25)),
        ("new_rides", {"since": hours(-40)}, NOON),
    ],
)
def test_request_is_due_when_uploads_and_cool_down_are_over(
    reason: str, fields: dict[str, Any], expected: datetime
) -> None:
    assert due(standing(**fields), Request("magic_points", reason, "", NOON), RULES) == expected


def test_execution_of_a_request_has_a_name_that_the_workflow_takes() -> None:
    for task in TASKS:
        for reason in REASONS:
            name = Request(task, reason, "", NOON).execution
            assert check_parameters(name, {"serving": "endpoint"}, 2026)["execution"] == name
    assert Request("magic_points", "new_rides", "", NOON).execution == "new-rides-magic-points-20261126T120000"


def test_detail_is_a_line_that_the_workflow_takes() -> None:
    for text in ("raw/é.json", "two\nlines", "x" * 1000, "\x00", ""):
        line = as_line(text)
        assert check_parameters("run-1", {"reason_detail": line}, 2026)["started_by"]["detail"] == line
    assert as_line("two\nlines") == "two?lines"
    assert len(as_line("x" * 1000)) == LONGEST_DETAIL


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "2026-11-26T12:00:00", "noon"])
def test_time_that_a_retraining_cannot_have_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"time|iso"):
        time_of(text)


def test_texts_of_times_have_their_order() -> None:
    times = [hours(count) for count in (-300, -1, 0, 0.5, 12, 9000)]
    texts = [text_of(time) for time in times]
    assert texts == sorted(texts)
    assert [time_of(text) for text in texts] == times
    assert time_of("2026-11-26T13:00:00.250+01:00") == NOON


def upload(key: str, minute: int, size: int = 9) -> dict[str, Any]:
    return {
        "detail-type": "Object Created",
        "time": f"2026-11-26T12:{minute:02}:00Z",
        "detail": {"object": {"key": key, "size": size}},
    }


def alarm(name: str, state: str) -> dict[str, Any]:
    return {
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "time": "2026-11-26T12:00:00Z",
        "detail": {"alarmName": name, "state": {"value": state}, "previousState": {"value": "OK"}},
    }


def new_request(task: str, reason: str, detail: str, at: datetime = NOON) -> NewRequest:
    return NewRequest(Request(task, reason, detail, at))


@pytest.mark.parametrize(
    ("event", "signals"),
    [
        (upload("raw/a", 0), [new_request(task, "new_rides", "raw/a") for task in READING.tasks_of_new_rides]),
        (upload("raw/folder/", 0, size=0), []),
        (
            alarm("rydes-drift-magic_points", "ALARM"),
            [new_request("magic_points", "drift", "rydes-drift-magic_points")],
        ),
        (
            alarm("rydes-quality-pick-duration", "ALARM"),
            [new_request("pick_duration", "quality", "rydes-quality-pick-duration")],
        ),
        (alarm("rydes-drift-magic_points", "OK"), [Withdrawal("magic_points", "rydes-drift-magic_points", NOON)]),
        (alarm("rydes-drift-magic_points", "INSUFFICIENT_DATA"), []),
        (alarm("rydes-errors-magic_points", "ALARM"), []),
        (alarm("rydes-drift-weather", "ALARM"), []),
        (alarm("other-drift-magic_points", "ALARM"), []),
        ({"wake": "magic_points", "now": "2026-11-26T12:00:00Z"}, [TimerEnd("magic_points", NOON)]),
        ({"task": "magic_points"}, [new_request("magic_points", "person", "")]),
        (
            {"task": "magic_points", "reason": "drift", "detail": "a look"},
            [new_request("magic_points", "drift", "a look")],
        ),
    ],
)
def test_event_asks_for_the_retraining_of_tasks(event: dict[str, Any], signals: list[Any]) -> None:
    assert READING.read(event, NOON) == signals


@pytest.mark.parametrize(
    "event",
    [
        {},
        [],
        None,
        "retrain",
        {"task": "weather"},
        {"task": "magic_points", "reason": "boredom"},
        {"task": "magic_points", "detail": 3},
        {"wake": "magic_points"},
        {"wake": "magic_points", "now": "noon"},
        {"wake": "magic_points", "now": "2026-11-26T12:00:00"},
        {"wake": ["magic_points"], "now": "2026-11-26T12:00:00Z"},
        {"detail-type": "CloudWatch Alarm State Change", "time": "2026-11-26T12:00:00Z", "detail": {}},
        {"detail-type": "Object Created", "detail": {"object": {"key": "raw/a", "size": 1}}},
    ],
)
def test_event_that_asks_for_nothing_is_refused(event: Any) -> None:
    with pytest.raises(BadStartEvent, match="asks for no retraining"):
        READING.read(event, NOON)


def record(number: int, body: str) -> dict[str, str]:
    return {"messageId": f"message-{number}", "body": body}


def test_uploads_of_a_batch_are_one_request_a_task_and_messages_that_are_none_are_named() -> None:
    uploads = [upload("raw/a", 3), upload("raw/c", 9), upload("raw/b", 5), upload("raw/folder/", 30, size=0)]
    records = [record(number, json.dumps(each)) for number, each in enumerate(uploads)]
    last = NOON + timedelta(minutes=9)
    requests = [new_request(task, "new_rides", "raw/c", last) for task in READING.tasks_of_new_rides]
    assert READING.read_batch(records) == (requests, [])
    strangers = [record(7, "no JSON"), record(8, "{}"), record(9, "[]")]
    assert READING.read_batch([*strangers, *records]) == (requests, ["message-7", "message-8", "message-9"])
    assert READING.read_batch([]) == READING.read_batch(records[3:]) == ([], [])
