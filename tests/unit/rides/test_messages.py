"""One ride a message: what is sent, and what becomes of it."""

import gzip
import json
import re
import tracemalloc
from collections import deque
from dataclasses import asdict
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stored_rides import unpack
from wildrydes.bucket import Source
from wildrydes.rides.files import records
from wildrydes.rides.ingestion import ingest
from wildrydes.rides.located_rides import Arrival, combine, packs, read_pack
from wildrydes.rides.messages import LONGEST_MESSAGE, FileMessages, Located, Rejected, locate, message

SOURCE = Source("stream/a b+é.json", "0123", "v1", "2024-07-09T10:00:00.000Z")
NOON = 1_720_526_400_000
"""2024-07-09 12:00 UTC, in milliseconds since 1970."""
SENDER = {"queue": "arn:aws:sqs:us-east-1:111122223333:rides", "message_id": "m"}
SAMPLE = sorted((Path(__file__).parents[3] / "data" / "rides").iterdir())
RIDE: dict[str, Any] = {
    "Distance": 30.25,
    "HealthPoints": 7399,
    "Latitude": 40.75,
    "Longitude": -73.5,
    "MagicPoints": 3191,
    "Name": "Shadowfax",
    "StatusTime": "2015-12-31 08:23:02.000",
}


PAGE = (Path(__file__).parents[3] / "docs" / "stream.md").read_text(encoding="utf-8")
BAD_MESSAGES = {
    "record_too_large": json.dumps(RIDE | {"More": "x" * LONGEST_MESSAGE}),
    "not_json": "{",
    "too_deep": "[" * 33 + "]" * 33,
}


@pytest.mark.parametrize("code", re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
def test_a_message_is_rejected_for_each_reason_of_the_page(code: str) -> None:
    assert reason(BAD_MESSAGES[code]) == code


def test_the_page_has_the_reasons_and_the_bytes_of_a_message_and_a_larger_ride_is_one_of_a_file() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(BAD_MESSAGES)
    assert f"more than {LONGEST_MESSAGE:,} bytes" in PAGE
    assert ingest(records([BAD_MESSAGES["record_too_large"].encode()]), SOURCE).counts.accepted == 1


def place(line: bytes) -> tuple[str, int]:
    """A processed line without its place in its file, and that place."""
    ride = json.loads(line)
    return json.dumps(ride | {"arrival_position": None}), ride["arrival_position"]


def reason(body: str) -> str:
    outcome = locate(body, SENDER, NOON)
    assert isinstance(outcome, Rejected)
    assert json.loads(outcome.line)["reason"] == outcome.reason
    return outcome.reason


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.name)
def test_a_file_gives_the_same_rides_and_rejections_through_raw_and_through_the_queue(path: Path) -> None:
    blocks = [path.read_bytes()]
    batch = ingest(records(blocks), SOURCE)
    outcomes = [locate(body, SENDER, NOON) for body in FileMessages(SOURCE, blocks)]
    arrivals = [Arrival(each, str(n), n) for n, each in enumerate(outcomes) if isinstance(each, Located)]
    streamed = combine(read_pack(pack.body) for pack in packs(arrivals))
    assert sum(each.rides for each in streamed) == batch.counts.accepted > 1000
    assert [each.rides for each in streamed] == [each.rides for each in batch.processed.values()]
    # Of a ride that is there twice a chunk has the first place, a message the last.
    of_batch = dict(map(place, unpack(batch.processed).splitlines()))
    of_stream = dict(map(place, (line for each in streamed for line in gzip.decompress(each.data).splitlines())))
    assert of_stream.keys() == of_batch.keys()
    later = [line for line in of_batch if of_stream[line] != of_batch[line]]
    assert len(later) == batch.counts.repeated
    assert all(of_stream[line] > of_batch[line] for line in later)
    rejected = "".join(each.line for each in outcomes if isinstance(each, Rejected))
    assert rejected.encode() == gzip.decompress(batch.rejected)


@given(st.text(min_size=1, max_size=20), st.floats(0, 1000), st.booleans())
def test_a_ride_is_the_same_line_from_a_file_from_a_producer_and_in_a_batch(
    name: str, distance: float, escaped: bool
) -> None:
    text = json.dumps(RIDE | {"Name": name, "Distance": distance}, ensure_ascii=escaped)
    if any("\ud800" <= character <= "\udfff" for character in text):
        return
    (message_of_file,) = FileMessages(SOURCE, [text.encode()])
    from_file, from_producer = locate(message_of_file, SENDER, NOON), locate(text, SENDER, NOON)
    batch = unpack(ingest(records([text.encode()]), SOURCE).processed).decode()
    assert type(from_file) is type(from_producer)
    if isinstance(from_file, Located) and isinstance(from_producer, Located):
        assert from_file.ride_id == from_producer.ride_id
        assert from_file.line == batch
        of_file, of_message = '"2024-07-09T10:00:00.000Z"', '"2024-07-09T12:00:00.000Z"'
        assert from_producer.line == from_file.line.replace(of_file, of_message)
    else:
        assert batch == ""


