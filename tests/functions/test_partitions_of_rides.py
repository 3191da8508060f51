"""Rides by year: what an ingestion lets in, and what becomes of the objects that an earlier version wrote."""

import gzip
import json
from typing import Any

import pytest

import arrange_rides.app
import arrange_rides.earlier
from aws import s3
from ingestions import ingest_all, plan_and_ingest, processed, ride
from wildrydes.bucket import Source
from wildrydes.errors import IngestionIncomplete, ObjectsNotDeleted, UnreadableRides

YEARS = {"first_year": 2018, "last_year": 2019}
CHUNK, SECOND, STREAMED = f"processed/{'a' * 32}/00000-of-00001", f"processed/{'b' * 32}/00000-of-00001", "c" * 32


def of_year(number: int, year: int) -> dict[str, Any]:
    return ride(number, StatusTime=f"{year}-06-01 10:00:00.{number:03}")


def line(year: int, number: int = 0) -> dict[str, Any]:
    """A row under processed/, as far as its year goes."""
    return {"ride_id": f"{number:032x}", "statustime": f"{year}-06-01 10:00:00.000"}


def put_rows(bucket: Any, key: str, *rows: dict[str, Any]) -> None:
    bucket.put(key, gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))


def rows_by_key(bucket: Any) -> dict[str, list[Any]]:
    return {key: bucket.lines(key) for key in bucket.keys("processed/")}


def arrange(run: Any) -> Any:
    """The counts of an execution's only call."""
    answer = run("arrange_rides", {"execution": "e1", "arranged": {"objects": 0, "rides": 0}})
    assert (answer.pop("merged"), answer.pop("merged_into"), answer.pop("postponed")) == (0, 0, 0)
    return answer


def list_rides(run: Any, execution: str, **years: int) -> Any:
    return run("list_rides", {"execution": execution, "source": "rides", **years})


def test_a_file_of_several_years_is_an_object_a_year_and_the_counts_add_up(bucket: Any, run: Any) -> None:
    bucket.put("raw/a.json", json.dumps([of_year(n, 2016 + n % 3) for n in range(9)] + [of_year(0, 2016)]))
    _, counts = ingest_all(bucket, run, "e1")
    assert (counts["read"], counts["accepted"], counts["repeated"]) == (10, 9, 1)
    stored = {key.split("/")[1]: [row["statustime"][:4] for row in rows] for key, rows in rows_by_key(bucket).items()}
    assert stored == {f"year={year}": [str(year)] * 3 for year in (2016, 2017, 2018)}
    assert [each["key"] for each in bucket.lines("ingestions/e1/processed.jsonl")] == bucket.keys("processed/")
    listed = list_rides(run, "e1", first_year=2017, last_year=2018)
    assert (listed["objects"], listed["other_years"]) == (2, {"objects": 1, "rides": 3})


def test_a_file_is_ingested_anew_where_the_object_of_one_of_its_years_is_gone(bucket: Any, run: Any) -> None:
    bucket.put("raw/a.json", json.dumps([of_year(n, 2016 + n % 3) for n in range(9)]))
    ingest_all(bucket, run, "e1")
    before = rows_by_key(bucket)
    assert ingest_all(bucket, run, "e2")[0]["already_ingested"] == 1
    bucket.s3.delete_object(Bucket="wildrydes-data", Key=next(iter(before)))
    with pytest.raises(IngestionIncomplete, match="1 objects with rides were deleted"):
        list_rides(run, "e1", first_year=2017, last_year=2018)
    plan, counts = ingest_all(bucket, run, "e3")
    assert (plan["chunks"], counts["accepted"]) == (1, 9)
    assert rows_by_key(bucket) == before


