import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wildrydes.errors import BadRide, BadRideFile, Position
from wildrydes.rides import json_window
from wildrydes.rides.files import chunks, records, records_of_chunk
from wildrydes.rides.formats import FORMATS
from wildrydes.rides.ride import parse

texts = st.text(st.characters(codec="utf-8"), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(texts.filter(lambda name: name.lower() != "travel_data"), values, max_size=4).filter(
    # Rows of values and many objects in one record may be rides, and are refused as a shape of their own.
    lambda record: "[[" not in json.dumps(record).replace(" ", "") and json.dumps(record).count("{") < 10
)
FOREIGN = {each.reason for each in FORMATS} | {"csv", "xml", "corrupt_gzip", "truncated_gzip"}
spaces = st.text(" \t\r\n", max_size=5)


def cut_blocks(data: bytes, lengths: list[int]) -> Iterator[bytes]:
    """The data in blocks of these lengths, over and over."""
    at, turn = 0, 0
    while at < len(data):
        length = lengths[turn % len(lengths)]
        yield data[at : at + length]
        at, turn = at + length, turn + 1


def shaped(shape: str, values: list[Any], space: str, ascii_only: bool, indent: int | None) -> bytes:
    def dumps(value: Any) -> str:
        return json.dumps(value, ensure_ascii=ascii_only, indent=indent)

    items = [dumps(item) for item in values]
    text = {
        "array": f"{space}[{space}{f'{space},{space}'.join(items)}{space}]{space}",
        "travel_data": f'{space}{{{space}"travel_data"{space}:{space}[{", ".join(items)}{space}]{space}}}{space}',
        "bare": space + space.join(items) + space,
        "lines": "".join(json.dumps(item, ensure_ascii=ascii_only) + "\n" for item in values),
        "sequence": "".join(f"\x1e{item}\n" for item in items),
    }[shape]
    return text.encode()


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, list[Any]]:
    """A file of one shape, or of two put together, with byte order marks or without, and the values in it."""
    data, values = b"", []
    for _ in range(draw(st.integers(1, 2))):
        shape = draw(st.sampled_from(["array", "travel_data", "bare", "lines", "sequence"]))
        part = draw(st.lists(objects, min_size=1, max_size=6))
        text = shaped(shape, part, draw(spaces), draw(st.booleans()), draw(st.sampled_from([None, 0, 2])))
        data += (b"\xef\xbb\xbf" if draw(st.booleans()) else b"") + text
        values += part
    return data, values


blocks = st.lists(st.integers(1, 40), min_size=1, max_size=4)


@given(files(), blocks)
def test_every_record_of_every_shape_comes_back_with_its_bytes(file: tuple[bytes, list[Any]], lengths: Any) -> None:
    data, values = file
    result = list(records(cut_blocks(data, lengths)))
    assert [value for _, _, value, _ in result] == values
    assert [data[start:end].decode() for start, end, _, _ in result] == [text for _, _, _, text in result]
    assert [json.loads(text) for _, _, _, text in result] == values


@given(files(), blocks, st.integers(1, 200))
def test_chunks_hold_every_record_once_and_can_be_read_alone(
    file: tuple[bytes, list[Any]], lengths: Any, chunk_bytes: int
) -> None:
    data, values = file
    whole = list(records([data]))
    ranges = [(start, end) for start, end, _ in chunks(whole, chunk_bytes)]
    result = [
        record for start, end in ranges for record in records_of_chunk(cut_blocks(data[start:end], lengths), start)
    ]
    assert result == whole
    assert all(end - start >= chunk_bytes for start, end in ranges[:-1])
    assert [value for _, _, value, _ in result] == values


@pytest.mark.parametrize("between", ["", "\n", " \ufeff"])
@pytest.mark.parametrize(
    "parts", [('{"travel_data": [{"a": 1}, {"a": 2}]}',) * 2, ('[{"a": 1}]', '{"travel_data": []}', "{}")]
)
@pytest.mark.parametrize("chunk_bytes", [1, 20, 1000])
def test_chunks_of_files_put_together_can_be_read_alone(between: str, parts: tuple[str, ...], chunk_bytes: int) -> None:
    data = between.join(parts).encode()
    whole = list(records([data]))
    ranges = [(start, end) for start, end, _ in chunks(whole, chunk_bytes)]
    assert [record for start, end in ranges for record in records_of_chunk([data[start:end]], start)] == whole


