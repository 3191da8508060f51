import gzip
import json
import tracemalloc
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stored_rides import unpack
from wildrydes.bucket import (
    Source,
    arrival_time,
    counts_key,
    ingested_key,
    key_in_bucket,
    marked,
    rejected_file_key,
    rejected_key,
    rejected_whole,
)
from wildrydes.errors import BadRideFile, Position
from wildrydes.rides.counts import Counts, total
from wildrydes.rides.files import chunks, records, records_of_chunk
from wildrydes.rides.ingestion import Ingested, ingest, rejected_file
from wildrydes.rides.planning import manifest, plan_file
from wildrydes.rides.ride import FIELDS

SOURCE = Source("raw/a b+é.json", "0123", "v1", "2024-07-09T10:00:00.000Z")
RIDE: dict[str, Any] = {
    "Distance": 30.25,
    "HealthPoints": 7399,
    "Latitude": 40.75,
    "Longitude": -73.5,
    "MagicPoints": 3191,
    "Name": "Shadowfax",
    "StatusTime": "2015-12-31 08:23:02.000",
}


def rejected_lines(ingested: Ingested) -> list[Any]:
    text = gzip.decompress(ingested.rejected) if ingested.rejected else b""
    return [json.loads(line) for line in text.splitlines()]


@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from([40, 91, "x", None, 0]))))
def test_read_is_accepted_and_rejected_and_repeated(rides: list[tuple[int, Any]]) -> None:
    records_of_file = [RIDE | {"Distance": distance, "Latitude": latitude} for distance, latitude in rides]
    ingested = ingest(records([json.dumps(records_of_file).encode()]), SOURCE)
    good = [distance for distance, latitude in rides if latitude == 40]
    assert ingested.counts.read == len(rides)
    assert ingested.counts.accepted == len(set(good)) == len(unpack(ingested.processed).splitlines())
    assert ingested.counts.repeated == len(good) - len(set(good))
    assert ingested.counts.rejected == len(rides) - len(good) == len(rejected_lines(ingested))
    assert sum(ingested.counts.rejected_by_reason.values()) == ingested.counts.rejected


@given(st.lists(st.tuples(st.integers(1, 2), st.sampled_from([0, 1, None])), max_size=12))
def test_the_last_line_of_a_ride_with_fieldservice_has_the_last_word(said: list[tuple[int, int | None]]) -> None:
    listed = [RIDE | {"Distance": distance, "FieldService": service} for distance, service in said]
    ingested = ingest(records([json.dumps(listed).encode()]), SOURCE)
    lines = [json.loads(line) for line in unpack(ingested.processed).splitlines()]
    assert (ingested.counts.accepted, ingested.counts.repeated) == (len(lines), len(said) - len(lines))
    assert [line["arrival_position"] for line in lines] == sorted({line["arrival_position"] for line in lines})
    for distance in {distance for distance, _ in said}:
        words = [service for each, service in said if each == distance and service is not None]
        rows = [line for line in lines if line["distance"] == distance]
        assert len({line["ride_id"] for line in rows}) == 1
        assert [line["service_requested"] for line in rows][-1:] == (words[-1:] or [None])
        assert {line["arrived_at"] for line in rows} == {SOURCE.arrived_at}


def test_a_ride_that_is_too_far_is_rejected_with_its_neighbours_kept() -> None:
    listed = [RIDE, RIDE | {"Latitude": 52.52, "Longitude": 13.4}, RIDE | {"Distance": 1}]
    text = json.dumps(listed).encode()
    ingested = ingest(records([text]), SOURCE)
    assert (ingested.counts.accepted, ingested.counts.rejected_by_reason) == (2, {"too_far": 1})
    (line,) = rejected_lines(ingested)
    assert (line["field"], line["position"]["record"]) == ("Latitude", 2)
    assert line["detail"].startswith(
        "Latitude is 52.52 and Longitude is 13.4, 3,959.3 miles from USW00014732 (LAGUARDIA"
    )
    assert line["detail"].endswith(", the nearest ground station; expected at most 1,500 miles")
    assert ingest(records([text]), SOURCE, max_station_miles=4000.0).counts.accepted == 3
    assert ingest(records([text]), SOURCE, max_station_miles=10.0).counts.accepted == 0


def test_only_the_first_two_thousand_characters_of_a_rejected_record_are_kept() -> None:
    ingested = ingest(records([json.dumps(RIDE | {"Name": "x" * 5000}).encode()]), SOURCE)
    (line,) = rejected_lines(ingested)
    assert (line["reason"], line["field"], len(line["record"])) == ("unreadable_name", "Name", 2048)
    assert line["source"] == asdict(SOURCE)


def test_half_a_surrogate_pair_in_a_rejected_record_can_be_written() -> None:
    ingested = ingest(records([b'[{"Name": "\\ud83e"}, "\\ud83e"]']), SOURCE)
    assert ingested.counts.rejected_by_reason == {"missing_field": 1, "not_an_object": 1}


