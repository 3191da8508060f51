"""plan_ingestion, ingest_rides and check_ingestion, one after the other as the workflow runs them."""

import gzip
import json
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ingestions import ingest_all, processed, ride
from wildrydes.errors import TooManyRejectedRides
from wildrydes.rides.messages import locate

SAMPLE = Path(__file__).parents[2] / "data" / "rides"


def test_a_ride_ends_up_processed_with_its_station_and_label(bucket: Any, run: Any) -> None:
    source = bucket.put_version("raw/one.json", json.dumps([ride(0, FieldService=1)]))
    plan, counts = ingest_all(bucket, run, "e1")
    digest = sha256(f"raw/one.json\n{source.etag}".encode()).hexdigest()[:32]
    assert plan == {
        "bucket": "wildrydes-data",
        "manifest": "manifests/e1.json",
        "chunks": 1,
        "objects": 1,
        "already_ingested": 0,
        "rejected_files": [],
        "rejected_file_count": 0,
        "message": "1 of 1 files under raw/ are new: 1 chunks to ingest, 0 files rejected whole.",
    }
    assert bucket.keys("processed/") == [f"processed/year=2019/{digest}/00000-of-00001.1-of-1.1-rides.jsonl.gz"]
    (line,) = processed(bucket)
    canonical = (
        '"name":"Shadowfax","statustime":"2019-01-01 10:00:00.000","latitude":40.64,"longitude":-73.77,'
        '"distance":10.5,"healthpoints":100.0,"magicpoints":550.0,"service_requested":null'
    )
    assert list(line.items()) == [
        ("ride_id", sha256(canonical.encode()).hexdigest()[:32]),
        ("name", "Shadowfax"),
        ("statustime", "2019-01-01 10:00:00.000"),
        ("latitude", 40.64),
        ("longitude", -73.77),
        ("distance", 10.5),
        ("healthpoints", 100.0),
        ("magicpoints", 550.0),
        ("service_requested", 1),
        ("groundstation", "USW00094789"),
        ("heavy_utilization", 1),
        ("arrived_at", source.arrived_at),
        ("arrival_position", 1),
    ]
    assert counts == {
        "read": 1,
        "accepted": 1,
        "rejected": 0,
        "rejected_by_reason": {},
        "repeated": 0,
        "files_read": 1,
        "files_skipped": 0,
        "files_rejected": 0,
        "file_lines": [
            {
                "key": "raw/one.json",
                "outcome": "read",
                "read": 1,
                "accepted": 1,
                "rejected": 0,
                "rejected_by_reason": {},
                "repeated": 0,
                "why": None,
            }
        ],
        "file_lines_omitted": 0,
    }
    (mark,) = bucket.keys("ingested/")
    assert mark == f"ingested/{digest}.json"
    assert {name: bucket.json(mark)[name] for name in ("key", "etag", "accepted", "execution")} == {
        "key": "raw/one.json",
        "etag": source.etag,
        "accepted": 1,
        "execution": "e1",
    }


def test_a_small_chunk_size_fans_one_file_out_without_losing_a_ride(bucket: Any, run: Any) -> None:
    bucket.put("raw/many.json", json.dumps({"travel_data": [ride(n) for n in range(100)]}, indent=1))
    plan, counts = ingest_all(bucket, run, "e1", 1024)
    assert plan["chunks"] == 17
    assert counts["accepted"] == 100
    assert {line["distance"] for line in processed(bucket)} == {10.5 + n for n in range(100)}
    assert bucket.keys("processed/")[-1].split("/")[-1].startswith("00016-of-00017.1-of-1.")


def test_bad_rides_are_rejected_with_reason_and_position_and_neighbours_kept(bucket: Any, run: Any) -> None:
    texts = [json.dumps(ride(0)), json.dumps(ride(1, Latitude=123)), '"Ünicorn"', json.dumps(ride(2))]
    source = bucket.put_version("raw/x.json", "[" + ",\n".join(texts) + "]")
    _, counts = ingest_all(bucket, run, "e1")
    assert (counts["read"], counts["accepted"], counts["rejected_by_reason"]) == (
        4,
        2,
        {"not_an_object": 1, "out_of_range": 1},
    )
    (key,) = bucket.keys("rejected/")
    first, second = bucket.lines(key)
    assert first == {
        "reason": "out_of_range",
        "field": "Latitude",
        "detail": "Latitude is 123; expected a number of degrees from -90 to 90",
        "source": asdict(source),
        "position": {"byte": 1 + len(texts[0]) + 2, "record": 2},
        "record": texts[1],
    }
    assert second["position"] == {"byte": 1 + len(texts[0]) + 2 + len(texts[1]) + 2, "record": 3}
    assert (second["reason"], second["record"]) == ("not_an_object", '"Ünicorn"')