def outcome(pieces: Any) -> Any:
    """The values read, and how reading ended."""
    result = []
    try:
        for start, end, value, _ in records(pieces):
            result.append((start, end, repr(value)))
    except BadRideFile as fault:
        return result, fault.reason, fault.position, fault.records
    return result, "", None, len(result)


@given(files(), blocks, st.data())
def test_a_damaged_file_fails_at_the_same_place_however_it_is_cut_into_blocks(
    file: tuple[bytes, list[Any]], lengths: Any, data: Any
) -> None:
    damaged = bytearray(file[0])
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(damaged)))
        damaged[at : at + data.draw(st.integers(0, 4))] = data.draw(
            st.binary(max_size=3) | st.sampled_from([b"}", b","])
        )
    assert outcome(cut_blocks(bytes(damaged), lengths)) == outcome([bytes(damaged)])


@given(files(), blocks, st.data())
def test_a_file_cut_off_is_named_truncated_at_its_end(file: tuple[bytes, list[Any]], lengths: Any, data: Any) -> None:
    whole = file[0].strip(b" \t\r\n\x1e")
    start = whole.index(b"{") + 1
    beginning = whole[: data.draw(st.integers(min(start, len(whole) - 1), len(whole) - 1))]
    result, reason, position, count = outcome(cut_blocks(beginning, lengths))
    assert count == len(result)
    if reason == "truncated_file":
        assert position.byte == len(beginning)
    else:
        # Cut within a character, or exactly between two bare records.
        assert reason == "not_utf8" or (reason == "" and whole.startswith((b"{", b"\xef\xbb\xbf")))


@given(st.binary(max_size=80), blocks)
def test_any_bytes_are_read_or_refused_as_a_bad_ride_file(data: bytes, lengths: Any) -> None:
    _, reason, position, _ = outcome(cut_blocks(data, lengths))
    assert (
        reason
        in {"", "empty_file", "not_json", "truncated_file", "not_utf8", "record_too_large", "too_deep", "unknown_shape"}
        | FOREIGN
    )
    assert position is None or 0 <= position.byte <= len(data)


@pytest.mark.parametrize(
    ("data", "reason", "position"),
    [
        (b"", "empty_file", Position(0, 1, 1)),
        (b" \n\t", "empty_file", Position(3, 2, 2)),
        (b"\xef\xbb\xbf", "empty_file", Position(3, 1, 1)),
        (b"distance points\n", "not_json", Position(0, 1, 1)),
        (b"distance;points\n", "csv", Position(0, 1, 1)),
        (b'[{"a": 1},\n {"a" 2}]', "not_json", Position(17, 2, 7)),
        (b'[{"a": 1},\n]', "not_json", Position(11, 2, 1)),
        (b'[{"a": 1} {"a": 2}]', "not_json", Position(10, 1, 11)),
        (b'[{"a": 1}]]', "not_json", Position(10, 1, 11)),
        ('["é", x]'.encode(), "not_json", Position(7, 1, 7)),
        (b'[{"a": 1},\n{"a"', "truncated_file", Position(15, 2, 5)),
        (b'[{"a": 1}', "truncated_file", Position(9, 1, 10)),
        (b'{"travel_data": [{"a": 1}]', "truncated_file", Position(26, 1, 27)),
        (b'{"travel_data": [{"a": 1}], "b": 1}', "not_json", Position(26, 1, 27)),
        (b'{"b": 1, "travel_data": [{"a": 1}]}', "not_json", Position(0, 1, 1)),
        (b'{"a": 1}\n{"a": "\xff"}', "not_utf8", Position(16, 2, 8)),
        (b'{"a": 1}\n\xc3', "not_utf8", Position(9, 2, 1)),
        (b'{"a": "\n"}', "not_json", Position(7, 1, 8)),
        ("{}".encode("utf-16"), "utf_16", Position(0, 1, 1)),
        (b"[" * 100_000, "too_deep", Position(1, 1, 2)),
    ],
)
def test_a_fault_is_named_with_its_byte_line_and_column(data: bytes, reason: str, position: Position) -> None:
    with pytest.raises(BadRideFile) as raised:
        list(records([data]))
    assert (raised.value.reason, raised.value.position) == (reason, position)


