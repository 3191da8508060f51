"""What a sample is, and why a record is none."""

import json
from typing import Any

import pytest

from wildrydes.errors import BadSample
from wildrydes.samples.sample import FIELDS, read_line, read_object, read_record
from wildrydes.tasks import TASKS

VALUES = (6100, 9000, 210, 150, 60, 2, 425, 1200, 400, 300, 500, 60, 35)
LINE = ",".join(map(str, VALUES))
OBJECT = dict(zip((field.name for field in FIELDS), VALUES, strict=True))


def test_fields_are_the_label_and_the_features_of_the_task_in_their_order() -> None:
    task = TASKS["pick_duration"]
    assert [field.name for field in FIELDS] == [task.label, *task.features]
    assert [(field.name, field.unit) for field in FIELDS[:2]] == [("duration", "ms"), ("fc_avg", "ms")]


def test_a_line_and_an_object_are_the_same_sample() -> None:
    assert read_record(LINE).values == read_record(json.dumps(OBJECT)).values == VALUES


def test_an_object_may_have_the_centres_id_and_its_fields_in_any_order() -> None:
    record = {"sample_id": "fc1-000017", **dict(reversed(OBJECT.items()))}
    assert read_object(json.dumps(record)) == (VALUES, "fc1-000017")
    assert read_line(LINE).id is None


@pytest.mark.parametrize(
    "text", [f" {LINE} ", LINE.replace(",", ", "), f"\ufeff{LINE}\r", "\ufeff" + json.dumps(OBJECT)]
)
def test_blanks_around_numbers_and_a_byte_order_mark_are_no_part_of_it(text: str) -> None:
    assert read_record(text).values == VALUES


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_both_ends_of_a_range_are_in_it_and_what_is_beyond_is_refused(field: Any) -> None:
    for value in (field.least, field.most):
        assert value in read_object(json.dumps(OBJECT | {field.name: value})).values
    for value in (field.least - 1, field.most + 1):
        with pytest.raises(BadSample) as refusal:
            read_object(json.dumps(OBJECT | {field.name: value}))
        assert (refusal.value.reason, refusal.value.field) == ("out_of_range", field.name)


WRONG = [
    ("", "wrong_field_count", None),
    (",".join(["1"] * 12), "wrong_field_count", None),
    (",".join(["1"] * 14), "wrong_field_count", None),
    (LINE.replace("425", "425.0"), "not_an_integer", "weight"),
    (LINE.replace("425", ""), "not_an_integer", "weight"),
    (LINE.replace("425", "4 25"), "not_an_integer", "weight"),
    (LINE.replace("425", "+425"), "not_an_integer", "weight"),
    (LINE.replace("425", "4e2"), "not_an_integer", "weight"),
    (LINE.replace("425", "٤٢٥"), "not_an_integer", "weight"),
    (LINE.replace("425", "9" * 4000), "not_an_integer", "weight"),
    (LINE.replace("425", "-25"), "out_of_range", "weight"),
    ("duration,fc_avg,length,width,height,quantity,weight,a,b,c,d,e,f", "not_an_integer", "duration"),
    ("[1, 2]", "not_an_object", None),
    ('"a text"', "not_an_object", None),
    ('{"duration": 1', "not_json", None),
    ('{"duration": 1, "duration": 2}', "ambiguous_field", "duration"),
    ("[" * 40, "too_deep", None),
    (json.dumps(OBJECT | {"wind": 1}), "unknown_field", "wind"),
    (json.dumps(OBJECT | {"Weight": 1}), "ambiguous_field", "Weight"),
    (json.dumps({name: value for name, value in OBJECT.items() if name != "weight"}), "missing_field", "weight"),
    (json.dumps(OBJECT | {"weight": 425.0}), "not_an_integer", "weight"),
    (json.dumps(OBJECT | {"weight": "425"}), "not_an_integer", "weight"),
    (json.dumps(OBJECT | {"weight": True}), "not_an_integer", "weight"),
    (json.dumps(OBJECT | {"weight": None}), "not_an_integer", "weight"),
    (json.dumps(OBJECT | {"weight": float("nan")}), "not_an_integer", "weight"),
    (json.dumps(OBJECT | {"weight": 10**39}), "out_of_range", "weight"),
    (json.dumps(OBJECT | {"sample_id": ""}), "unreadable_id", "sample_id"),
    (json.dumps(OBJECT | {"sample_id": 17}), "unreadable_id", "sample_id"),
    (json.dumps(OBJECT | {"sample_id": None}), "unreadable_id", "sample_id"),
    (json.dumps(OBJECT | {"sample_id": "two words"}), "unreadable_id", "sample_id"),
    (json.dumps(OBJECT | {"sample_id": "x" * 101}), "unreadable_id", "sample_id"),
]


@pytest.mark.parametrize(("text", "reason", "field"), WRONG, ids=[f"{text[:30]}-{reason}" for text, reason, _ in WRONG])
def test_a_record_that_is_no_sample_is_refused_by_reason_and_field(text: str, reason: str, field: str | None) -> None:
    with pytest.raises(BadSample) as refusal:
        read_record(text)
    assert (refusal.value.reason, refusal.value.field) == (reason, field)
    assert len(refusal.value.detail) < 300