def test_broken_files_are_rejected_whole_named_with_the_position_and_only_once(bucket: Any, run: Any) -> None:
    good = json.dumps(ride(0))
    bucket.put("raw/empty.json", b"")
    bucket.put("raw/latin.json", good.replace("Shadowfax", "Zéphyr").encode("latin-1"))
    bucket.put("raw/no.json", "name,distance\nShadowfax,10\n")
    bucket.put("raw/truncated.json", f"[{good},\n{good},\n{good[:50]}")
    bucket.put("raw/good.json", good)
    plan, counts = ingest_all(bucket, run, "e1")
    assert [(f["key"], f["reason"], f["position"]) for f in plan["rejected_files"]] == [
        ("raw/latin.json", "not_utf8", {"byte": 110, "line": 1, "column": 111}),
        ("raw/no.json", "csv", {"byte": 0, "line": 1, "column": 1}),
        ("raw/truncated.json", "truncated_file", {"byte": 2 * len(good) + 55, "line": 3, "column": 51}),
    ]
    assert {name: counts[name] for name in ("read", "accepted", "rejected", "repeated")} == {
        "read": 5,
        "accepted": 1,
        "rejected": 4,
        "repeated": 0,
    }
    assert counts["rejected_by_reason"] == {"csv": 1, "not_utf8": 1, "truncated_file": 2}
    assert (counts["files_read"], counts["files_rejected"], counts["files_skipped"]) == (1, 3, 1)
    again, counts = ingest_all(bucket, run, "e2")
    assert (again["chunks"], again["already_ingested"], again["rejected_file_count"]) == (0, 4, 0)
    assert again["message"].startswith("None of the 4 files under raw/ is new")
    (line,) = counts["file_lines"]
    assert (counts["read"], line["key"], line["outcome"]) == (0, "raw/empty.json", "skipped")
    assert "the file holds nothing" in line.values()


def test_compressed_files_are_read_and_other_formats_and_leftovers_named(bucket: Any, run: Any) -> None:
    texts = [json.dumps(ride(number, **({"Latitude": 123} if number == 7 else {}))) for number in range(50)]
    whole = "\n".join(texts).encode()
    etag = bucket.put("raw/rides.json", gzip.compress(whole[:999]) + gzip.compress(whole[999:]))
    bucket.put("raw/utf16.json", "\n".join(texts).encode("utf-16"))
    bucket.put("raw/cut.gz", gzip.compress(whole)[:-20])
    bucket.put("raw/_SUCCESS", b"")
    plan, counts = ingest_all(bucket, run, "e1", 1024)
    assert (plan["chunks"], plan["objects"], plan["rejected_file_count"], counts["files_skipped"]) == (1, 1, 2, 1)
    assert [(each["key"], each["reason"]) for each in plan["rejected_files"]] == [
        ("raw/cut.gz", "truncated_gzip"),
        ("raw/utf16.json", "utf_16"),
    ]
    assert plan["rejected_files"][1]["detail"] == "the file looks like UTF-16; convert it to UTF-8"
    (line,) = (each for each in counts["file_lines"] if each["outcome"] == "skipped")
    assert line["key"] == "raw/_SUCCESS"
    assert "_SUCCESS marks a finished job" in line.values()
    assert (counts["accepted"], counts["rejected_by_reason"]["out_of_range"]) == (49, 1)
    (bad,) = (line for key in bucket.keys("rejected/") for line in bucket.lines(key) if line["record"])
    assert (bad["record"], bad["source"]["etag"]) == (texts[7], etag)
    assert bad["position"] == {"byte": whole.index(texts[7].encode()), "record": 8}


@pytest.mark.parametrize(
    "more", ['"Distance": 18.0', '"distance": 18.0', '"extra": {"a": 1, "a": 1}', '"x": 1, "X": 1']
)
def test_a_ride_with_a_key_twice_is_rejected_from_a_file_as_from_a_message(bucket: Any, run: Any, more: str) -> None:
    text = f"{json.dumps(ride(1))[:-1]}, {more}}}"
    bucket.put("raw/x.json", f"[{text}]")
    _, counts = ingest_all(bucket, run, "e1")
    assert (counts["read"], counts["accepted"], counts["rejected_by_reason"]) == (1, 0, {"ambiguous_field": 1})
    ((line,),) = (bucket.lines(key) for key in bucket.keys("rejected/"))
    of_message = json.loads(locate(text, {"queue": "q", "message_id": "m"}, 0).line)
    assert [line[name] for name in ("field", "detail")] == [of_message[name] for name in ("field", "detail")]
    assert "is there more than once" in line["detail"]


