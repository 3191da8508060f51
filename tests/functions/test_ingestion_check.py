"""What check_ingestion lets into the training set, what it refuses, and that a refusal stays one."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ingestions import ingest_all, plan_and_ingest, processed, ride
from wildrydes.errors import IngestionIncomplete, TooManyRejectedRides

HALF = [ride(n) if n % 2 else ride(n, Latitude=123) for n in range(40)]


def refuse(bucket: Any, run: Any, execution: str) -> str:
    """What an execution is refused with."""
    with pytest.raises(TooManyRejectedRides) as raised:
        ingest_all(bucket, run, execution, bound=0.1)
    return str(raised.value)


def marks(bucket: Any) -> list[str]:
    """The marks of files that are done."""
    return [key for key in bucket.keys("ingested/") if not key.startswith("ingested/refused/")]


def test_a_refused_execution_is_refused_again_with_the_same_numbers(bucket: Any, run: Any) -> None:
    bucket.put("raw/half.json", json.dumps(HALF))
    bucket.put("raw/good.json", json.dumps([ride(n) for n in range(50, 60)]))
    first, second = refuse(bucket, run, "e1"), refuse(bucket, run, "e2")
    assert first == second
    assert first.startswith("20 of 50 rides were rejected (20 out_of_range), more than the fraction of 0.1")
    assert (processed(bucket), marks(bucket)) == ([], [])


def test_a_refusal_lasts_also_where_the_file_was_left_out_whole(bucket: Any, run: Any) -> None:
    bucket.put("raw/a.json", json.dumps([ride(n) for n in range(10)]))
    bucket.put("raw/b.json", json.dumps([ride(n) for n in range(10)])[:-1])
    first, second = refuse(bucket, run, "e1"), refuse(bucket, run, "e2")
    assert first == second
    assert "Left out whole: raw/b.json (some 10 rides, truncated_file)." in first


def test_no_ride_of_a_refused_execution_is_ever_trained_on(bucket: Any, run: Any) -> None:
    bucket.put("raw/half.json", json.dumps(HALF))
    refuse(bucket, run, "e1")
    bucket.s3.delete_object(Bucket="wildrydes-data", Key="raw/half.json")
    bucket.put("raw/good.json", json.dumps([ride(1000)]))
    _, counts = ingest_all(bucket, run, "e2", bound=0.1)
    assert (counts["read"], counts["accepted"]) == (1, 1)
    assert [line["distance"] for line in processed(bucket)] == [1010.5]


def test_no_ride_of_an_execution_that_died_is_ever_trained_on(bucket: Any, run: Any) -> None:
    bucket.put("raw/half.json", json.dumps(HALF))
    plan_and_ingest(bucket, run, "e1")
    bucket.s3.delete_object(Bucket="wildrydes-data", Key="raw/half.json")
    ingest_all(bucket, run, "e2")
    assert processed(bucket) == []


def test_a_corrected_file_ends_the_refusal(bucket: Any, run: Any) -> None:
    bucket.put("raw/half.json", json.dumps(HALF))
    refuse(bucket, run, "e1")
    bucket.put("raw/half.json", json.dumps([each for each in HALF if each["Latitude"] != 123]))
    _, counts = ingest_all(bucket, run, "e2", bound=0.1)
    assert (counts["read"], counts["accepted"], len(processed(bucket))) == (20, 20, 20)


def test_a_higher_bound_ends_the_refusal_for_good(bucket: Any, run: Any) -> None:
    bucket.put("raw/half.json", json.dumps(HALF))
    bucket.put("raw/no.json", "no")
    refuse(bucket, run, "e1")
    _, counts = ingest_all(bucket, run, "e2", bound=0.6)
    assert (counts["rejected"], len(processed(bucket))) == (21, 20)
    plan, counts = ingest_all(bucket, run, "e3", bound=0.0)
    assert (plan["already_ingested"], counts["read"]) == (2, 0)


def test_good_rides_that_come_later_do_not_outweigh_the_rejected(bucket: Any, run: Any) -> None:
    bucket.put("raw/half.json", json.dumps(HALF))
    refuse(bucket, run, "e1")
    bucket.put("raw/good.json", json.dumps([ride(n) for n in range(100, 300)]))
    for execution in ("e2", "e3"):
        assert refuse(bucket, run, execution).startswith(
            "20 of 40 rides were rejected in the files that e1 refused (20"
        )
    _, counts = ingest_all(bucket, run, "e4", bound=0.5)
    assert (counts["rejected"], counts["read"]) == (20, 240)


def test_good_rides_that_came_with_the_rejected_count_with_them(bucket: Any, run: Any) -> None:
    bucket.put("raw/half.json", json.dumps(HALF))
    bucket.put("raw/good.json", json.dumps([ride(n) for n in range(100, 300)]))
    _, counts = ingest_all(bucket, run, "e1", bound=0.1)
    assert (counts["rejected"], counts["read"]) == (20, 240)


def test_rides_that_were_processed_before_there_were_marks_are_ingested_once_more(bucket: Any, run: Any) -> None:
    bucket.put("raw/a.json", json.dumps([ride(1)]))
    ingest_all(bucket, run, "e1")
    before = {key: bucket.get(key) for key in bucket.keys("processed/")}
    for key in bucket.keys("ingested/"):
        bucket.s3.delete_object(Bucket="wildrydes-data", Key=key)
    plan, counts = ingest_all(bucket, run, "e2")
    assert (plan["chunks"], counts["accepted"]) == (1, 1)
    assert {key: bucket.get(key) for key in bucket.keys("processed/")} == before
    assert ingest_all(bucket, run, "e3")[0]["already_ingested"] == 1


def test_a_processed_object_that_was_deleted_later_has_its_file_ingested_again(bucket: Any, run: Any) -> None:
    bucket.put("raw/a.json", json.dumps([ride(n) for n in range(20)]))
    ingest_all(bucket, run, "e1", 1024)
    bucket.s3.delete_object(Bucket="wildrydes-data", Key=bucket.keys("processed/")[1])
    _, counts = ingest_all(bucket, run, "e2", 1024)
    assert (counts["accepted"], len(processed(bucket))) == (20, 20)


def delete_one(bucket: Any, key: str) -> None:
    bucket.s3.delete_object(Bucket="wildrydes-data", Key=key)


def second(prefix: str) -> Callable[[Any], str]:
    return lambda bucket: bucket.keys(prefix)[1]


DELETED: dict[str, tuple[Callable[[Any], str], str]] = {
    "a report": (lambda _: "ingestions/e1/00001.json", "the report ingestions/e1/00001.json of bytes "),
    "a chunk's rides": (second("staged/e1/"), " with the rides of bytes "),
    "a chunk's rejected records": (second("rejected/"), " with the rejected records of bytes "),
    "the manifest": (lambda _: "manifests/e1.json", "manifests/e1.json is not there"),
    "the list of files": (lambda _: "manifests/e1.files.jsonl", "manifests/e1.files.jsonl is not there"),
}


@pytest.mark.parametrize("what", DELETED)
def test_what_was_deleted_midway_fails_the_execution_and_is_named(bucket: Any, run: Any, what: str) -> None:
    bucket.put("raw/half.json", json.dumps(HALF))
    plan = plan_and_ingest(bucket, run, "e1", 1024)
    assert plan["chunks"] > 2
    key, message = DELETED[what]
    delete_one(bucket, key(bucket))
    with pytest.raises(IngestionIncomplete, match=message):
        run("check_ingestion", {"execution": "e1", "max_rejected_fraction": 1.0})
    assert (processed(bucket), marks(bucket)) == ([], [])
    _, counts = ingest_all(bucket, run, "e2", 1024)
    assert (counts["accepted"], len(processed(bucket))) == (20, 20)


def test_rides_that_were_replaced_midway_fail_the_execution(bucket: Any, run: Any) -> None:
    bucket.put("raw/a.json", json.dumps([ride(1)]))
    plan_and_ingest(bucket, run, "e1")
    (key,) = bucket.keys("staged/e1/")
    bucket.put(key, b"other rides")
    with pytest.raises(IngestionIncomplete, match="is another object"):
        run("check_ingestion", {"execution": "e1", "max_rejected_fraction": 1.0})


def test_a_manifest_that_was_cut_short_fails_the_execution(bucket: Any, run: Any) -> None:
    bucket.put("raw/a.json", json.dumps([ride(n) for n in range(20)]))
    plan = run("plan_ingestion", {"execution": "e1", "chunk_bytes": 1024})
    items = bucket.json(plan["manifest"])
    bucket.put(plan["manifest"], json.dumps(items[:-1]))
    for chunk in items[:-1]:
        run("ingest_rides", {"execution": "e1", "chunk": chunk})
    with pytest.raises(IngestionIncomplete, match=f"holds {len(items) - 1} chunks, .* {len(items)} that were planned"):
        run("check_ingestion", {"execution": "e1", "max_rejected_fraction": 1.0})


def test_rides_deleted_after_the_check_fail_the_list_of_rides(bucket: Any, run: Any) -> None:
    bucket.put("raw/a.json", json.dumps([ride(n) for n in range(20)]))
    ingest_all(bucket, run, "e1", 1024)
    assert run("list_rides", {"execution": "e1", "source": "rides"})["objects"] == len(bucket.keys("processed/"))
    key = bucket.keys("processed/")[0]
    delete_one(bucket, key)
    with pytest.raises(IngestionIncomplete, match=f"1 objects with rides were deleted .* {key}"):
        run("list_rides", {"execution": "e1", "source": "rides"})
    delete_one(bucket, "ingestions/e1/processed.jsonl")
    with pytest.raises(IngestionIncomplete, match=r"ingestions/e1/processed\.jsonl is not there"):
        run("list_rides", {"execution": "e1", "source": "rides"})


def test_the_account_is_written_also_where_the_execution_is_refused(bucket: Any, run: Any) -> None:
    bucket.put("raw/half.json", json.dumps(HALF))
    bucket.put("raw/no.json", "no")
    refuse(bucket, run, "e1")
    half, broken = bucket.lines("ingestions/e1/files.jsonl")
    assert (half["key"], half["outcome"], half["read"], half["rejected_by_reason"]) == (
        "raw/half.json",
        "read",
        40,
        {"out_of_range": 20},
    )
    assert (broken["key"], broken["outcome"], broken["fault"]["reason"]) == ("raw/no.json", "rejected", "not_json")
    summary = bucket.json("ingestions/e1/summary.json")
    assert (summary["rides"]["read"], summary["rides"]["files_rejected"]) == (41, 1)
    first, second = summary["first_rejected"]
    assert first == {
        "count": 20,
        "reason": "out_of_range",
        "key": "raw/half.json",
        "field": "Latitude",
        "detail": "Latitude is 123; expected a number of degrees from -90 to 90",
        "position": {"byte": 1, "record": 1},
        "record": json.dumps(HALF[0]),
    }
    assert (second["reason"], second["key"], second["position"]["byte"]) == ("not_json", "raw/no.json", 0)


def test_checking_again_gives_the_same(bucket: Any, run: Any) -> None:
    bucket.put("raw/half.json", json.dumps(HALF))
    _, counts = ingest_all(bucket, run, "e1")
    before = {key: bucket.get(key) for key in bucket.keys("")}
    assert run("check_ingestion", {"execution": "e1", "max_rejected_fraction": 1.0}) == counts
    assert {key: bucket.get(key) for key in bucket.keys("")} == before


def test_an_execution_of_a_name_that_was_used_before_takes_none_of_its_reports(bucket: Any, run: Any) -> None:
    bucket.put("raw/a.json", json.dumps([ride(1)]))
    plan_and_ingest(bucket, run, "e1")
    bucket.put("raw/a.json", json.dumps([ride(2), ride(3)]))
    run("plan_ingestion", {"execution": "e1", "chunk_bytes": 1024})
    with pytest.raises(IngestionIncomplete, match=r"the report ingestions/e1/00000\.json is not of bytes"):
        run("check_ingestion", {"execution": "e1", "max_rejected_fraction": 1.0})
