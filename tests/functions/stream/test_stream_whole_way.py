"""From a file under stream/, or a message, to an object under processed/."""

import json
from typing import Any

KEY = "stream/two rides + one é.json"


def ride(day: int, **changes: Any) -> dict[str, Any]:
    sizes = {"Distance": 10.0 + day, "HealthPoints": 100 * day, "Latitude": 40.78, "Longitude": -73.97}
    rest = {"MagicPoints": 600, "Name": "Shadowfax", "StatusTime": f"2018-07-0{day} 10:00:00.000"}
    return sizes | rest | changes


def lines(*rides: Any) -> str:
    return "".join(json.dumps(each) + "\n" for each in rides)


def test_rides_of_a_file_end_up_processed_however_often_the_event_is_delivered(stream: Any) -> None:
    data = json.dumps({"travel_data": [ride(day, Distance=n) for n in range(30) for day in (1, 2)]})
    for _ in range(2):
        assert stream.file(data, KEY)["rides"] == 60
        assert stream.locate(*stream.drain(stream.rides)) == []
        assert stream.store(*stream.drain(stream.located)) == []
    rides = [each for rides_of_object in stream.stored_rides().values() for each in rides_of_object]
    assert len(stream.stored_rides()) == 1
    assert len(rides) == len({each["ride_id"] for each in rides}) == 60


def test_streamed_rides_do_not_confuse_the_plan_of_an_ingestion(stream: Any) -> None:
    stream.bucket.put("raw/a.json", lines(ride(1)))
    stream.file(b"", "stream/a.json")
    stream.locate(json.dumps(ride(1)), "poison")
    stream.store(*stream.drain(stream.located))
    plan = stream.run("plan_ingestion", {"execution": "e1", "chunk_bytes": 1024})
    assert (plan["chunks"], plan["already_ingested"]) == (1, 0)
    (chunk,) = stream.bucket.json(plan["manifest"])
    stream.run("ingest_rides", {"execution": "e1", "chunk": chunk})
    again = stream.run("plan_ingestion", {"execution": "e2", "chunk_bytes": 1024})
    assert (again["chunks"], again["already_ingested"]) == (0, 1)
    raw, streamed = stream.stored_rides().values()
    assert raw == streamed


def test_a_ride_with_256_kilobytes_of_padding_is_rejected_on_either_way(stream: Any) -> None:
    padded = json.dumps(ride(1, padding="x" * (256 * 1024)))
    queued = json.dumps(ride(2, padding="é" * 35_000), ensure_ascii=False)
    assert stream.file(f"{padded}\n{json.dumps(ride(3))}")["rides"] == 2
    assert stream.locate(*stream.drain(stream.rides), queued) == []
    rejections = sorted(stream.rejected(), key=lambda each: each["position"] is None)
    assert [(each["reason"], each["position"]) for each in rejections] == [
        ("record_too_large", {"byte": 0, "record": 1}),
        ("record_too_large", None),
    ]
    assert rejections[0]["detail"].startswith(f"the record has {len(padded)} characters")
    assert [each["record"] for each in rejections] == [padded[:2048], queued[:2048]]
    (body,) = stream.drain(stream.located)
    assert len(json.loads(body)["rides"]) == 1
