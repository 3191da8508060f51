"""What list_rides and evaluate_model write of a model's inputs: digests in the card, and the lists they are of."""

import gzip
from hashlib import md5, sha256
from pathlib import Path
from typing import Any

import pytest

from wildrydes.errors import BadLineage, MissingObject
from wildrydes.model.lineage import code_digest

FUNCTIONS = Path(__file__).parents[2] / "functions"
KEY = "models/e1/e1-job/output/model.tar.gz"
RIDES = "processed/year=2019/a/00000-of-00001.1-of-1.5-rides.jsonl.gz"
MORE_RIDES = "processed/year=2018/b/00000-of-00001.1-of-1.7-rides.jsonl.gz"
OTHER_RIDES = "processed/year=2017/b/00000-of-00001.1-of-2.9-rides.jsonl.gz"
LISTING = ("prefix", "objects", "sha256", "list")
NOTHING = sha256(b"").hexdigest()


@pytest.fixture
def listing(model_bucket: Any, run: Any) -> Any:
    """A bucket whose rides were listed before the training set was built."""
    model_bucket.put("processed/stream/", b"")
    model_bucket.put(RIDES, b"rides")
    model_bucket.put("processed/empty/a/00000-of-00001.jsonl.gz", b"")
    event = {"execution": "e1", "source": "rides", "first_year": 2018, "last_year": 2019}
    return model_bucket, run("list_rides", event)


def origin_of(listed: dict[str, Any]) -> dict[str, Any]:
    """What the workflow hands on of a list."""
    return {"rides": {name: listed[name] for name in LISTING}, "years": listed["years"]}


def lineage_of(bucket: Any) -> dict[str, Any]:
    return bucket.json("models/e1/card.json")["lineage"]


def text_of(bucket: Any, listing: dict[str, Any]) -> bytes:
    return gzip.decompress(bucket.get(listing["list"]))


def test_rides_are_listed_with_what_s3_says_of_them(listing: Any) -> None:
    bucket, listing = listing
    assert listing == {
        "prefix": "processed/",
        "objects": 1,
        "sha256": sha256(text_of(bucket, listing)).hexdigest(),
        "list": "models/e1/lineage/rides.jsonl.gz",
        "years": {"first": 2018, "last": 2019},
        "other_years": {"objects": 0, "rides": 0},
    }
    (line,) = bucket.lines(listing["list"])
    assert (line["key"], line["etag"], line["size"]) == (RIDES, md5(b"rides", usedforsecurity=False).hexdigest(), 5)
    assert set(line) == {"key", "etag", "size", "version", "modified"}


def test_the_card_has_digests_of_lists_and_the_lists_those_of_contents(listing: Any, evaluate: Any) -> None:
    bucket, rides = listing
    bucket.put("weather/e1/part", b"weather")
    bucket.put("weather/e2/part", b"of another execution")
    origin = {"image": {"uri": "i:1", "digest": "", "unknown": "refused"}, "training": {"job": "e1-job"}}
    candidate = {"algorithm": "linear-learner", "model_key": KEY, "hyperparameters": {}, "tuning": {}} | origin
    evaluate(lineage={**origin_of(rides), "state_machine": "retrain"}, candidates=[candidate])
    lineage = lineage_of(bucket)
    assert lineage["rides"] == {name: rides[name] for name in LISTING}
    assert lineage["years"] == rides["years"]
    assert (lineage["unsettled_rides"]["objects"], lineage["unsettled_rides"]["sha256"]) == (0, NOTHING)
    assert (lineage["weather"]["prefix"], lineage["weather"]["objects"]) == ("weather/e1/", 1)
    assert (lineage["rows"]["prefix"], lineage["rows"]["objects"]) == ("training-sets/e1/", 3)
    for name in ("weather", "rows"):
        assert lineage[name]["sha256"] == sha256(text_of(bucket, lineage[name])).hexdigest()
        for line in bucket.lines(lineage[name]["list"]):
            assert line["sha256"] == sha256(bucket.get(line["key"])).hexdigest()
    assert lineage["artefact_sha256"] == sha256(bucket.get(KEY)).hexdigest()
    assert lineage["code_sha256"] == code_digest(FUNCTIONS)
    assert {name: lineage[name] for name in (*origin, "tuning")} == origin | {"tuning": {}}
    assert lineage["state_machine"] == "retrain"


def test_rides_that_come_while_the_training_set_is_built_are_named_apart(listing: Any, evaluate: Any) -> None:
    bucket, rides = listing
    bucket.put(MORE_RIDES, b"more rides")
    bucket.put(OTHER_RIDES, b"rides of a year that is not read")
    bucket.put(RIDES, b"rides")
    # The query wrote this one last, when it had read what it reads.
    bucket.put("training-sets/e1/split=train/part-0.gz", gzip.compress(b"1,10,500\n0,20,100\n"))
    evaluate(lineage=origin_of(rides))
    lineage = lineage_of(bucket)
    (line,) = bucket.lines(lineage["unsettled_rides"]["list"])
    assert line["key"] == MORE_RIDES


def test_rides_of_other_years_are_counted_and_not_listed(listing: Any, run: Any) -> None:
    bucket, _ = listing
    bucket.put(MORE_RIDES, b"more rides")
    bucket.put(OTHER_RIDES, b"other rides")
    event = {"execution": "e1", "source": "rides", "first_year": 2018, "last_year": 2018}
    listed = run("list_rides", event)
    assert [line["key"] for line in bucket.lines(listed["list"])] == [MORE_RIDES]
    assert listed["other_years"] == {"objects": 2, "rides": 14}
    assert run("list_rides", {"execution": "e1", "source": "rides"})["objects"] == 3


def test_a_list_that_is_not_what_its_digest_names_fails_the_evaluation(listing: Any, evaluate: Any) -> None:
    bucket, rides = listing
    bucket.put(rides["list"], gzip.compress(b""))
    with pytest.raises(BadLineage, match=f"has the digest {NOTHING}, and should have {rides['sha256']}"):
        evaluate(lineage=origin_of(rides))
    bucket.s3.delete_object(Bucket="wildrydes-data", Key=rides["list"])
    with pytest.raises(MissingObject, match="lineage/rides"):
        evaluate(lineage=origin_of(rides))