def test_a_file_that_gives_no_ride_is_done_and_no_query_reads_its_mark(bucket: Any, run: Any) -> None:
    bucket.put("raw/none.json", "[]")
    bucket.put("raw/rejected.json", json.dumps([ride(1, Latitude=123)]))
    _, counts = ingest_all(bucket, run, "e1")
    assert (counts["read"], counts["accepted"], counts["files_read"]) == (1, 0, 2)
    marks = bucket.keys("processed/")
    assert [key.split("/")[1] for key in marks] == ["empty", "empty"]
    listed = list_rides(run, "e1", **YEARS)
    assert (listed["objects"], listed["other_years"]) == (0, {"objects": 0, "rides": 0})
    assert ingest_all(bucket, run, "e2")[0]["already_ingested"] == 2
    bucket.s3.delete_object(Bucket="wildrydes-data", Key=marks[0])
    assert ingest_all(bucket, run, "e3")[0]["already_ingested"] == 1


def test_a_report_of_an_earlier_version_ends_its_execution(bucket: Any, run: Any) -> None:
    """It was written between the plan and the check by the code that was there before a deployment."""
    bucket.put("raw/a.json", json.dumps([ride(1)]))
    plan_and_ingest(bucket, run, "e1")
    report = bucket.json("ingestions/e1/00000.json")
    del report["years"]
    bucket.put("ingestions/e1/00000.json", json.dumps(report | {"etag": "0"}))
    with pytest.raises(IngestionIncomplete, match=r"of 1 accepted rides of bytes .* 0 have a year"):
        run("check_ingestion", {"execution": "e1", "max_rejected_fraction": 1.0})
    assert processed(bucket) == []


def put_earlier(bucket: Any) -> None:
    """What an earlier version left: a chunk of two years, one without a ride, and rides that came one at a time."""
    put_rows(bucket, f"{CHUNK}.jsonl.gz", line(2018, 1), line(2017, 2), line(2018, 3))
    put_rows(bucket, f"{SECOND}.jsonl.gz")
    put_rows(bucket, f"processed/stream/2024-07-09/{STREAMED}.jsonl.gz", line(2018, 4))


ARRANGED = {
    f"processed/empty/{'b' * 32}/00000-of-00001.jsonl.gz": [],
    f"processed/year=2017/{'a' * 32}/00000-of-00001.1-of-2.1-rides.jsonl.gz": [line(2017, 2)],
    f"processed/year=2018/{'a' * 32}/00000-of-00001.2-of-2.2-rides.jsonl.gz": [line(2018, 1), line(2018, 3)],
    f"processed/year=2018/stream/2024-07-09/{STREAMED}.1-rides.jsonl.gz": [line(2018, 4)],
}


def test_objects_of_an_earlier_version_are_put_into_their_years(bucket: Any, run: Any) -> None:
    put_earlier(bucket)
    assert arrange(run) == {"objects": 3, "rides": 4, "left": 0}
    assert rows_by_key(bucket) == ARRANGED
    assert arrange(run) == {"objects": 0, "rides": 0, "left": 0}


def test_a_file_that_an_earlier_version_ingested_stays_done(bucket: Any, run: Any) -> None:
    source = bucket.put_version("raw/a.json", json.dumps([ride(1)]))
    ingest_all(bucket, run, "e1")
    (key,) = bucket.keys("processed/")
    bucket.put(f"processed/{Source(source.key, source.etag).digest}/00000-of-00001.jsonl.gz", bucket.get(key))
    bucket.s3.delete_object(Bucket="wildrydes-data", Key=key)
    arranged = arrange(run)
    plan = run("plan_ingestion", {"execution": "e2", "chunk_bytes": 8 << 20, "arranged": arranged})
    assert (plan["already_ingested"], plan["chunks"], bucket.keys("processed/")) == (1, 0, [key])
    assert plan["message"].endswith(
        "1 objects that an earlier version wrote under processed/ were put into their years."
    )


class _DeadError(Exception):
    """What the function dies of."""


