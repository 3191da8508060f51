"""locate_station and store_rides: batches of messages, and what of them comes back."""

import json
from typing import Any

import pytest

from aws import s3

KEY = "stream/two rides + one é.json"


def ride(day: int, **changes: Any) -> dict[str, Any]:
    sizes = {"Distance": 10.0 + day, "HealthPoints": 100 * day, "Latitude": 40.78, "Longitude": -73.97}
    rest = {"MagicPoints": 600, "Name": "Shadowfax", "StatusTime": f"2018-07-0{day} 10:00:00.000"}
    return sizes | rest | changes


def test_a_ride_of_a_file_and_one_of_a_producer_are_located_in_one_message(stream: Any) -> None:
    answer = stream.run("locate_station", stream.example("locate_station_file_and_producer"))
    assert answer == {"batchItemFailures": []}
    (body,) = map(json.loads, stream.drain(stream.located))
    rides = [json.loads(line) for line in body["rides"].values()]
    assert [(each["distance"], each["groundstation"], each["heavy_utilization"]) for each in rides] == [
        (11.0, "USW00094728", 1),
        (14.0, "USW00094728", 0),
    ]
    assert list(body["rides"]) == [each["ride_id"] for each in rides]
    assert body["sent"] == 1_720_519_201_000
    assert stream.metrics() == {"RidesIn": [3.0], "MessagesFailed": [0.0]}


def test_what_can_never_be_a_ride_is_rejected_with_its_reason_and_its_neighbours_kept(stream: Any) -> None:
    assert stream.run("locate_station", stream.example("locate_station_never_rides")) == {"batchItemFailures": []}
    (key,) = stream.bucket.keys("rejected/")
    assert key.startswith("rejected/stream/2024-07-09/")
    rejections = sorted(stream.rejected(), key=lambda each: (each["reason"], each["position"] is not None))
    assert [(each["reason"], each["field"]) for each in rejections] == [
        ("missing_field", "MagicPoints"),
        ("not_an_object", None),
        ("not_json", None),
        ("out_of_range", "Latitude"),
        ("out_of_range", "Latitude"),
    ]
    queued = {"queue": "arn:aws:sqs:us-east-1:111122223333:rides", "message_id": rejections[2]["source"]["message_id"]}
    assert (rejections[2]["source"], rejections[2]["position"], rejections[2]["record"]) == (
        queued,
        None,
        "{Distance: 30}",
    )
    assert (rejections[4]["source"]["key"], rejections[4]["position"]) == (KEY, {"byte": 221, "record": 2})
    assert rejections[4]["record"] == json.dumps(ride(2, Latitude=123))
    (body,) = stream.drain(stream.located)
    assert len(json.loads(body)["rides"]) == 1
    assert stream.metrics() == {"RidesIn": [6.0], "RidesRejected": [5.0], "MessagesFailed": [0.0]}


def test_a_batch_of_nothing_but_poison_is_done_and_makes_the_same_object_again(stream: Any) -> None:
    assert stream.locate("x", "y") == stream.locate("x", "y") == []
    assert len(stream.bucket.keys("rejected/")) == 1
    assert [each["record"] for each in stream.rejected()] == ["x", "y"]
    assert stream.drain(stream.located) == []


def test_where_rejecting_fails_the_poison_alone_comes_back(stream: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_BUCKET", "no-such-bucket")
    assert stream.locate(json.dumps(ride(1)), "poison", json.dumps(ride(2)), "[]") == ["m1", "m3"]
    (body,) = stream.drain(stream.located)
    assert len(json.loads(body)["rides"]) == 2


def test_where_sending_fails_the_rides_come_back_and_the_poison_is_done(stream: Any) -> None:
    stream.sqs.delete_queue(QueueUrl=stream.located)
    assert stream.locate(json.dumps(ride(1)), "poison", json.dumps(ride(2))) == ["m0", "m2"]
    assert [each["record"] for each in stream.rejected()] == ["poison"]
    assert stream.metrics()["MessagesFailed"] == [2.0]
    stream.create("located-rides")
    assert stream.locate(json.dumps(ride(1)), json.dumps(ride(2))) == []
    assert len(stream.drain(stream.located)) == 1


def test_a_batch_that_fails_as_a_whole_is_reported_as_a_whole(stream: Any) -> None:
    stream.sqs.delete_queue(QueueUrl=stream.located)
    assert stream.locate(json.dumps(ride(1)), json.dumps(ride(2))) == ["m0", "m1"]


def test_a_batch_becomes_one_object_with_each_ride_once(stream: Any) -> None:
    assert stream.run("store_rides", stream.example("store_rides_two_messages")) == {"batchItemFailures": []}
    ((key, rides),) = stream.stored_rides().items()
    assert key.startswith("processed/year=2018/stream/2024-07-09/")
    assert sorted(each["distance"] for each in rides) == [11.0, 14.0, 17.0]
    assert [each["ride_id"] for each in rides] == sorted(each["ride_id"] for each in rides)
    metrics = stream.metrics()
    assert (metrics["RidesStored"], metrics["MessagesFailed"]) == ([3.0], [0.0])
    assert metrics["OldestRideAge"][0] > 365 * 24 * 3600 * 1000.0


def test_the_same_batch_in_another_order_overwrites_the_object_byte_for_byte(stream: Any) -> None:
    batch = stream.example("store_rides_two_messages")
    stream.run("store_rides", batch)
    before = {key: stream.bucket.get(key) for key in stream.bucket.keys("")}
    batch["Records"].reverse()
    stream.run("store_rides", batch)
    assert {key: stream.bucket.get(key) for key in stream.bucket.keys("")} == before


def test_a_message_of_another_kind_fails_alone(stream: Any) -> None:
    foreign = stream.example("store_rides_foreign_message")
    assert stream.failed("store_rides", foreign) == [foreign["Records"][1]["messageId"]]
    assert [len(rides) for rides in stream.stored_rides().values()] == [2]
    assert stream.store(json.dumps(ride(1)), "{") == ["m0", "m1"]
    assert len(stream.stored_rides()) == 1


def test_where_storing_fails_so_does_the_batch(stream: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_BUCKET", "no-such-bucket")
    with pytest.raises(s3.client().exceptions.NoSuchBucket):
        stream.run("store_rides", stream.example("store_rides_two_messages"))
