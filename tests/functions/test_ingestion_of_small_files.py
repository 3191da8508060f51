"""Many small files that share chunks, from plan to check: what each gives, what a bad one does, what is done."""

import gzip
import json
from dataclasses import asdict
from typing import Any

import pytest

from ingestions import ingest_all, plan_and_ingest, processed, ride
from wildrydes.bucket import Source
from wildrydes.errors import IngestionIncomplete, RideFileChanged, TooManyRejectedRides
from wildrydes.rides import sharing

pytestmark = pytest.mark.proof

BYTES = 8_192
"""Of a chunk: files of up to 1,024 bytes are small."""


def put_small(bucket: Any, count: int = 60) -> list[Source]:
    """Files of one ride."""
    return [bucket.put_version(f"raw/{n:03}.json", json.dumps(ride(n))) for n in range(count)]


def rows(bucket: Any) -> list[str]:
    """The rides under processed/, whatever their order, without when they arrived."""
    return sorted(json.dumps(line | {"arrived_at": None}) for line in processed(bucket))


def delete(bucket: Any, *keys: str) -> None:
    for key in keys:
        bucket.s3.delete_object(Bucket="wildrydes-data", Key=key)


def put_mixed(bucket: Any) -> dict[str, Source]:
    """Small files of every kind, and a large one."""
    good, far = json.dumps(ride(900)), json.dumps(ride(901, Latitude=123))
    contents = {
        "array": f"[{good}, {far}]".encode(),
        "compressed": gzip.compress(b"\n".join(json.dumps(ride(910 + n)).encode() for n in range(3)), mtime=0),
        "cut.gz": gzip.compress(good.encode())[:-4],
        "empty": b" ",
        "no-ride": b"[]",
        "repeats": "\n".join([good, good]).encode(),
        "travel": json.dumps({"travel_data": [ride(920)]}).encode(),
        "truncated": f"[{good}, {good[:40]}".encode(),
        "utf16": good.encode("utf-16"),
        "zip": b"PK\3\4",
        "_SUCCESS": b"",
        "large": json.dumps([ride(1_000 + n) for n in range(100)]).encode(),
    }
    return {name: bucket.put_version(f"raw/{name}", data) for name, data in contents.items()}