def test_a_message_is_ascii_whatever_the_ride_holds_since_queues_do_not_take_every_character() -> None:
    text = json.dumps(RIDE | {"Name": "Zéphyr 麒麟 🦄 \uffff"}, ensure_ascii=False)
    (body,) = FileMessages(SOURCE, [text.encode()])
    assert body.isascii()
    assert json.loads(body) == {
        "source": asdict(SOURCE),
        "position": {"byte": 0, "record": 1},
        "record": text,
    }
    assert isinstance(locate(body, SENDER, NOON), Located)


def test_what_is_no_json_or_no_object_or_nested_too_deeply_is_rejected_with_its_reason() -> None:
    assert reason("") == reason("{") == reason("\ufeff") == reason("ride") == "not_json"
    assert reason("[]") == reason("7") == reason("null") == reason('"x"') == "not_an_object"
    assert reason("{}") == reason("\ufeff{}") == reason('{"source": 1, "position": 2}') == "missing_field"
    assert reason("[" * 5000 + "]" * 5000) == "too_deep"
    assert reason(json.dumps(RIDE)[:-1] + ', "n": ' + "9" * 5000) == "not_json"
    assert reason(json.dumps(RIDE | {"Distance": float("nan")})) == "not_finite"
    assert reason(json.dumps(RIDE | {"Distance": -1})) == "out_of_range"


def test_an_integer_of_thousands_of_digits_in_a_field_that_is_ignored_does_no_harm() -> None:
    assert isinstance(locate(json.dumps(RIDE)[:-1] + ', "n": ' + "9" * 5000 + "}", SENDER, NOON), Located)
    assert reason(json.dumps(RIDE).replace("30.25", "9" * 5000)) == "not_finite"


@pytest.mark.parametrize("record", [None, 7, {"Distance": 1}, "", "["])
def test_an_envelope_that_holds_no_text_of_a_ride_is_rejected(record: Any) -> None:
    body = json.dumps({"source": {"key": "k", "etag": "e"}, "position": None, "record": record})
    assert reason(body) in ("not_json", "not_an_object")


def test_a_message_may_be_of_the_longest_size_and_no_longer() -> None:
    room = LONGEST_MESSAGE - len(json.dumps(RIDE | {"padding": ""}))
    assert isinstance(locate(json.dumps(RIDE | {"padding": "x" * room}), SENDER, NOON), Located)
    assert reason(json.dumps(RIDE | {"padding": "x" * (room + 1)})) == "record_too_large"
    assert reason(json.dumps(RIDE | {"padding": "é" * (room // 2 + 1)}, ensure_ascii=False)) == "record_too_large"


@pytest.mark.parametrize("character", ["x", "é", "🦄"])
@pytest.mark.parametrize("length", [10_000, LONGEST_MESSAGE, 500_000])
def test_every_record_of_a_file_fits_into_a_message(character: str, length: int) -> None:
    body = message(SOURCE, {"byte": 7, "record": 1}, json.dumps(RIDE | {"p": character * length}, ensure_ascii=False))
    assert len(body) <= LONGEST_MESSAGE
    outcome = locate(body, SENDER, NOON)
    if length > 10_000:
        assert isinstance(outcome, Rejected)
        assert outcome.reason == "record_too_large"
        assert json.loads(outcome.line)["position"] == {"byte": 7, "record": 1}


def test_a_rejected_ride_of_a_file_names_the_file_and_one_of_a_producer_its_message() -> None:
    bad = json.dumps(RIDE | {"Latitude": 91})
    (of_file,) = (locate(body, SENDER, NOON) for body in FileMessages(SOURCE, [bad.encode()]))
    of_producer = locate(bad, SENDER, NOON)
    expected = {
        "reason": "out_of_range",
        "field": "Latitude",
        "detail": "Latitude is 91; expected a number of degrees from -90 to 90",
        "source": asdict(SOURCE),
        "position": {"byte": 0, "record": 1},
        "record": bad,
    }
    assert json.loads(of_file.line) == expected
    assert json.loads(of_producer.line) == expected | {"source": SENDER, "position": None}


@pytest.mark.proof
def test_memory_does_not_grow_with_the_file() -> None:
    small, large = peak_of(8), peak_of(40)
    assert large < small * 1.1
    assert large < 12 << 20


@pytest.mark.loop
def test_a_file_of_a_million_rides_is_as_many_messages() -> None:
    block = f"{json.dumps(RIDE)}\n".encode() * 1000
    messages = FileMessages(SOURCE, repeat(block, 1000))
    last = deque(messages, maxlen=1).pop()
    assert (messages.count, messages.fault) == (1_000_000, None)
    assert json.loads(last)["position"] == {"byte": 999_999 * len(block) // 1000, "record": 1_000_000}


def peak_of(thousands: int) -> int:
    """The most bytes that were in use while a file of so many thousand rides became messages."""
    block = f"{json.dumps(RIDE)}\n".encode() * 1000
    tracemalloc.start()
    try:
        messages = FileMessages(SOURCE, repeat(block, thousands))
        assert sum(1 for _ in messages) == messages.count == 1000 * thousands
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
