import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wildrydes.errors import BadRide
from wildrydes.rides.ride import FIELDS, Ride, canonical, excerpt, parse, processed_line, ride_id

RECORD: dict[str, Any] = {
    "Distance": 30.25,
    "HealthPoints": 7399,
    "Latitude": 40.75,
    "Longitude": -73.5,
    "MagicPoints": 3191,
    "Name": "Shadowfax",
    "StatusTime": "2015-12-31 08:23:02.000",
}
RIDE = Ride("Shadowfax", "2015-12-31 08:23:02.000", 40.75, -73.5, 30.25, 7399.0, 3191.0, None)


def id_of(record: Any) -> str:
    return ride_id(canonical(parse(record)))


def test_a_record_of_the_workshop_is_a_ride() -> None:
    assert parse(RECORD) == RIDE
    assert parse(RECORD | {"FieldService": 1}).service_requested == 1
    assert parse(RECORD | {"FieldService": None}).service_requested is None


def test_a_processed_line_is_one_json_object_with_the_fields_in_order() -> None:
    line = processed_line(RIDE, canonical(RIDE), "ab" * 16, "USW00094728", "2024-07-09T10:00:00.000Z", 70)
    assert line.endswith("}\n") and line.count("\n") == 1
    assert list(json.loads(line).items()) == [
        ("ride_id", "ab" * 16),
        ("name", "Shadowfax"),
        ("statustime", "2015-12-31 08:23:02.000"),
        ("latitude", 40.75),
        ("longitude", -73.5),
        ("distance", 30.25),
        ("healthpoints", 7399.0),
        ("magicpoints", 3191.0),
        ("service_requested", None),
        ("groundstation", "USW00094728"),
        ("heavy_utilization", 1),
        ("arrived_at", "2024-07-09T10:00:00.000Z"),
        ("arrival_position", 70),
    ]
    with_service = RIDE._replace(service_requested=0)
    line = processed_line(with_service, canonical(with_service), "ab" * 16, "USW00094728", None, 0)
    assert (json.loads(line)["service_requested"], json.loads(line)["arrived_at"]) == (0, None)


def test_the_id_of_a_ride_is_the_one_it_always_had() -> None:
    assert id_of(RECORD) == "6401f88cf0fe25ef570e6b9dd81918d5"
    assert id_of(RECORD | {"FieldService": 0}) == id_of(RECORD | {"FieldService": 1}) == id_of(RECORD)


spellings = st.sampled_from([str, str.lower, str.upper])


@given(st.permutations(sorted(RECORD)), spellings, st.booleans(), st.dictionaries(st.just("Extra"), st.integers()))
def test_the_id_does_not_depend_on_order_case_spelling_of_numbers_or_other_fields(
    order: list[str], spelled: Any, as_text: bool, extra: dict[str, Any]
) -> None:
    def number_as_text(number: float) -> str:
        return f" +{number!r} " if number >= 0 else f"{number:.6f}"

    record = {
        spelled(field): number_as_text(RECORD[field])
        if as_text and not isinstance(RECORD[field], str)
        else RECORD[field]
        for field in order
    }
    assert id_of(record | extra) == id_of(RECORD)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Distance": 30}, {"Distance": 30.0}),
        ({"Latitude": 0}, {"Latitude": -0.0}),
        ({"HealthPoints": "7.399e3"}, {}),
        ({"StatusTime": "2015-12-31T08:23:02"}, {}),
        ({"StatusTime": "2015-12-31 08:23:02.0004"}, {}),
        ({"FieldService": "1"}, {"FieldService": 1.0}),
        ({"FieldService": None}, {}),
    ],
)
def test_two_spellings_of_one_ride_have_one_id(one: Any, other: Any) -> None:
    assert id_of(RECORD | one) == id_of(RECORD | other)


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"MagicPoints": float("nan")}, "not_finite", "MagicPoints"),
        ({"MagicPoints": float("-inf")}, "not_finite", "MagicPoints"),
        ({"Distance": True}, "not_a_number", "Distance"),
        ({"Distance": "far"}, "not_a_number", "Distance"),
        ({"Distance": "1_000"}, "not_a_number", "Distance"),
        ({"Distance": "nan"}, "not_a_number", "Distance"),
        ({"Distance": "1e999"}, "not_finite", "Distance"),
        ({"Distance": "٣"}, "not_a_number", "Distance"),
        ({"Distance": ""}, "not_a_number", "Distance"),
        ({"Distance": [1]}, "not_a_number", "Distance"),
        ({"Distance": None}, "missing_field", "Distance"),
        ({"Distance": -0.5}, "out_of_range", "Distance"),
        ({"Distance": 0}, "out_of_range", "Distance"),
        ({"Distance": -0.0}, "out_of_range", "Distance"),
        ({"Distance": "0.0"}, "out_of_range", "Distance"),
        ({"Distance": "1e-999"}, "out_of_range", "Distance"),
        ({"Distance": 1.1e9}, "out_of_range", "Distance"),
        ({"Distance": 10**400}, "out_of_range", "Distance"),
        ({"HealthPoints": -(10**10)}, "out_of_range", "HealthPoints"),
        ({"Latitude": 123}, "out_of_range", "Latitude"),
        ({"Latitude": -90.001}, "out_of_range", "Latitude"),
        ({"Longitude": 180.001}, "out_of_range", "Longitude"),
        ({"StatusTime": "yesterday"}, "unreadable_time", "StatusTime"),
        ({"StatusTime": "2019-02-30 10:00:00"}, "unreadable_time", "StatusTime"),
        ({"StatusTime": "2019-02-03"}, "unreadable_time", "StatusTime"),
        ({"StatusTime": "2019-W26-2 09:43:42.426"}, "unreadable_time", "StatusTime"),
        ({"StatusTime": "2019-02-03 24:00:00"}, "unreadable_time", "StatusTime"),
        ({"StatusTime": 10**5000}, "unreadable_time", "StatusTime"),
        ({"StatusTime": None}, "missing_field", "StatusTime"),
        ({"Name": 7}, "unreadable_name", "Name"),
        ({"Name": ""}, "unreadable_name", "Name"),
        ({"Name": "a\nb"}, "unreadable_name", "Name"),
        ({"Name": "\ud83e"}, "unreadable_name", "Name"),
        ({"Name": "x" * 201}, "unreadable_name", "Name"),
        ({"Name": None}, "missing_field", "Name"),
        ({"FieldService": 2}, "out_of_range", "FieldService"),
        ({"FieldService": False}, "not_a_number", "FieldService"),
    ],
)
def test_a_bad_field_is_named_with_its_reason(change: Any, reason: str, field: str) -> None:
    with pytest.raises(BadRide) as raised:
        parse(RECORD | change)
    assert (raised.value.reason, raised.value.field) == (reason, field)
    assert f"{field} is " in raised.value.detail
    assert "; expected " in raised.value.detail


