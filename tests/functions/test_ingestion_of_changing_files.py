"""Ride files that are replaced or deleted between listing, plan and ingestion."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from aws import s3
from ingestions import ingest_all, processed, ride
from wildrydes.bucket import StoredFile
from wildrydes.errors import RideFileChanged


def planned_chunk(bucket: Any, run: Any, execution: str) -> Any:
    """The one chunk of the plan of an execution."""
    plan = run("plan_ingestion", {"execution": execution, "chunk_bytes": 1024})
    (chunk,) = bucket.json(plan["manifest"])
    return chunk


def test_the_version_that_was_planned_is_ingested_also_after_it_was_replaced(bucket: Any, run: Any) -> None:
    source = bucket.put_version("raw/x.json", json.dumps([ride(1)]))
    chunk = planned_chunk(bucket, run, "e1")
    assert {name: chunk[name] for name in asdict(source)} == asdict(source)
    bucket.put("raw/x.json", json.dumps([ride(2), ride(3)]))
    assert run("ingest_rides", {"execution": "e1", "chunk": chunk})["accepted"] == 1
    assert run("check_ingestion", {"execution": "e1", "max_rejected_fraction": 0.0})["accepted"] == 1
    assert [line["distance"] for line in processed(bucket)] == [11.5]
    _, counts = ingest_all(bucket, run, "e2")
    assert (counts["accepted"], len(processed(bucket))) == (2, 3)


def test_the_version_that_was_planned_is_ingested_also_after_the_file_was_deleted(bucket: Any, run: Any) -> None:
    bucket.put("raw/x.json", json.dumps([ride(1)]))
    chunk = planned_chunk(bucket, run, "e1")
    bucket.s3.delete_object(Bucket="wildrydes-data", Key="raw/x.json")
    assert run("ingest_rides", {"execution": "e1", "chunk": chunk})["accepted"] == 1
    assert planned_keys(bucket, run, "e2") == []


def planned_keys(bucket: Any, run: Any, execution: str) -> list[str]:
    plan = run("plan_ingestion", {"execution": execution, "chunk_bytes": 1024})
    return [chunk["key"] for chunk in bucket.json(plan["manifest"])]


def test_a_version_that_is_gone_for_good_fails_clearly_and_the_next_is_taken_next_time(bucket: Any, run: Any) -> None:
    source = bucket.put_version("raw/x.json", json.dumps([ride(1)]))
    chunk = planned_chunk(bucket, run, "e1")
    bucket.put("raw/x.json", json.dumps([ride(1), ride(2)]))
    bucket.s3.delete_object(Bucket="wildrydes-data", Key="raw/x.json", VersionId=source.version)
    message = rf"the version {source.version} of s3://wildrydes-data/raw/x\.json is gone for good"
    with pytest.raises(RideFileChanged, match=message):
        run("ingest_rides", {"execution": "e1", "chunk": chunk})
    _, counts = ingest_all(bucket, run, "e2")
    assert counts["accepted"] == 2


def test_a_file_that_changed_in_a_bucket_without_versions_fails_clearly(bucket: Any, run: Any) -> None:
    bucket.put("raw/x.json", json.dumps([ride(1)]))
    chunk = planned_chunk(bucket, run, "e1") | {"version": None}
    bucket.put("raw/x.json", json.dumps([ride(1), ride(2)]))
    with pytest.raises(RideFileChanged, match=r"s3://wildrydes-data/raw/x\.json is no longer the version"):
        run("ingest_rides", {"execution": "e1", "chunk": chunk})


def test_the_plan_takes_a_file_as_it_is_when_it_is_read(bucket: Any, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files were listed before one was replaced, and another deleted."""
    replaced, deleted = bucket.put_version("raw/a.json", "[]"), bucket.put_version("raw/b.json", "[]")
    now = bucket.put_version("raw/a.json", json.dumps([ride(1)]))
    bucket.s3.delete_object(Bucket="wildrydes-data", Key="raw/b.json")
    monkeypatch.setattr(s3, "stored_files", lambda *_: (StoredFile(source, 2) for source in (replaced, deleted)))
    chunk = planned_chunk(bucket, run, "e1")
    assert (chunk["key"], chunk["etag"], chunk["version"]) == ("raw/a.json", now.etag, now.version)
