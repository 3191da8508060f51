"""docs/ride.schema.json and docs/rides.md say of a record what the parser says."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wildrydes.bucket import Source
from wildrydes.errors import BadRide
from wildrydes.rides.files import records
from wildrydes.rides.ingestion import ingest
from wildrydes.rides.messages import Rejected, locate
from wildrydes.rides.ride import EXPECTED, FIELDS, parse
from wildrydes.rides.times import EPOCH_SECONDS, local_time

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "rides.md").read_text(encoding="utf-8")
SCHEMA = json.loads((DOCS / "ride.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
RIDE: dict[str, Any] = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0])

first, last = EPOCH_SECONDS
numbers = st.one_of(
    st.integers(-200, 200),
    st.floats(-200, 200),
    st.sampled_from([0, -0.0, 5e-324, 90, 90.000001, -180, 180, 1e9, -1e9, 1000000001, 10**30]),
)
# Of a number in a text the schema knows no range: those here are in that of every field.
decimals = st.sampled_from(["30.25", " +3.025e1 ", ".5", "7.", "1e-3", "one", "", "1_0", "0x1", "NaN", "٣", "1,5"])
flags = st.sampled_from([0, 1, 0.0, 1.0, 2, -1, None, True, False, "1", "yes", [], 0.5])
names = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(["x" * 200, "x" * 201, "麒" * 200, "a\tb", "\x7f", 7, None, [], True]),
)
clocks = st.from_regex(r"[01][0-9]:[0-5][0-9](:[0-5][0-9]([.,][0-9]{1,10})?)?", fullmatch=True)
dates = st.from_regex(r"(19[78]|20[0-9]|21[0-1])[0-9]-(0[0-9]|1[0-3])-([0-2][0-8])", fullmatch=True)
zones = st.sampled_from(["", "Z", "z", " Z", "+01:00", "-0500", " +09", "+15:00", "+1", "UTC", "+01:60", "  Z"])
texts_of_time = st.builds("{}{}{}{}".format, dates, st.sampled_from([" ", "T", "t", "", "_"]), clocks, zones)
edges = [number + step for number in (first, last + 1) for step in (-1, 0, 1)]
times = st.one_of(
    texts_of_time,
    st.sampled_from([*edges, *(edge * 1000 for edge in edges), 0, -1, 1e300, True, None, [], {}, 1519892100.25]),
    st.integers(first, last).map(str),
    st.integers(first * 1000, last * 1000).map(lambda number: f"{number}.5"),
)
values = {"Name": names, "StatusTime": times, "FieldService": flags}
changes = st.one_of(
    *(st.fixed_dictionaries({field: values.get(field, numbers | decimals | flags)}) for field in EXPECTED),
    st.fixed_dictionaries({}, optional={"distance": numbers, "NAME": names, "Extra": numbers, "fieldservice": flags}),
)


def is_ride(record: Any) -> bool:
    try:
        parse(record)
    except BadRide:
        return False
    return True


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert list(SCHEMA["properties"]) == list(EXPECTED)
    assert SCHEMA["required"] == list(FIELDS)


@given(changes, st.sets(st.sampled_from(list(EXPECTED)), max_size=1))
def test_schema_and_parser_accept_the_same_records(change: dict[str, Any], absent: set[str]) -> None:
    # A field that is there in another case alone is one to the parser, and none to the schema.
    absent -= {field for field in EXPECTED if field.lower() in {name.lower() for name in change}}
    record = {field: value for field, value in (RIDE | change).items() if field not in absent}
    assert VALIDATOR.is_valid(record) == is_ride(record)


@given(texts_of_time)
def test_schema_and_parser_accept_the_same_times(time: str) -> None:
    try:
        local_time(time)
    except BadRide:
        assert not VALIDATOR.is_valid(RIDE | {"StatusTime": time})
    else:
        assert VALIDATOR.is_valid(RIDE | {"StatusTime": time})


@pytest.mark.parametrize("record", [None, 7, "ride", [], [RIDE], True])
def test_what_is_no_object_is_no_ride_to_the_schema_either(record: Any) -> None:
    assert not VALIDATOR.is_valid(record)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"StatusTime": "2019-02-30 10:00:00"}, "unreadable_time"),
        ({"StatusTime": "315550799"}, "unreadable_time"),
        ({"Latitude": "95"}, "out_of_range"),
        ({"Distance": "0"}, "out_of_range"),
        ({"FieldService": "2"}, "out_of_range"),
        ({"HealthPoints": "1e999"}, "not_finite"),
        ({"Name": "\ud83e"}, "unreadable_name"),
    ],
)
def test_what_the_schema_cannot_say_is_said_by_the_parser(change: dict[str, Any], reason: str) -> None:
    assert VALIDATOR.is_valid(RIDE | change)
    with pytest.raises(BadRide) as raised:
        parse(RIDE | change)
    assert raised.value.reason == reason


def test_the_parser_takes_names_in_any_case_beyond_the_schema() -> None:
    lower = {name.lower(): value for name, value in RIDE.items()}
    assert parse(lower) == parse(RIDE)
    assert not VALIDATOR.is_valid(lower)


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading of the page."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")][1:]


EXAMPLES = rows("When a ride is rejected")


@pytest.mark.parametrize(("reason", "example", "message"), EXAMPLES, ids=[row[0] for row in EXAMPLES])
def test_each_reason_of_the_page_has_an_example_with_its_message(reason: str, example: str, message: str) -> None:
    """In a file as in a message."""
    value = json.loads(example.strip("`"))
    text = json.dumps(RIDE | value if isinstance(value, dict) else value)
    expected = (reason.strip("`"), message)
    ingested = ingest(records([f"[{text}]".encode()]), Source("raw/rides.json", "0123"))
    assert [(code, first["detail"]) for code, first in ingested.first_rejected.items()] == [expected]
    rejected = locate(text, {}, sent_at=0)
    assert isinstance(rejected, Rejected)
    assert (rejected.reason, json.loads(rejected.line)["detail"]) == expected


def test_the_page_has_every_reason_of_the_parser() -> None:
    folder = Path(parse.__code__.co_filename).parent
    code = "".join((folder / name).read_text(encoding="utf-8") for name in ("ride.py", "times.py", "stations.py"))
    code += (folder.parent / "measures.py").read_text(encoding="utf-8")
    reasons = set(re.findall(r"BadRide\(\s*\"(\w+)\"", code)) | {"missing_field", "unreadable_name", "ambiguous_field"}
    assert {row[0].strip("`") for row in EXAMPLES} == reasons


@pytest.mark.parametrize("row", rows("Times"), ids=lambda row: row[0])
def test_times_of_the_page_are_taken(row: list[str]) -> None:
    for example in re.findall("`([^`]+)`", row[1]):
        assert local_time(json.loads(example)).startswith("2018-03-01 08:15:00")