def test_files_without_a_ride_are_fine_and_not_planned_again(bucket: Any, run: Any) -> None:
    bucket.put("raw/a.json", "[]")
    bucket.put("raw/b.json", '{"travel_data": [ ]}\n')
    plan, _ = ingest_all(bucket, run, "e1")
    assert (plan["objects"], plan["chunks"], plan["rejected_file_count"]) == (2, 0, 0)
    assert processed(bucket) == []
    plan, _ = ingest_all(bucket, run, "e2")
    assert (plan["objects"], plan["already_ingested"]) == (0, 2)


def test_nothing_under_raw_is_said_and_is_no_error(bucket: Any, run: Any) -> None:
    bucket.put("raw/", b"")
    plan, counts = ingest_all(bucket, run, "e1")
    assert plan["message"].startswith("There is no file under raw/")
    assert (plan["chunks"], bucket.json("manifests/e1.json"), counts["read"]) == (0, [], 0)


def test_keys_with_spaces_plus_and_unicode_work(bucket: Any, run: Any) -> None:
    for number, name in enumerate(
        ("a b.json", "a+b.json", "Zéphyr 麒麟.json", "100%25.json", "a&b=c?.json", "d//e.json")
    ):
        bucket.put(f"raw/{name}", json.dumps(ride(number)))
    plan, counts = ingest_all(bucket, run, "e1")
    assert (plan["objects"], counts["accepted"]) == (6, 6)
    assert {line["distance"] for line in processed(bucket)} == {10.5 + n for n in range(6)}


def test_repeats_within_a_chunk_are_dropped_and_counted_however_they_are_spelled(bucket: Any, run: Any) -> None:
    spelled = {name.lower(): str(value) for name, value in reversed(ride(1).items())}
    bucket.put("raw/x.json", "\n".join(map(json.dumps, (ride(1), ride(2), spelled, ride(1)))))
    _, counts = ingest_all(bucket, run, "e1")
    assert (counts["read"], counts["accepted"], counts["repeated"]) == (4, 2, 2)


def test_ingesting_again_writes_the_same_bytes(bucket: Any, run: Any) -> None:
    bucket.put("raw/x.json", json.dumps([ride(n, Latitude=40 + n) for n in range(60)]))
    plan, _ = ingest_all(bucket, run, "e1", 4096)
    before = {key: bucket.get(key) for key in bucket.keys("") if "manifests/" not in key}
    for chunk in bucket.json(plan["manifest"]):
        run("ingest_rides", {"execution": "e1", "chunk": chunk})
    assert {key: bucket.get(key) for key in bucket.keys("") if "manifests/" not in key} == before
    assert any(key.startswith("rejected/") for key in before)


def test_a_chunk_that_was_not_ingested_is_planned_again(bucket: Any, run: Any) -> None:
    bucket.put("raw/x.json", json.dumps([ride(n) for n in range(20)]))
    plan = run("plan_ingestion", {"execution": "e1", "chunk_bytes": 1024})
    run("ingest_rides", {"execution": "e1", "chunk": bucket.json(plan["manifest"])[0]})
    again, counts = ingest_all(bucket, run, "e2", 1024)
    assert (again["chunks"], again["already_ingested"], counts["accepted"]) == (plan["chunks"], 0, 20)


def test_too_many_rejected_rides_stop_the_execution_with_the_counts(bucket: Any, run: Any) -> None:
    bucket.put("raw/x.json", json.dumps([ride(n, Distance=float("nan") if n < 3 else 1.0) for n in range(20)]))
    ingest_all(bucket, run, "e1")
    with pytest.raises(TooManyRejectedRides, match=r"3 of 20 rides were rejected \(3 not_finite\)"):
        run("check_ingestion", {"execution": "e1", "max_rejected_fraction": 0.1})
    assert run("check_ingestion", {"execution": "e1", "max_rejected_fraction": 0.15})["rejected"] == 3


def test_the_sample_is_read_in_all_four_shapes(bucket: Any, run: Any) -> None:
    for path in sorted(SAMPLE.iterdir()):
        bucket.put(f"raw/{path.name}", path.read_bytes())
    plan, counts = ingest_all(bucket, run, "e1", 100_000)
    assert (plan["objects"], plan["rejected_file_count"]) == (4, 0)
    assert 8 < plan["chunks"] < 16
    assert (counts["read"], counts["rejected"]) == (5048, 12)
    assert counts["accepted"] + counts["repeated"] == 5036
    ids = [line["ride_id"] for line in processed(bucket)]
    assert len(set(ids)) == 5000
    assert set(counts["rejected_by_reason"]) == {
        "missing_field",
        "not_a_number",
        "not_finite",
        "out_of_range",
        "unreadable_time",
    }