@pytest.mark.parametrize("step", ["write", "delete"])
@pytest.mark.parametrize("calls", range(6))
def test_who_dies_in_between_loses_nothing_and_doubles_nothing(
    bucket: Any, run: Any, monkeypatch: pytest.MonkeyPatch, step: str, calls: int
) -> None:
    put_earlier(bucket)
    real, left = getattr(s3, step), iter(range(calls))

    def die(*arguments: Any) -> Any:
        if next(left, None) is None:
            raise _DeadError
        return real(*arguments)

    monkeypatch.setattr(s3, step, die)
    monkeypatch.setattr(arrange_rides.app, "_GROUP", 1)
    # Three objects are deleted one by one. Four are written, and three lists of what was moved.
    if step == "write" or calls < 3:
        with pytest.raises(_DeadError):
            arrange(run)
    monkeypatch.setattr(s3, step, real)
    rows = {row["ride_id"] for rows in rows_by_key(bucket).values() for row in rows}
    assert len(rows) == 4
    arrange(run)
    assert rows_by_key(bucket) == ARRANGED


def test_two_executions_that_arrange_at_once_do_no_harm(bucket: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    put_earlier(bucket)
    real, others = s3.read, iter([True])

    def read(*arguments: Any) -> bytes:
        if next(others, False):
            assert arrange(run) == {"objects": 3, "rides": 4, "left": 0}
        return real(*arguments)

    monkeypatch.setattr(s3, "read", read)
    monkeypatch.setattr(arrange_rides.earlier, "_AT_ONCE", 1)
    assert arrange(run) == {"objects": 3, "rides": 0, "left": 0}
    assert rows_by_key(bucket) == ARRANGED


def test_what_does_not_fit_into_one_call_is_left_for_the_next(
    bucket: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_earlier(bucket)
    real = s3.delete

    def delete(*arguments: Any) -> None:
        real(*arguments)
        monkeypatch.setattr(arrange_rides.app, "_SECONDS_OF_GROUP", 10**6)

    monkeypatch.setattr(s3, "delete", delete)
    monkeypatch.setattr(arrange_rides.app, "_GROUP", 2)
    first = arrange(run)
    assert first == {"objects": 2, "rides": 3, "left": 1}
    monkeypatch.setattr(arrange_rides.app, "_SECONDS_OF_GROUP", 0)
    last = run("arrange_rides", {"execution": "e1", "arranged": first})
    assert (last["objects"], last["rides"], last["left"]) == (3, 4, 0)
    assert rows_by_key(bucket) == ARRANGED


def test_an_object_that_only_looks_like_one_of_an_earlier_version_is_named_and_stays(bucket: Any, run: Any) -> None:
    bucket.put(f"{CHUNK}.jsonl.gz", b"no gzip")
    with pytest.raises(UnreadableRides, match=f"{CHUNK}.jsonl.gz holds no rides"):
        arrange(run)
    assert bucket.get(f"{CHUNK}.jsonl.gz") == b"no gzip"


def test_no_training_set_is_built_while_objects_of_an_earlier_version_are_in_no_year(bucket: Any, run: Any) -> None:
    ingest_all(bucket, run, "e1")
    put_earlier(bucket)
    with pytest.raises(IngestionIncomplete, match=f"3 objects with rides are as an earlier .* {CHUNK}"):
        list_rides(run, "e1", **YEARS)
    arrange(run)
    listed = list_rides(run, "e1", **YEARS)
    assert (listed["objects"], listed["other_years"]) == (2, {"objects": 1, "rides": 1})


def test_what_s3_refuses_to_delete_is_named(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = {"Errors": [{"Key": "a", "Code": "AccessDenied", "Message": "no"}]}

    class _Client:
        def delete_objects(self, **request: Any) -> Any:
            assert request["Delete"]["Objects"] == [{"Key": "a"}]
            return refused

    monkeypatch.setattr(s3, "client", _Client)
    with pytest.raises(ObjectsNotDeleted, match="s3://wildrydes-data/a was not deleted: AccessDenied, no"):
        s3.delete("wildrydes-data", ["a"])
