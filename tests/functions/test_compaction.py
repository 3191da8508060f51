"""Small objects of rides that came one at a time, put together: no ride is lost, whoever dies or reads."""

import gzip
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

import arrange_rides.app
from aws import ride_access, s3
from aws.ride_access import HOLDING, READING, RideAccess
from wildrydes.rides import compaction
from wildrydes.rides.partitions import is_streamed, rides_of, streamed_keys, year_of

NOW = datetime(2024, 7, 9, 12, tzinfo=UTC)
NOTHING = dict.fromkeys(("objects", "rides", "merged", "merged_into"), 0)


def row(number: int, year: int = 2018) -> str:
    return json.dumps({"ride_id": f"{number:032x}", "statustime": f"{year}-06-01 10:00:00.000"}) + "\n"


def put_stream(bucket: Any, count: int, year: int = 2018, first: int = 0) -> list[str]:
    """Objects of a ride each, as store_rides writes them."""
    keys = []
    for number in range(first, first + count):
        line = row(number, year)
        keys.append(streamed_keys("2024-07-09", [line], {year: 1})[year])
        bucket.put(keys[-1], gzip.compress(line.encode(), mtime=0))
    return keys


def rows(bucket: Any) -> Counter[str]:
    """How often each ride is in an object that a query reads."""
    keys = [key for key in bucket.keys("processed/") if year_of(key)]
    return Counter(line["ride_id"] for key in keys for line in bucket.lines(key))


def numbers(*ranges: range) -> Counter[str]:
    return Counter(f"{number:032x}" for each in ranges for number in each)


def let_time_pass() -> None:
    """Ends what is written down of who reads and who holds."""
    boto3.client("dynamodb").delete_item(TableName="turns", Key={"task": {"S": "rides"}})