RIDE = '{"Distance": 18.0, "Name": "B"}'
BOM = "\ufeff"


@pytest.mark.parametrize(
    "text",
    [
        f"{BOM}{RIDE}\n{BOM}{RIDE}\n",
        f"{BOM}[{RIDE}]{BOM}[{RIDE}]",
        f"[{BOM}{RIDE},\r\n{BOM}{RIDE}]",
        f'{BOM}{{"travel_data": [{RIDE}]}}\n{BOM}{RIDE}',
        f"{BOM}{BOM}{RIDE}{RIDE}{BOM}",
        f"\x1e{RIDE}\n\x1e{RIDE}\n",
        f"\x1e\x1e{RIDE}\x1e{RIDE}",
        f"{BOM}\x1e{RIDE}\n\x1e[{RIDE}]\n",
    ],
)
@pytest.mark.parametrize("length", [1, 3, 1000])
def test_marks_are_skipped_wherever_a_record_may_start(text: str, length: int) -> None:
    data = text.encode()
    whole = list(records(cut_blocks(data, [length])))
    assert [value for _, _, value, _ in whole] == [json.loads(RIDE)] * 2
    assert [data[start:end].decode() for start, end, _, _ in whole] == [RIDE] * 2
    (whole_range,) = chunks(whole, 1 << 20)
    start, end, _ = whole_range
    assert list(records_of_chunk(cut_blocks(data[start:end], [length]), start)) == whole


def test_a_mark_within_a_record_is_no_white_space() -> None:
    for text in (f'{{"a": {BOM}1}}', '{"a":\x1e 1}', f'{{"travel_data"{BOM}: []}}'):
        assert outcome([text.encode()])[1] == "not_json"
    assert outcome([f'{{"a": "{BOM}"}}'.encode()])[0] == [(0, 12, repr({"a": BOM}))]


NESTED = '{"Distance": 18.0, "more": ' + "[" * 40 + "]" * 40 + "}"


@pytest.mark.parametrize(
    ("bad", "reason", "field"),
    [
        ('{"Distance": 1, "Distance": 18.0}', "ambiguous_field", "Distance"),
        ('{"Distance":1,"Name":"B","distance":1}', "ambiguous_field", "distance"),
        ('{"Distance": 1, "more": {"a": 1, "A": 2}}', "ambiguous_field", "A"),
        ('{"Distance": 1, "more": [{"a": 1}, {"a": 1, "a": 1}]}', "ambiguous_field", "a"),
        ('{"Distance": 1, "\\u0044istance": 2}', "ambiguous_field", "Distance"),
        ('{"Name": "a, b", "Name": "{"}', "ambiguous_field", "Name"),
        (NESTED, "too_deep", None),
        (NESTED.replace("[]", "[oops]"), "too_deep", None),
        (NESTED.replace("[" * 40 + "]" * 40, "[" * 5000 + "]" * 5000), "too_deep", None),
    ],
)
@pytest.mark.parametrize("shape", ["[{},{},{}]", '{{"travel_data": [{}, {}, {}]}}', "{}\n{}\n{}", "{}{}{}"])
@pytest.mark.parametrize("length", [1 << 16, 100])
def test_a_record_with_a_key_twice_or_too_deep_is_bad_by_itself(
    shape: str, bad: str, reason: str, field: str | None, length: int
) -> None:
    data = shape.format(RIDE, bad, RIDE).encode()
    first, second, third = records(cut_blocks(data, [length]))
    assert first[2] == third[2] == json.loads(RIDE)
    assert isinstance(second[2], BadRide)
    assert (second[2].reason, second[2].field, second[3]) == (reason, field, bad)
    with pytest.raises(BadRide, match=reason):
        parse(second[2])