def test_gzip_has_no_time_in_it_so_that_the_same_rides_are_the_same_bytes() -> None:
    ingested = ingest(records([json.dumps(RIDE).encode()]), SOURCE)
    assert ingested.processed[2015].data[:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


def test_the_first_record_of_each_reason_is_quoted_with_its_number_in_the_file() -> None:
    texts = [json.dumps(RIDE), "1", "2", json.dumps(RIDE | {"Latitude": "x" * 5000})]
    ingested = ingest(records_of_chunk(["\n".join(texts).encode()], 1000), SOURCE, first_record=7)
    at = 1000 + len(texts[0]) + 1
    assert ingested.first_rejected["not_an_object"] == {
        "field": None,
        "detail": f"the record is 1; expected an object with the fields {', '.join(FIELDS)}",
        "position": {"byte": at, "record": 8},
        "record": "1",
    }
    latitude = ingested.first_rejected["not_a_number"]
    assert (latitude["field"], latitude["position"]) == ("Latitude", {"byte": at + 4, "record": 10})
    assert latitude["record"] == texts[3][:200]
    assert [line["position"]["record"] for line in rejected_lines(ingested)] == [8, 9, 10]


@pytest.mark.proof
@pytest.mark.parametrize("record", ["1", "[]", "{}", '"é"', '{"Distance":"far"}', '{"Name":null,"name":1}'])
def test_memory_is_flat_however_many_records_are_rejected(record: str) -> None:
    def peak(count: int) -> int:
        block = f"{record},".encode() * 500
        tracemalloc.start()
        ingested = ingest(records([b"[", *(block for _ in range(count // 500)), record.encode() + b"]"]), SOURCE)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert ingested.counts.rejected == count + 1
        return highest

    few, many = peak(1_000), peak(5_000)
    # A line has some 250 bytes; what stays of it are the bytes that gzip makes of it.
    assert many - few < 40 * 4_000


def test_a_file_left_out_whole_is_one_line_with_the_position_of_its_fault() -> None:
    fault = BadRideFile("truncated_file", "it ends", Position(70, 3, 4), records=7)
    line = json.loads(rejected_file(fault, SOURCE))
    assert (line["reason"], line["record"], line["source"]["key"]) == ("truncated_file", None, SOURCE.key)
    assert line["position"] == {"byte": 70, "line": 3, "column": 4, "record": 8}


def test_counts_add_up() -> None:
    one = Counts(10, 7, 2, {"a": 1, "b": 1}, 1)
    assert total([one, Counts(3, 0, 3, {"b": 3})]) == Counts(13, 7, 5, {"a": 1, "b": 4}, 1)
    assert total([]) == Counts()
    assert Counts.from_json(one.to_json() | {"other": 1}) == one


def test_a_file_that_was_rejected_whole_is_known_by_its_fault() -> None:
    other = Source("raw/a b+é.json", "4567")
    assert SOURCE.digest != other.digest
    assert rejected_whole([rejected_key(SOURCE, 0, 1), rejected_file_key(other)]) == {other.digest}


def test_a_source_is_the_same_whichever_version_has_its_content() -> None:
    assert SOURCE.digest == Source(SOURCE.key, SOURCE.etag).digest


def test_times_of_arrival_are_utc_and_sort_as_text() -> None:
    zoned = datetime(2024, 7, 9, 12, 0, 0, 120_999, timezone(timedelta(hours=2)))
    assert arrival_time(zoned) == "2024-07-09T10:00:00.120Z"
    assert arrival_time(zoned) < arrival_time(zoned + timedelta(milliseconds=1))


def test_keys_are_those_of_the_bucket_layout() -> None:
    source = Source("raw/x.json", "abc")
    assert source.digest == "51afe1a7b6b19ba4bcbbdee51d9c9643"
    assert rejected_key(source, 2, 12) == f"rejected/{source.digest}/00002-of-00012.jsonl.gz"
    assert marked([ingested_key(source), "ingested/"]) == {source.digest}
    assert counts_key("e1", 7) == "ingestions/e1/00007.json"
    assert key_in_bucket("s3://b/models/m.tar.gz", "b") == key_in_bucket("models/m.tar.gz", "b") == "models/m.tar.gz"


def test_the_items_of_a_manifest_are_numbered_through_the_files() -> None:
    one = plan_file(Source("raw/1", "e", "v7", "2024-07-09T10:00:00.000Z"), [b'[{"a": 1}, {"a": 2}]'], 1)
    broken = plan_file(Source("raw/2", "e"), [b"[{"], 1)
    three = plan_file(Source("raw/3", "e"), [b'{"a": 3}'], 1)
    items = manifest([one, broken, three])
    assert [(c.item, c.key, c.start, c.end, c.chunk, c.of, c.first_record, c.records) for c in items] == [
        (0, "raw/1", 1, 9, 0, 2, 1, 1),
        (1, "raw/1", 11, 19, 1, 2, 2, 1),
        (2, "raw/3", 0, 8, 0, 1, 1, 1),
    ]
    assert items[1].source == one.source
    assert broken.fault and broken.fault.reason == "truncated_file"


def test_a_chunk_has_no_more_records_than_a_function_has_time_for() -> None:
    assert list(chunks(records([b"[1,2,3,4,5]"]), 1 << 20, most_records=2)) == [(1, 4, 2), (5, 8, 2), (9, 10, 1)]
    assert list(chunks(records([b"[1,2]"]), 1 << 20, most_records=2)) == [(1, 4, 2)]