@pytest.fixture
def arrange(bucket: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Calls arrange_rides, for which all that a stream wrote is old enough."""
    monkeypatch.setattr(compaction, "SETTLED", timedelta(hours=-1))
    return lambda: run("arrange_rides", {"execution": "e1", "arranged": NOTHING})


def test_small_objects_of_each_year_become_one_whose_name_says_how_many_rides_it_has(bucket: Any, arrange: Any) -> None:
    put_stream(bucket, 9)
    put_stream(bucket, 8, 2019, first=9)
    put_stream(bucket, 7, 2020, first=17)
    answer = arrange()
    assert answer == {**NOTHING, "merged": 17, "merged_into": 2, "postponed": 0, "left": 0}
    keys = bucket.keys("processed/")
    merged = [key for key in keys if "/stream/merged/" in key]
    assert [(year_of(key), rides_of(key), len(bucket.lines(key))) for key in merged] == [(2018, 9, 9), (2019, 8, 8)]
    # Seven objects are too few to be worth it.
    assert len(keys) == 2 + 7
    assert all(map(is_streamed, keys))
    assert rows(bucket) == numbers(range(24))
    assert arrange() == {**NOTHING, "postponed": 0, "left": 0}


def test_what_a_file_gave_and_what_has_just_come_stay_as_they_are(bucket: Any, run: Any) -> None:
    before = put_stream(bucket, 20)
    assert run("arrange_rides", {"execution": "e1", "arranged": NOTHING})["merged"] == 0
    assert bucket.keys("processed/") == sorted(before)


def test_a_batch_that_is_delivered_once_more_is_a_copy_that_goes_with_the_next(bucket: Any, arrange: Any) -> None:
    keys = put_stream(bucket, 9)
    arrange()
    put_stream(bucket, 1)
    assert rows(bucket) == numbers(range(9), range(1))
    put_stream(bucket, 8, first=9)
    assert arrange()["merged"] == 10
    assert rows(bucket) == numbers(range(17))
    assert len(bucket.keys("processed/")) == 1
    assert keys[0] not in bucket.keys("processed/")


class _DeadError(Exception):
    """What the function dies of."""


@pytest.mark.parametrize("calls", range(4))
def test_who_dies_between_write_and_delete_loses_nothing_and_the_next_one_ends_it(
    bucket: Any, arrange: Any, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    """It dies before the merged object is written, before the list of moves, before and after the deletion."""
    put_stream(bucket, 9)
    left = iter(range(calls))

    def mortal(call: Any) -> Any:
        def die(*arguments: Any) -> Any:
            if next(left, None) is None:
                raise _DeadError
            return call(*arguments)

        return die

    real = {name: getattr(s3, name) for name in ("write", "delete")}
    for name, call in real.items():
        monkeypatch.setattr(s3, name, mortal(call))
    if calls < 3:
        with pytest.raises(_DeadError):
            arrange()
    else:
        arrange()
    for name, call in real.items():
        monkeypatch.setattr(s3, name, call)
    assert rows(bucket).keys() == numbers(range(9)).keys()
    let_time_pass()
    arrange()
    assert rows(bucket) == numbers(range(9))
    assert len(bucket.keys("processed/")) == 1


def test_two_executions_that_put_the_same_together_lose_nothing(
    bucket: Any, arrange: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_stream(bucket, 9)
    real, others = s3.write, iter([True])

    def write(*arguments: Any) -> str:
        if next(others, False):
            assert arrange()["postponed"] == 9
            let_time_pass()
            # As if the first one had stood still until its hold was over.
            assert arrange()["merged"] == 9
        return real(*arguments)

    monkeypatch.setattr(s3, "write", write)
    assert arrange()["merged"] == 9
    assert rows(bucket) == numbers(range(9))
    assert len(bucket.keys("processed/")) == 1


def test_an_object_that_another_execution_has_taken_is_left_out(
    bucket: Any, arrange: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = put_stream(bucket, 9)
    real, others = s3.stored_files, iter([True])

    def stored_files(*arguments: Any) -> Any:
        listed = list(real(*arguments))
        if next(others, False):
            arrange()
            put_stream(bucket, 2, first=3)
        return listed

    monkeypatch.setattr(s3, "stored_files", stored_files)
    assert arrange()["merged"] == 2
    assert rows(bucket).keys() == numbers(range(9)).keys()
    assert not set(keys) & set(bucket.keys("processed/"))


def test_nothing_is_deleted_while_an_execution_reads_rides_and_the_count_says_so(
    bucket: Any, run: Any, arrange: Any
) -> None:
    keys = put_stream(bucket, 9)
    bucket.put("ingestions/e0/processed.jsonl", "")
    listed = run("list_rides", {"execution": "e0", "source": "rides", "first_year": 2018, "last_year": 2018})
    assert listed["objects"] == 9
    answer = arrange()
    assert answer == {**NOTHING, "postponed": 9, "left": 0}
    assert bucket.keys("processed/") == sorted(keys)
    plan = run("plan_ingestion", {"execution": "e1", "chunk_bytes": 8 << 20, "arranged": answer})
    assert plan["message"].endswith(" 9 small objects with rides stay apart for now: another execution uses them.")


def test_a_monitor_that_is_about_to_read_counts_as_a_reader(bucket: Any, run: Any, arrange: Any) -> None:
    put_stream(bucket, 9)
    run("monitor_model", {"first_partition": "2026/11/19", "last_partition": "2026/11/26"})
    assert arrange()["postponed"] == 9


def test_a_reader_waits_for_who_deletes_and_keeps_it_from_going_on(
    bucket: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(ride_access, "sleep", waits.append)
    access, now = RideAccess("turns"), datetime.now(UTC)
    assert access.hold(now)
    bucket.put("ingestions/e0/processed.jsonl", "")
    run("list_rides", {"execution": "e0", "source": "rides"})
    (seconds,) = waits
    assert 0 < seconds <= HOLDING.total_seconds()
    assert not access.hold(datetime.now(UTC))
    later = datetime.now(UTC) + READING + timedelta(seconds=1)
    held = access.hold(later)
    assert held is not None
    assert not access.hold(later)
    access.release(held, later)
    assert access.begin_reading(later + timedelta(milliseconds=1)) == 0


def test_who_was_late_releases_nothing_that_another_holds(bucket: Any) -> None:
    access, late = RideAccess("turns"), NOW + 2 * HOLDING
    first = access.hold(NOW)
    assert first is not None
    assert access.hold(late)
    access.release(first, late)
    assert access.begin_reading(late) == HOLDING.total_seconds()


def test_a_time_that_somebody_has_written_keeps_no_reader_waiting(bucket: Any) -> None:
    table = boto3.client("dynamodb")
    table.put_item(TableName="turns", Item={"task": {"S": "rides"}, "held_until": {"S": "tomorrow"}})
    assert RideAccess("turns").begin_reading(NOW) == 0
    table.put_item(TableName="turns", Item={"task": {"S": "rides"}, "held_until": {"S": "2999-01-01T00:00:00.000Z"}})
    assert RideAccess("turns").begin_reading(NOW) == HOLDING.total_seconds()


def test_an_object_that_cannot_be_unpacked_stays(bucket: Any, arrange: Any) -> None:
    keys = put_stream(bucket, 9)
    bucket.put(keys[3], b"no gzip")
    bucket.put(keys[4], gzip.compress(b"no end of a line"))
    assert arrange() == {**NOTHING, "merged": 7, "merged_into": 1, "postponed": 0, "left": 0}
    assert {keys[3], keys[4]} < set(bucket.keys("processed/"))
    assert arrange() == {**NOTHING, "postponed": 0, "left": 0}


def test_what_one_call_has_no_time_for_is_left_for_the_next(
    bucket: Any, arrange: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_stream(bucket, 20)
    monkeypatch.setattr(compaction, "MOST_OBJECTS", 10)
    monkeypatch.setattr(arrange_rides.app, "_SECONDS_OF_GROUP", 10**6)
    assert arrange() == {**NOTHING, "postponed": 0, "left": 20}
    real = s3.delete

    def delete(*arguments: Any) -> None:
        real(*arguments)
        monkeypatch.setattr(arrange_rides.app, "_SECONDS_OF_GROUP", 10**6)

    monkeypatch.setattr(s3, "delete", delete)
    monkeypatch.setattr(arrange_rides.app, "_SECONDS_OF_GROUP", 0)
    first = arrange()
    assert (first["merged"], first["left"]) == (10, 10)
    monkeypatch.setattr(arrange_rides.app, "_SECONDS_OF_GROUP", 0)
    last = run("arrange_rides", {"execution": "e1", "arranged": first})
    assert (last["merged"], last["merged_into"], last["left"]) == (20, 2, 0)
    assert rows(bucket) == numbers(range(20))


def test_more_small_objects_than_one_call_looks_at_take_more_calls(
    bucket: Any, arrange: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_stream(bucket, 20)
    monkeypatch.setattr(arrange_rides.app, "MOST_CANDIDATES", 12)
    assert (arrange()["merged"], arrange()["merged"]) == (12, 9)
    assert rows(bucket) == numbers(range(20))


def test_rides_that_were_put_together_since_are_not_in_doubt_and_count_as_read(
    model_bucket: Any, run: Any, evaluate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_stream(model_bucket, 9)
    listed = run("list_rides", {"execution": "e1", "source": "rides", "first_year": 2018, "last_year": 2018})
    model_bucket.put("training-sets/e1/split=train/part-0.gz", gzip.compress(b"1,10,500\n0,20,100\n"))
    monkeypatch.setattr(compaction, "SETTLED", timedelta(hours=-1))
    let_time_pass()
    run("arrange_rides", {"execution": "e2", "arranged": NOTHING})
    origin = {name: listed[name] for name in ("prefix", "objects", "sha256", "list")}
    evaluate(lineage={"rides": origin, "years": listed["years"]})
    assert model_bucket.json("models/e1/card.json")["lineage"]["unsettled_rides"]["objects"] == 0