@pytest.mark.parametrize(
    "data",
    [
        b'{"travel_data": [{"a": 1}], "travel_data": [{"a": 2}]}',
        b'{"travel_data": [{"a": 1}] , "Travel_Data": []}',
        b'{"travel_data": 1, "travel_data": []}',
        b'{"b": 1, "travel_data": [], "Travel_data": []}',
        b'{"a": 1}\n{"travel_data": [],\n"travel_data": []}',
    ],
)
def test_a_file_whose_list_is_there_twice_is_refused(data: bytes) -> None:
    for length in (1, 100):
        values, reason, _, count = outcome(cut_blocks(data, [length]))
        assert (reason, count) == ("ambiguous_field", len(values))
        assert len(values) <= 1


def test_an_object_around_a_list_in_another_case_that_is_not_alone_is_no_ride() -> None:
    assert outcome([b'{"b": 1, "Travel_Data": [{"a": 1}]}'])[1:3] == ("not_json", Position(0, 1, 1))


@pytest.mark.parametrize("frames", [400, 6000])
def test_how_deep_the_interpreter_goes_changes_nothing(frames: int) -> None:
    deep = [f"[{RIDE},{'[' * levels}1{']' * levels},{RIDE}]".encode() for levels in (31, 32, 33, 300, 900, 3000)]
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(frames)
    try:
        results = [list(records([data])) for data in deep]
    finally:
        sys.setrecursionlimit(limit)
    assert [len(each) for each in results] == [3] * 6
    assert [isinstance(each[1][2], BadRide) for each in results] == [False, False, True, True, True, True]


def test_the_records_before_a_fault_are_counted() -> None:
    with pytest.raises(BadRideFile) as raised:
        list(records([b"[{}, {}, {}, oops]"]))
    assert raised.value.records == 3


@pytest.mark.parametrize("length", [1, 7, 4096])
def test_one_record_larger_than_the_limit_is_refused_where_it_starts(
    monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    monkeypatch.setattr(json_window, "LARGEST_VALUE", 1000)
    small, large = json.dumps({"a": "x" * 900}), json.dumps({"a": "x" * 1000})
    for data in (f"[{small},{large}]".encode(), f"[{small},{large[:1100]}".encode()):
        with pytest.raises(BadRideFile) as raised:
            list(records(cut_blocks(data, [length])))
        assert (raised.value.reason, raised.value.position.byte) == ("record_too_large", len(small) + 2)


def test_a_value_without_an_end_is_given_up_before_the_stream_ends() -> None:
    blocks_read = 0

    def endless() -> Iterator[bytes]:
        nonlocal blocks_read
        yield b'[{"a": "'
        while True:
            blocks_read += 1
            yield b"x" * 65536

    with pytest.raises(BadRideFile, match="record_too_large"):
        list(records(endless()))
    assert blocks_read <= 64


def test_integers_of_any_length_are_read_and_do_not_end_the_file() -> None:
    integers = [value for _, _, value, _ in records([b'[{"a": 1}, {"a": ' + b"7" * 5000 + b'}, {"a": 2}]'])]
    assert integers == [{"a": 1}, {"a": float("inf")}, {"a": 2}]


def test_nan_and_infinity_are_values_for_the_ride_parser_to_refuse() -> None:
    (first, second) = (value for _, _, value, _ in records([b'{"a": NaN} {"a": -Infinity}']))
    assert first["a"] != first["a"]
    assert second["a"] == float("-inf")


def test_a_file_without_records_has_no_chunk() -> None:
    assert list(chunks(records([b"[ ]"]), 10)) == []
    assert list(chunks(records([b'{"Travel_Data": []}']), 10)) == []


@pytest.mark.parametrize(("name", "count"), [("array", 7755), ("travel_data", 10417)])
def test_the_workshops_files_are_read_whole(name: str, count: int) -> None:
    path = Path(__file__).parents[4] / "shared" / "data" / "rides" / f"ride_data.{name}.json"
    if not path.exists():
        pytest.skip(f"{path} is absent: it lies beside the repository, not in it")
    data = path.read_bytes()
    result = list(records(cut_blocks(data, [65_536])))
    assert [value for _, _, value, _ in result] == (json.loads(data) if name == "array" else json.loads(data)[name])
    assert len(result) == count
    assert sum(end - start > 0 for start, end, _ in chunks(result, 500_000)) == -(-len(data) // 500_300)
