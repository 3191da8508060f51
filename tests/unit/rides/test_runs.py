"""Rides that are taken in runs come out as those that are read one by one: rows, counts, rejects, faults, positions."""

import gzip
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stored_rides import unpack
from wildrydes.bucket import Source
from wildrydes.errors import BadRideFile
from wildrydes.rides.files import chunks, records, records_and_runs, records_and_runs_of_chunk, records_of_chunk
from wildrydes.rides.ingestion import Ingested, ingest
from wildrydes.rides.json_window import Run
from wildrydes.rides.plain_rides import ride_reader
from wildrydes.rides.runs import RunReader, count_records
from wildrydes.rides.stations import _nearest_by_haversine, nearest_station

SOURCE = Source("raw/rides.json", "e1", "v1", "2026-11-27T05:21:00.000Z")
RIDES = Path(__file__).parents[3] / "data" / "rides"

RIDE = {
    "Name": '"Shadowfax"',
    "StatusTime": '"2018-03-01 08:15:00.250"',
    "Latitude": "40.75",
    "Longitude": "-73.98",
    "Distance": "30.25",
    "HealthPoints": "7399",
    "MagicPoints": "3191",
}
VALUES = {
    "Name": [
        '""',
        '"a,b"',
        '"a}b"',
        '"{a"',
        '"a]"',
        '"[a"',
        '"\x7f"',
        '"a\\u0000"',
        '"\\ud83e\\udd84"',
        '"\\ud83e"',
        '"\\""',
        '"Z\\u00e9phyr"',
        '"Zéphyr"',
        '"麒麟"',
        '"\x85\u2028"',
        '"travel_data"',
        '"e-9:0.0000"',
        "7",
        "null",
        f'"{"x" * 200}"',
        f'"{"麟" * 201}"',
        '"},{"',
        '"\\\\"',
        '"a\tb"',
    ],
    "StatusTime": [
        '"2018-02-29 08:15:00.250"',
        '"2020-02-29 23:59:59.999"',
        '"1979-12-31 00:00:00.000"',
        '"2018-03-01 24:00:00.000"',
        '"2018-03-01 08:60:00.000"',
        '"2018-03-01 08:15:60.000"',
        '"2018-03-01T13:15:00Z"',
        '"2018-03-01 08:15"',
        "1519910100250",
        '"1519910100.25"',
        "null",
        '"2018-00-01 08:15:00.250"',
        '"2018-03-01 08:15:00,250"',
        '"2018-03-01 08:15:00.25"',
        '"٢018-03-01 08:15:00.250"',
        '"2018-03-01 29:15:00.250"',
        '"2100-01-01 00:00:00.000"',
        '""',
    ],
    "Latitude": [
        "90",
        "-90.0",
        "90.00000000000001",
        "0",
        "-0.0",
        "0.00001",
        '"40.75"',
        "4075e-2",
        "40.750000000000001",
        "true",
        "NaN",
    ],
    "Longitude": [
        "-180",
        "180.0",
        "-181",
        "-0",
        "1e-7",
        "73.98",
        "null",
        "-73.9800000000000039790393202565610408782958984375",
        "-Infinity",
    ],
    "Distance": [
        "0",
        "-0.0",
        "5e-324",
        "1e-5",
        "0.0001",
        "0.00012",
        "1000000000",
        "1e9",
        "1e999",
        "1000000000.0000001",
        "63.82",
    ],
    "HealthPoints": [
        "0",
        "-0",
        "-0.0",
        "0.00005",
        "-0.00005",
        "1e-400",
        "-1000000000",
        "9007199254740993",
        "1" * 30,
        "1" * 5000,
        "-12.5",
        "01",
        "1.",
        "+1",
        "1E+2",
        "-",
        "[]",
        "{}",
    ],
    "MagicPoints": ["0", "1512.5", "1512.4999999999998", "-1e-7", '"3191"', '" +3.191e3 "', "[1]", '{"a": 1}'],
    "FieldService": ["0", "1", "null", "1.0", "true", '"1"', "2", "0", "1"],
    "fieldservice": ["1"],
    "distance": ["30.25"],
    "Model": ["1", '"a_b"', "[1, [2, {}]]", '{"b": {}}', "null"],
    "travel_data": ["1", "[]"],
    "Travel\\u005fdata": ["[]"],
    "La\\u0074itude": ["40.75"],
}
FIELDS = [field for field, values in VALUES.items() for _ in values]