@pytest.mark.parametrize("field", FIELDS)
def test_each_of_the_seven_fields_is_needed(field: str) -> None:
    with pytest.raises(BadRide) as raised:
        parse({name: value for name, value in RECORD.items() if name != field} | {"FieldService": 1})
    assert (raised.value.reason, raised.value.field) == ("missing_field", field)


@pytest.mark.parametrize("record", [None, 1, 1.5, True, "ride", [RECORD]])
def test_what_is_no_object_is_no_ride(record: Any) -> None:
    with pytest.raises(BadRide) as raised:
        parse(record)
    assert (raised.value.reason, raised.value.field) == ("not_an_object", None)
    expected = "; expected an object with the fields Name, StatusTime, "
    assert raised.value.detail.startswith(f"the record is {excerpt(record)}{expected}")


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"Distance": 0}, "Distance is 0; expected a number of miles above 0, 1,000,000,000 at most"),
        ({"Latitude": "95"}, "Latitude is '95'; expected a number of degrees from -90 to 90"),
        (
            {"Longitude": [1, {"a": None}]},
            'Longitude is [1, {"a": null}]; expected a number of degrees from -180 to 180',
        ),
        ({"HealthPoints": float("nan")}, "HealthPoints is NaN; expected a number from -1,000,000,000 to 1,000,000,000"),
        ({"FieldService": True}, "FieldService is true; expected 0, 1, null or no such field"),
        ({"Name": "x" * 201}, f"Name is '{'x' * 40}…', 201 characters long; expected a text of 1 to 200 characters, "),
        ({"Name": "a\nb"}, "Name is 'a\\nb'; expected a text of 1 to 200 characters, without control characters"),
        (
            {"StatusTime": None},
            "StatusTime is null; expected a time of 1980 to 2099: YYYY-MM-DD HH:MM:SS.mmm, ISO 8601, ",
        ),
        ({"StatusTime": 10**5000}, "StatusTime is an integer of thousands of digits; expected a time of 1980 to 2099"),
    ],
)
def test_a_message_names_the_value_as_it_was_sent_and_what_was_expected(change: Any, detail: str) -> None:
    for record in (RECORD | change, {name.lower(): value for name, value in (RECORD | change).items()}):
        with pytest.raises(BadRide) as raised:
            parse(record)
        assert raised.value.detail.startswith(detail)


def test_a_field_under_two_spellings_is_named_with_both() -> None:
    with pytest.raises(BadRide) as raised:
        parse(RECORD | {"Extra": 1, "extra": 2, "dIstance": 1})
    assert (raised.value.reason, raised.value.field) == ("ambiguous_field", "dIstance")
    assert raised.value.detail == ("dIstance is there more than once, in different cases: 30.25 and 1; one is expected")


def test_no_more_of_a_long_value_is_encoded_than_is_shown() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    assert excerpt(deep) == f"{'[' * 40}"
    assert excerpt([1] * 1_000_000).startswith("[1, 1, 1, ")
    assert len(excerpt([1] * 1_000_000)) == 41


def test_the_edges_of_the_ranges_belong_to_them() -> None:
    ride = parse(RECORD | {"Latitude": -90, "Longitude": 180, "Distance": 5e-324})
    assert ride[2:5] == (-90.0, 180.0, 5e-324)
    assert parse(RECORD | {"Distance": 1e9}).distance == 1e9


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from([*FIELDS, "FieldService", "name", "DISTANCE"]), json_values))
def test_any_record_is_a_ride_or_a_bad_ride_and_a_ride_makes_a_line_of_json(changes: dict[str, Any]) -> None:
    try:
        ride = parse(RECORD | changes)
    except BadRide as bad:
        assert bad.reason and bad.detail
        return
    line = processed_line(ride, canonical(ride), "0" * 32, "USW00094728", None, 0)
    assert json.loads(line.encode())["name"] == ride.name
