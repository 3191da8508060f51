"""What becomes of each record of a message, and what identifies a sample."""

import json
from typing import Any

import pytest

from wildrydes.errors import BadSampleEvent
from wildrydes.samples.messages import Collected, Message, Rejected, messages_of, records_of

TOPIC = "arn:aws:sns:us-east-1:111122223333:samples"
LINE = "6100,9000,210,150,60,2,425,1200,400,300,500,60,35"
OBJECT = {
    "sample_id": "fc1-17", "duration": 6100, "fc_avg": 9000, "length": 210, "width": 150, "height": 60, "quantity": 2,
    "weight": 425, "bin_location": 1200, "bin_width": 400, "bin_height": 300, "bin_depth": 500, "fullness": 60,
    "clutter": 35,
}  # fmt: skip


def message(text: str, message_id: str = "m-1", sent_at: str = "2024-07-09T12:00:00.000Z") -> Message:
    return Message(message_id, TOPIC, sent_at, text)


def rows(text: str, **of_message: str) -> list[dict[str, Any]]:
    """The rows of a message, every record of which must be a sample."""
    return [json.loads(each.line) for each in records_of(message(text, **of_message)) if taken(each)]


def taken(record: Collected | Rejected) -> bool:
    assert isinstance(record, Collected), record
    return True


def rejections(text: str) -> list[tuple[str, int, str]]:
    """Reason, line and text of each rejected record."""
    lines = [json.loads(each.line) for each in records_of(message(text)) if isinstance(each, Rejected)]
    return [(line["reason"], line["position"]["line"], line["record"]) for line in lines]


def test_a_row_has_the_numbers_by_name_its_id_and_its_message_and_ends_in_a_line_feed() -> None:
    (record,) = records_of(message(LINE))
    assert record.line.endswith("}\n")
    assert record.line.count("\n") == 1
    numbers = {name: value for name, value in OBJECT.items() if name != "sample_id"}
    row = json.loads(record.line)
    assert len(row.pop("sample_id")) == 32
    assert row == numbers | {"arrived_at": "2024-07-09T12:00:00.000Z", "message_id": "m-1"}


@pytest.mark.parametrize("between", ["\n", "\r\n", "\n\n", "\n \n"])
def test_a_message_may_hold_many_samples_a_line_each_of_either_kind(between: str) -> None:
    text = between.join([LINE, json.dumps(OBJECT), LINE]) + "\n"
    assert [row["duration"] for row in rows(text)] == [6100, 6100, 6100]
    assert len({row["sample_id"] for row in rows(text)}) == 3


def test_one_object_may_be_spread_over_lines() -> None:
    (row,) = rows(json.dumps(OBJECT, indent=2))
    assert row["sample_id"] == rows(json.dumps(OBJECT))[0]["sample_id"]


def test_a_repeated_delivery_makes_the_same_rows() -> None:
    text = f"{LINE}\n{json.dumps(OBJECT)}"
    assert rows(text) == rows(text)


def test_equal_samples_of_two_messages_or_two_lines_are_two() -> None:
    both = [*rows(f"{LINE}\n{LINE}"), *rows(LINE, message_id="m-2")]
    assert len({row["sample_id"] for row in both}) == 3


def test_the_centres_id_is_the_samples_whichever_message_and_line_bring_it() -> None:
    text = json.dumps(OBJECT)
    (first,), (_, second) = rows(text), rows(f"{LINE}\n{text}", message_id="m-2", sent_at="2024-07-10T00:00:00.000Z")
    assert first["sample_id"] == second["sample_id"]
    (other,) = rows(json.dumps(OBJECT | {"sample_id": "fc1-18"}))
    assert other["sample_id"] != first["sample_id"]


def test_a_centres_id_cannot_pass_for_a_messages() -> None:
    (by_message,) = rows(LINE, message_id="x")
    assert by_message["sample_id"] not in {
        rows(json.dumps(OBJECT | {"sample_id": each}))[0]["sample_id"] for each in ("x", "x:1", "x-1")
    }


def test_ids_are_spread_evenly_over_the_splits() -> None:
    ids = [rows(LINE, message_id=f"m-{number}")[0]["sample_id"] for number in range(2000)]
    test = sum(each[:3] >= "e66" for each in ids)
    assert 150 < test < 250


def test_a_record_that_is_no_sample_costs_none_of_the_others() -> None:
    text = f"{LINE}\nno sample\n{LINE}"
    records = list(records_of(message(text)))
    assert [type(each) for each in records] == [Collected, Rejected, Collected]
    line = json.loads(records[1].line)
    assert line["reason"] == "wrong_field_count"
    assert line["source"] == {"topic": TOPIC, "message_id": "m-1", "arrived_at": "2024-07-09T12:00:00.000Z"}
    assert (line["position"], line["record"]) == ({"line": 2}, "no sample")


@pytest.mark.parametrize("text", ["", "\n", " \r\n "])
def test_a_message_without_a_record_is_rejected_itself(text: str) -> None:
    assert rejections(text) == [("wrong_field_count", 1, text)]


def test_what_is_far_too_long_is_refused_and_quoted_by_its_start() -> None:
    ((reason, line, record),) = rejections("1," * 100_000)
    assert (reason, line, len(record)) == ("record_too_large", 1, 2048)


def test_a_message_of_more_lines_than_samples_fit_into_is_rejected_as_one() -> None:
    assert [reason for reason, _, _ in rejections("x\n" * 131_072)] == ["too_many_records"]
    shortest = "1,1,0,0,0,0,0,0,0,0,0,0,0\n"
    assert len(rows(shortest * (262_144 // len(shortest)))) == 262_144 // len(shortest)


def test_half_a_surrogate_pair_is_written_in_ascii() -> None:
    (record,) = records_of(message("\ud83d"))
    assert isinstance(record, Rejected)
    assert json.loads(record.line.encode("ascii"))["record"] == "\ud83d"


NOTIFICATION = {"MessageId": "m-1", "TopicArn": TOPIC, "Timestamp": "2024-07-09T12:00:00.000Z", "Message": LINE}


def test_every_record_of_an_event_is_taken() -> None:
    event = {"Records": [{"Sns": NOTIFICATION}, {"Sns": NOTIFICATION | {"MessageId": "m-2"}}]}
    assert [each.id for each in messages_of(event)] == ["m-1", "m-2"]


@pytest.mark.parametrize(
    "event",
    [
        {},
        [],
        {"Records": None},
        {"Records": [{"Sns": NOTIFICATION}, {"body": LINE}]},
        {"Records": [{"Sns": {name: value for name, value in NOTIFICATION.items() if name != "MessageId"}}]},
        {"Records": [{"Sns": NOTIFICATION | {"Message": {"duration": 1}}}]},
        {"Records": [{"Sns": NOTIFICATION | {"Timestamp": "today"}}]},
    ],
)
def test_an_event_of_something_else_is_refused_whole(event: Any) -> None:
    with pytest.raises(BadSampleEvent):
        messages_of(event)