@st.composite
def ride_texts(draw: Any) -> str:
    """A ride, mostly with nothing wrong; some of its fields spelled otherwise, missing, or there twice."""
    fields = list(RIDE.items())
    fields[0] = "Name", f'"{draw(st.integers(0, 6))}"'
    if draw(st.booleans()):
        fields.append(("FieldService", draw(st.sampled_from(["0", "1", "null"]))))
    for _ in range(draw(st.sampled_from([0, 0, 0, 0, 1, 1, 2]))):
        name = draw(st.sampled_from(FIELDS))
        change = name, draw(st.sampled_from(VALUES[name]))
        places = [place for place, (each, _) in enumerate(fields) if each == name]
        if places and draw(st.integers(0, 4)):
            fields[places[0]] = change
        elif draw(st.integers(0, 4)):
            fields.insert(draw(st.integers(0, len(fields))), change)
        elif places:
            del fields[places[0]]
    comma, colon = draw(st.sampled_from([(", ", ": "), (",", ":"), (",\n  ", ": "), ("\r\n,\t", " :")]))
    return "{" + comma.join(f'"{name}"{colon}{value}' for name, value in fields) + "}"


odd_records = st.sampled_from(
    ["1", "[]", "{}", "null", '"a"', "{" * 40 + "}" * 40, "[" * 40 + "]" * 40, '{"a":1}', "[[1]]"]
)
betweens = st.sampled_from(["\n", "", " ", "\r\n", "\ufeff", "\x1e", "\n\n", ",", ", "])


@st.composite
def ride_files(draw: Any) -> bytes:
    """A file of any shape, seldom with something between its records that should not be there, or cut off."""
    rides = draw(st.lists(ride_texts(), min_size=1, max_size=40))
    if not draw(st.integers(0, 5)):
        rides.insert(draw(st.integers(0, len(rides))), draw(odd_records))
    shape = draw(st.sampled_from(["array", "travel_data", "bare", "bare", "both"]))
    between = (
        draw(st.sampled_from(["\n", "", "\r\n", " "]))
        if shape == "bare"
        else draw(st.sampled_from([",", ", ", "\n,\n"]))
    )
    separators = [between] * len(rides)
    if not draw(st.integers(0, 5)):
        separators[draw(st.integers(0, len(rides) - 1))] = draw(betweens)
    inside = "".join(ride + separator for ride, separator in zip(rides, separators, strict=True))
    inside = inside.removesuffix(separators[-1]) if draw(st.integers(0, 9)) else inside
    text = {
        "array": f"[{inside}]",
        "travel_data": f'{{"travel_data": [{inside}]}}',
        "bare": inside,
        "both": f"[{inside}]\n{rides[0]}\n{rides[-1]}[{rides[0]}]",
    }[shape]
    data = text.encode()
    return data if draw(st.integers(0, 9)) else data[: draw(st.integers(0, len(data)))]


def blocks(data: bytes, length: int) -> Iterable[bytes]:
    return (data[start : start + length] for start in range(0, len(data), length))


def ranges(items: Iterable[Any]) -> tuple[list[tuple[int, int]], Any]:
    """The place of each record, and how reading ended."""
    places: list[tuple[int, int]] = []
    try:
        for item in items:
            places.extend(item.ranges() if isinstance(item, Run) else [item[:2]])
    except BadRideFile as fault:
        return places, (fault.reason, fault.detail, fault.position, fault.records)
    return places, None


def unpacked(ingested: Ingested) -> Any:
    rejected = gzip.decompress(ingested.rejected) if ingested.rejected else b""
    return unpack(ingested.processed), rejected, ingested.counts, ingested.first_rejected


def ingest_runs(data: bytes, start: int, length: int, miles: float) -> Ingested:
    reader = ride_reader(miles, SOURCE.arrived_at)
    return ingest(records_and_runs_of_chunk(blocks(data, length), start, reader), SOURCE, 7, miles)


@settings(max_examples=400, deadline=None)
@given(
    ride_files(),
    st.sampled_from([1 << 20, 1000, 77]),
    st.sampled_from([1, 700, 3000, 1 << 20]),
    st.sampled_from([1500.0, 1e9]),
)
def test_runs_are_what_single_records_are(data: bytes, length: int, chunk_bytes: int, miles: float) -> None:
    singly = ranges(records(blocks(data, length)))
    assert ranges(records_and_runs(blocks(data, length), RunReader(count_records))) == singly
    if singly[1]:
        return
    pieces = list(chunks(records([data]), chunk_bytes))
    assert list(chunks(records_and_runs(blocks(data, length), RunReader(count_records)), chunk_bytes)) == pieces
    for start, end, _ in pieces:
        expected = ingest(records_of_chunk([data[start:end]], start), SOURCE, 7, miles)
        assert unpacked(ingest_runs(data[start:end], start, length, miles)) == unpacked(expected)


