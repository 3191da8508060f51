"""fan_out_rides: events of files under stream/."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from aws import sqs
from wildrydes.bucket import Source
from wildrydes.errors import BadStreamEvent

KEY = "stream/two rides + one é.json"


def ride(day: int, **changes: Any) -> dict[str, Any]:
    sizes = {"Distance": 10.0 + day, "HealthPoints": 100 * day, "Latitude": 40.78, "Longitude": -73.97}
    rest = {"MagicPoints": 600, "Name": "Shadowfax", "StatusTime": f"2018-07-0{day} 10:00:00.000"}
    return sizes | rest | changes


def lines(*rides: Any) -> str:
    return "".join(json.dumps(each) + "\n" for each in rides)


def test_a_created_file_becomes_a_message_a_ride_with_source_and_position(stream: Any) -> None:
    texts = [json.dumps(each) for each in (ride(1), ride(2, Latitude=123), ride(3, FieldService=1))]
    source = stream.bucket.put_version(KEY, "".join(f"{text}\n" for text in texts))
    event = stream.example("fan_out_rides_object_created")
    event["detail"]["object"]["version-id"] = source.version
    answer = stream.run("fan_out_rides", event)
    assert answer == {"files": 1, "rides": 3, "rejected_files": 0, "gone": 0, "skipped": 0}
    assert sorted(map(json.loads, stream.drain(stream.rides)), key=lambda each: each["position"]["record"]) == [
        {
            "source": asdict(source),
            "position": {"byte": sum(len(text) + 1 for text in texts[:number]), "record": number + 1},
            "record": texts[number],
        }
        for number in range(3)
    ]
    assert stream.metrics() == {"RidesSent": [3.0], "FilesRejected": [0.0]}


def test_every_record_of_a_notification_is_read_and_its_key_decoded(stream: Any) -> None:
    stream.bucket.put(KEY, lines(ride(1), ride(2, Latitude=123), ride(3, FieldService=1)))
    stream.bucket.put("stream/one.json", json.dumps([ride(4)]))
    answer = stream.run("fan_out_rides", stream.example("fan_out_rides_notification"))
    assert answer == {"files": 2, "rides": 4, "rejected_files": 0, "gone": 0, "skipped": 0}
    sources = [json.loads(body)["source"]["key"] for body in stream.drain(stream.rides)]
    assert sorted(sources) == ["stream/one.json", KEY, KEY, KEY]


GONE = {"files": 0, "rides": 0, "rejected_files": 0, "gone": 1, "skipped": 0}


def test_versions_of_one_key_are_as_many_files_however_late_their_events_are_read(stream: Any) -> None:
    sources = [stream.bucket.put_version("stream/x.json", lines(ride(1, Distance=n + 1))) for n in range(20)]
    stream.bucket.s3.delete_object(Bucket="wildrydes-data", Key="stream/x.json")
    for source in sources:
        assert stream.send_event(source)["rides"] == 1
    bodies = [json.loads(body) for body in stream.drain(stream.rides)]
    sent = {body["source"]["version"]: json.loads(body["record"])["Distance"] for body in bodies}
    assert sent == {source.version: n + 1 for n, source in enumerate(sources)}


def test_every_record_of_a_notification_is_read_by_its_version(stream: Any) -> None:
    old, _ = (stream.bucket.put_version("stream/one.json", lines(ride(day))) for day in (1, 2))
    event = stream.example("fan_out_rides_notification")
    event["Records"] = event["Records"][1:]
    event["Records"][0]["s3"]["object"] |= {"eTag": old.etag, "versionId": old.version}
    assert stream.run("fan_out_rides", event)["rides"] == 1
    assert [json.loads(json.loads(body)["record"]) for body in stream.drain(stream.rides)] == [ride(1)]


def test_a_version_that_is_gone_for_good_is_done(stream: Any) -> None:
    assert stream.run("fan_out_rides", stream.example("fan_out_rides_deleted_key")) == GONE
    first, second = (stream.bucket.put_version("stream/x.json", lines(ride(day))) for day in (1, 2))
    stream.bucket.s3.delete_object(Bucket="wildrydes-data", Key="stream/x.json", VersionId=first.version)
    assert stream.send_event(first) == GONE
    assert stream.send_event(second)["rides"] == 1
    assert stream.rejected() == []


def test_a_file_of_a_bucket_without_versions_that_was_replaced_before_it_was_read_is_done(stream: Any) -> None:
    first, second = (Source("stream/x.json", stream.bucket.put("stream/x.json", lines(ride(day)))) for day in (1, 2))
    assert stream.send_event(first) == GONE
    assert stream.send_event(second)["rides"] == 1


def test_the_marker_of_a_folder_and_a_removed_object_are_no_files(stream: Any) -> None:
    none = {"files": 0, "rides": 0, "rejected_files": 0, "gone": 0, "skipped": 0}
    assert stream.file(b"", "stream/2024/") == none
    removed = stream.example("fan_out_rides_notification")
    for record in removed["Records"]:
        record["eventName"] = "ObjectRemoved:Delete"
    assert stream.run("fan_out_rides", removed) == none


@pytest.mark.parametrize(
    ("data", "count", "reason", "byte"),
    [
        (b"Distance,Name\n", 0, "csv", 0),
        (b"hello\n", 0, "not_json", 0),
        (lines(ride(1), ride(2)).encode() + b'{"Distance": 3', 2, "truncated_file", None),
        (lines(ride(1)).encode() + b"no\n", 1, "not_json", None),
        (b"[" + json.dumps(ride(1)).encode(), 1, "truncated_file", None),
    ],
)
def test_what_stands_before_a_fault_is_sent_and_the_fault_kept(
    stream: Any, data: bytes, count: int, reason: str, byte: int | None
) -> None:
    assert stream.file(data) == {"files": 1, "rides": count, "rejected_files": 1, "gone": 0, "skipped": 0}
    assert len(stream.drain(stream.rides)) == count
    (fault,) = stream.rejected()
    assert (fault["reason"], fault["source"]["key"], fault["position"]["record"]) == (
        reason,
        "stream/x.json",
        count + 1,
    )
    assert fault["position"]["byte"] == byte or byte is None


def test_a_file_that_cannot_be_sent_fails_the_event_once_the_others_are_sent(stream: Any) -> None:
    def refuse(params: dict[str, Any], **_: Any) -> None:
        if any('"stream/one.json"' in entry["MessageBody"] for entry in params["Entries"]):
            params["QueueUrl"] += "-gone"

    stream.bucket.put(KEY, lines(ride(1), ride(2, Latitude=123), ride(3, FieldService=1)))
    stream.bucket.put("stream/one.json", json.dumps([ride(4)]))
    both = stream.example("fan_out_rides_notification")
    both["Records"].reverse()
    sqs.client().meta.events.register("before-parameter-build.sqs.SendMessageBatch", refuse)
    with pytest.raises(sqs.client().exceptions.QueueDoesNotExist):
        stream.run("fan_out_rides", both)
    assert len(stream.drain(stream.rides)) == 3


@pytest.mark.parametrize("event", [{}, {"Records": [{"eventName": "ObjectCreated:Put"}]}, {"Records": None}, []])
def test_an_event_of_another_kind_is_refused(stream: Any, event: Any) -> None:
    with pytest.raises(BadStreamEvent, match="neither EventBridge's Object Created nor a notification of S3's"):
        stream.run("fan_out_rides", event)
