"""From a file under stream/, or a message, to an object under processed/."""

import json
from typing import Any

import pytest

from aws import settings

KEY = "stream/two rides + one é.json"


def ride(day: int, **changes: Any) -> dict[str, Any]:
    sizes = {"Distance": 10.0 + day, "HealthPoints": 100 * day, "Latitude": 40.78, "Longitude": -73.97}
    rest = {"MagicPoints": 600, "Name": "Shadowfax", "StatusTime": f"2018-07-0{day} 10:00:00.000"}
    return sizes | rest | changes


def lines(*rides: Any) -> str:
    return "".join(json.dumps(each) + "\n" for each in rides)


def test_rides_of_a_file_end_up_processed_however_often_the_event_is_delivered(stream: Any) -> None:
    data = json.dumps({"travel_data": [ride(day, Distance=n) for n in range(1, 31) for day in (1, 2)]})
    source = stream.bucket.put_version(KEY, data)
    for _ in range(2):
        assert stream.send_event(source)["rides"] == 60
        assert stream.locate(*stream.drain(stream.rides)) == []
        assert stream.store(*stream.drain(stream.located)) == []
    rides = [each for rides_of_object in stream.stored_rides().values() for each in rides_of_object]
    assert len(stream.stored_rides()) == 1
    assert len(rides) == len({each["ride_id"] for each in rides}) == 60
    assert {each["arrived_at"] for each in rides} == {source.arrived_at}
    places = sorted(each["arrival_position"] for each in rides)
    assert places[0] == data.index("{", 1)
    assert all(data[place] == "{" for place in places)


def test_the_last_word_on_fieldservice_is_stored_beside_the_first_whichever_is_stored_first(stream: Any) -> None:
    first, again = json.dumps(ride(1)), json.dumps(ride(1, FieldService=1))
    assert stream.locate(first, again) == []
    (both,) = stream.drain(stream.located)
    assert stream.locate(first) == []
    (before,) = stream.drain(stream.located)
    assert stream.store(both) == stream.store(before) == []
    rows = [row for rows in stream.stored_rides().values() for row in rows]
    assert len({row["ride_id"] for row in rows}) == 1
    latest = max((row for row in rows if row["service_requested"] is not None), key=lambda row: row["arrived_at"])
    assert (latest["service_requested"], latest["arrived_at"]) == (1, "2024-07-09T12:00:01.000Z")
    assert [row["service_requested"] for row in rows if row != latest] == [None]


def test_a_streamed_ride_is_too_far_where_the_setting_says_so(stream: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stream.locate(json.dumps(ride(1, Latitude=42.36, Longitude=-71.06))) == []
    monkeypatch.setenv("MAX_STATION_MILES", "100")
    settings.locate_settings.cache_clear()
    assert stream.locate(json.dumps(ride(2, Latitude=42.36, Longitude=-71.06)), json.dumps(ride(3))) == []
    (rejection,) = stream.rejected()
    assert rejection["reason"] == "too_far"
    assert rejection["detail"].endswith("the nearest ground station; expected at most 100 miles")
    located = [json.loads(body)["rides"] for body in stream.drain(stream.located)]
    assert sorted(len(rides) for rides in located) == [1, 1]


def test_streamed_rides_do_not_confuse_the_plan_of_an_ingestion(stream: Any) -> None:
    stream.bucket.put("raw/a.json", lines(ride(1)))
    stream.file(b"", "stream/a.json")
    stream.locate(json.dumps(ride(1)), "poison")
    stream.store(*stream.drain(stream.located))
    plan = stream.run("plan_ingestion", {"execution": "e1", "chunk_bytes": 1024})
    assert (plan["chunks"], plan["already_ingested"]) == (1, 0)
    (chunk,) = stream.bucket.json(plan["manifest"])
    stream.run("ingest_rides", {"execution": "e1", "chunk": chunk})
    stream.run("check_ingestion", {"execution": "e1", "max_rejected_fraction": 0.1})
    again = stream.run("plan_ingestion", {"execution": "e2", "chunk_bytes": 1024})
    assert (again["chunks"], again["already_ingested"]) == (0, 1)
    ((raw,), (streamed,)) = stream.stored_rides().values()
    assert streamed["arrived_at"] == "2024-07-09T12:00:00.000Z"
    assert raw == streamed | {"arrived_at": raw["arrived_at"]}


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