def test_small_files_share_chunks_and_give_what_each_gives_alone(
    bucket: Any, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_small(bucket)
    sources = put_mixed(bucket)
    plan, counts = ingest_all(bucket, run, "e1", BYTES)
    together, lines = rows(bucket), bucket.lines("ingestions/e1/files.jsonl")
    rejected = {key: bucket.get(key) for key in bucket.keys("rejected/")}
    # Of the others, the marker is skipped by its name, and the large file has two chunks of its own.
    assert (plan["chunks"], plan["objects"], plan["rejected_file_count"]) == (2 + 2, 1 + 70, 0)
    assert plan["message"] == (
        "71 of 71 files under raw/ are new: 4 chunks to ingest, 0 files rejected whole. 70 small files share 2 of the "
        "chunks, and are read as they are ingested. 1 more hold no data and are skipped."
    )
    delete(bucket, *(key for prefix in ("ingested/", "processed/", "rejected/") for key in bucket.keys(prefix)))
    monkeypatch.setattr(sharing, "FEWEST_FILES", 1_000)
    alone, counts_alone = ingest_all(bucket, run, "e2", BYTES)
    assert (alone["chunks"], alone["rejected_file_count"]) == (66, 4)
    assert (rows(bucket), counts) == (together, counts_alone)
    assert {key: bucket.get(key) for key in bucket.keys("rejected/")} == rejected
    lines_alone = bucket.lines("ingestions/e2/files.jsonl")
    assert [line | {"shared": ""} for line in lines] == lines_alone
    assert counts["rejected_by_reason"] == {
        "out_of_range": 1,
        "truncated_file": 1,
        "truncated_gzip": 5,
        "utf_16": 1,
        "zip": 1,
    }
    (line,) = bucket.lines(f"rejected/{sources['array'].digest}/00000-of-00001.jsonl.gz")
    assert (line["source"], line["position"]) == (
        asdict(sources["array"]),
        {"byte": len(json.dumps(ride(900))) + 3, "record": 2},
    )
    (fault,) = bucket.lines(f"rejected/{sources['truncated'].digest}/file.jsonl")
    assert (fault["reason"], fault["source"]) == ("truncated_file", asdict(sources["truncated"]))


def test_what_is_done_together_stays_done_when_a_file_comes(bucket: Any, run: Any) -> None:
    put_small(bucket)
    bucket.put("raw/bad.json", "[1")
    _, counts = ingest_all(bucket, run, "e1", BYTES)
    assert (counts["accepted"], counts["files_read"], counts["files_rejected"]) == (60, 60, 1)
    before = bucket.keys("processed/")
    assert len(before) == 2
    bucket.put("raw/007-and-a-half.json", json.dumps(ride(1_000)))
    plan, counts = ingest_all(bucket, run, "e2", BYTES)
    assert (plan["already_ingested"], plan["chunks"], counts["read"], counts["accepted"]) == (61, 1, 1, 1)
    assert set(before) < set(bucket.keys("processed/"))
    assert len(rows(bucket)) == 61
    assert ingest_all(bucket, run, "e3", BYTES)[0]["already_ingested"] == 62
    assert run("list_rides", {"execution": "e1", "source": "rides"})["objects"] == 3


def test_ingesting_and_checking_again_writes_the_same(bucket: Any, run: Any) -> None:
    put_small(bucket)
    put_mixed(bucket)
    plan, counts = ingest_all(bucket, run, "e1", BYTES)
    before = {key: bucket.get(key) for key in bucket.keys("")}
    for chunk in bucket.json(plan["manifest"]):
        run("ingest_rides", {"execution": "e1", "chunk": chunk})
    assert run("check_ingestion", {"execution": "e1", "max_rejected_fraction": 1.0}) == counts
    assert {key: bucket.get(key) for key in bucket.keys("")} == before


def test_a_small_file_that_was_replaced_or_deleted_midway_is_ingested_as_it_was_planned(bucket: Any, run: Any) -> None:
    put_small(bucket)
    bucket.put("raw/007.json-longer-key", json.dumps(ride(100)))
    plan = run("plan_ingestion", {"execution": "e1", "chunk_bytes": BYTES})
    bucket.put("raw/007.json", json.dumps(ride(1_000)))
    delete(bucket, "raw/008.json")
    for chunk in bucket.json(plan["manifest"]):
        run("ingest_rides", {"execution": "e1", "chunk": chunk})
    assert run("check_ingestion", {"execution": "e1", "max_rejected_fraction": 0.0})["accepted"] == 61
    assert {line["distance"] for line in processed(bucket)} == {10.5 + n for n in (*range(60), 100)}
    _, counts = ingest_all(bucket, run, "e2", BYTES)
    assert (counts["read"], len(rows(bucket))) == (1, 62)


def test_a_small_file_that_is_gone_for_good_fails_clearly(bucket: Any, run: Any) -> None:
    sources = put_small(bucket)
    plan = run("plan_ingestion", {"execution": "e1", "chunk_bytes": BYTES})
    bucket.put("raw/007.json", json.dumps(ride(1_000)))
    bucket.s3.delete_object(Bucket="wildrydes-data", Key="raw/007.json", VersionId=sources[7].version)
    with pytest.raises(RideFileChanged, match=r"s3://wildrydes-data/raw/007\.json is no longer the version"):
        run("ingest_rides", {"execution": "e1", "chunk": bucket.json(plan["manifest"])[0]})
    _, counts = ingest_all(bucket, run, "e2", BYTES)
    assert counts["accepted"] == 60


def test_a_list_of_files_that_was_changed_midway_fails_the_chunk(bucket: Any, run: Any) -> None:
    put_small(bucket)
    plan = run("plan_ingestion", {"execution": "e1", "chunk_bytes": BYTES})
    chunk = bucket.json(plan["manifest"])[0]
    files = bucket.get("manifests/e1.files.jsonl")
    bucket.put("manifests/e1.files.jsonl", files.replace(b"raw/003.json", b"raw/033.json"))
    with pytest.raises(IngestionIncomplete, match=r"manifests/e1\.files\.jsonl has not the \d+ small files, the first"):
        run("ingest_rides", {"execution": "e1", "chunk": chunk})
    delete(bucket, "manifests/e1.files.jsonl")
    with pytest.raises(IngestionIncomplete, match="it was changed"):
        run("ingest_rides", {"execution": "e1", "chunk": chunk})


@pytest.mark.parametrize("deleted", ["staged/e1/", "rejected/", "ingestions/e1/"])
def test_what_was_deleted_midway_fails_the_execution(bucket: Any, run: Any, deleted: str) -> None:
    put_small(bucket)
    source = bucket.put_version("raw/half.json", json.dumps([ride(100), ride(101, Latitude=123)]))
    plan_and_ingest(bucket, run, "e1", BYTES)
    key = bucket.keys(deleted)[0]
    assert deleted != "rejected/" or source.digest in key
    delete(bucket, key)
    with pytest.raises(IngestionIncomplete, match=f"{key} .*is missing"):
        run("check_ingestion", {"execution": "e1", "max_rejected_fraction": 1.0})
    assert (bucket.keys("processed/"), bucket.keys("ingested/")) == ([], [])


def test_a_refused_execution_is_refused_again_and_marks_its_files(bucket: Any, run: Any) -> None:
    put_small(bucket)
    bucket.put("raw/bad.json", json.dumps([ride(n, Latitude=123) for n in range(5)]))
    messages = []
    for execution in ("e1", "e2"):
        with pytest.raises(TooManyRejectedRides) as raised:
            ingest_all(bucket, run, execution, BYTES, bound=0.05)
        messages.append(str(raised.value))
    assert messages[0] == messages[1]
    assert messages[0].startswith("5 of 65 rides were rejected (5 out_of_range)")
    assert (bucket.keys("processed/"), bucket.keys("ingested/shared/")) == ([], [])
    put_more = [bucket.put(f"raw/{n:03}.json", json.dumps(ride(n))) for n in range(100, 200)]
    assert len(put_more) == 100
    with pytest.raises(TooManyRejectedRides, match="5 of 65 rides were rejected in the files that e1 refused"):
        ingest_all(bucket, run, "e3", BYTES, bound=0.05)


def test_files_of_a_check_that_died_between_mark_and_rides_are_ingested_once(bucket: Any, run: Any) -> None:
    put_small(bucket)
    plan_and_ingest(bucket, run, "e1", BYTES)
    run("check_ingestion", {"execution": "e1", "max_rejected_fraction": 1.0})
    first, *_ = bucket.keys("processed/")
    delete(bucket, first)
    _, counts = ingest_all(bucket, run, "e2", BYTES)
    assert 0 < counts["read"] < 60
    assert len(rows(bucket)) == 60


def test_rides_of_shared_chunks_deleted_after_the_check_fail_the_list_of_rides(bucket: Any, run: Any) -> None:
    put_small(bucket)
    ingest_all(bucket, run, "e1", BYTES)
    key = bucket.keys("processed/")[0]
    delete(bucket, key)
    with pytest.raises(IngestionIncomplete, match=f"1 objects with rides were deleted .* {key}"):
        run("list_rides", {"execution": "e1", "source": "rides"})