def text_of(fields: Iterable[tuple[str, str]]) -> str:
    return "{" + ", ".join(f'"{name}": {value}' for name, value in fields) + "}"


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in VALUES.items() for value in values])
@pytest.mark.parametrize("extra", [False, True])
@pytest.mark.parametrize("miles", [1500.0, 1e9])
def test_a_run_ends_at_what_is_not_plain(field: str, value: str, extra: bool, miles: float) -> None:
    """Each value in the place of a field, and beside it, between rides with nothing wrong."""
    fields = list(RIDE.items())
    fields = [*(each for each in fields if extra or each[0] != field), (field, value)]
    rides = [text_of([("Name", f'"{number}"'), *list(RIDE.items())[1:]]) for number in range(40)]
    data = "\n".join([*rides[:20], text_of(fields), *rides[20:]]).encode()
    single, single_fault = ranges(records([data]))
    assert ranges(records_and_runs([data], RunReader(count_records))) == (single, single_fault)
    if not single_fault:
        expected = ingest(records_of_chunk([data], 0), SOURCE, 7, miles)
        assert unpacked(ingest_runs(data, 0, 1 << 20, miles)) == unpacked(expected)


@pytest.mark.parametrize("shape", ["array", "travel_data", "lines", "bare"])
def test_all_but_a_few_rides_of_a_file_come_in_runs(shape: str) -> None:
    data = (RIDES / f"2018-2019.{shape}.json").read_bytes()
    reader = ride_reader(1500.0, SOURCE.arrived_at)
    items = (
        list(records_and_runs_of_chunk([data], 0, reader))
        if shape in ("lines", "bare")
        else list(records_and_runs([data], reader))
    )
    in_runs = sum(item.records for item in items if isinstance(item, Run))
    planned = list(records_and_runs([data], RunReader(count_records)))
    number = len(ranges(records([data]))[0])
    assert sum(item.records if isinstance(item, Run) else 1 for item in items) == number
    assert in_runs > 0.5 * number
    assert sum(item.records for item in planned if isinstance(item, Run)) > 0.9 * number


@pytest.mark.parametrize("name", ["fan_out_rides", "locate_station", "store_rides", "check_ingestion", "predict"])
def test_who_reads_no_chunk_imports_neither_msgspec_nor_isal(name: str) -> None:
    program = f"import sys; import {name}.app; sys.exit(bool({{'msgspec', 'isal'}} & set(sys.modules)))"
    functions = Path(__file__).parents[3] / "functions"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=functions)


def test_a_ride_that_comes_again_in_a_run_is_written_as_one_that_is_read_by_itself() -> None:
    first, second = dict(RIDE), RIDE | {"Name": '"Bucephalus"'}
    later = [
        first | {"FieldService": "1"},
        first | {"FieldService": "0"},
        first | {"FieldService": "null"},
        second,
        first,
    ]
    data = "\n".join(text_of(ride.items()) for ride in [first, second, *later]).encode()
    ingested = ingest_runs(data, 0, 1 << 20, 1500.0)
    assert unpacked(ingested) == unpacked(ingest(records_of_chunk([data], 0), SOURCE, 7))
    assert [json.loads(line)["service_requested"] for line in unpack(ingested.processed).splitlines()] == [
        None, None, 1, 0
    ]  # fmt: skip
    assert (ingested.counts.read, ingested.counts.accepted, ingested.counts.repeated) == (7, 4, 3)


@example(40.7969, -73.9330)
@example(0.0, 0.0)
@example(-90.0, 180.0)
@given(st.floats(40.2, 41.2), st.floats(-74.5, -73.0))
def test_what_is_known_of_a_cell_is_what_is_calculated(latitude: float, longitude: float) -> None:
    nearest, calculate = nearest_station(1e9), _nearest_by_haversine(1e9)
    assert [nearest(latitude, longitude) for _ in range(2)] == [calculate(latitude, longitude)] * 2


def test_records_before_an_escape_are_a_run() -> None:
    reader, plain = RunReader(count_records), '{"a":1}\n' * 3
    taken = reader.read(plain + '{"a":"\\""}\n{"a":2}\n', 0, in_list=False)
    assert taken is not None
    assert (taken.end, taken.records) == (len(plain) - 1, 3)


def test_a_reader_looks_less_far_where_each_record_has_an_escape_and_farther_where_records_are_long() -> None:
    """Whoever writes a mark of quotation into each name pays for a look at a few records, not at all that follow."""
    reader, escaped = RunReader(count_records), '{"a":"\\""}\n'
    for number in range(4):
        assert reader.read(escaped * 5_000, number * len(escaped), in_list=False) is None
    assert reader._reach == 512
    long = json.dumps({"a": "b" * 3_000})
    outcomes = [reader.read(long, 0, in_list=False) is not None for _ in range(3)]
    assert outcomes == [False, False, True]
