"""collect_samples with a delivery stream that loses entries, and the bucket in moto's S3."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from aws import firehose, settings
from delivery_stream import DeliveryStream
from wildrydes.errors import BadSampleEvent, RecordsNotDelivered

EVENTS = Path(__file__).parents[3] / "events"
LINE = "6100,9000,210,150,60,2,425,1200,400,300,500,60,35"


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> DeliveryStream:
    stream = DeliveryStream()
    monkeypatch.setattr(firehose, "client", lambda _: stream)
    return stream


@pytest.fixture
def collect(bucket: Any, run: Any, stream: DeliveryStream, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Any]:
    """Runs collect_samples without pauses."""
    monkeypatch.setenv("DELIVERY_STREAM", "stack-samples")
    monkeypatch.setattr(firehose.put_batch, "__defaults__", (lambda _: None,))
    monkeypatch.setattr(firehose.put, "__defaults__", (lambda _: None,))
    settings.collect_settings.cache_clear()
    return lambda event: run("collect_samples", event)


def example(name: str) -> Any:
    return json.loads((EVENTS / f"collect_samples_{name}.json").read_text(encoding="utf-8"))


def event(*texts: str) -> dict[str, Any]:
    """An event with a record for each text."""
    common = {"TopicArn": "arn:aws:sns:us-east-1:111122223333:samples", "Timestamp": "2024-07-09T23:59:59.999Z"}
    return {"Records": [{"Sns": common | {"MessageId": f"m-{n}", "Message": text}} for n, text in enumerate(texts)]}


@pytest.mark.parametrize(
    ("name", "samples", "rejected"), [("one_of_csv", 1, 0), ("many_lines", 3, 0), ("never_samples", 0, 3)]
)
def test_the_example_is_collected(collect: Any, stream: DeliveryStream, name: str, samples: int, rejected: int) -> None:
    assert collect(example(name)) == {"samples": samples, "rejected": rejected}
    assert len(stream.taken) == len({json.loads(line)["sample_id"] for line in stream.taken}) == samples


def test_each_record_of_firehose_is_one_sample_and_ends_in_a_line_feed(collect: Any, stream: DeliveryStream) -> None:
    collect(event(f"{LINE}\n{LINE}", LINE))
    assert [record.count(b"\n") for record in stream.taken] == [1, 1, 1]
    assert all(record.endswith(b"\n") for record in stream.taken)
    assert stream.names == {"stack-samples"}


def test_what_is_no_sample_is_kept_with_reason_source_and_line(collect: Any, bucket: Any) -> None:
    collect(event(LINE, f"{LINE}\nfar,away"))
    (key,) = bucket.keys("rejected/")
    assert key.startswith("rejected/samples/2024-07-09/")
    (line,) = bucket.lines(key)
    assert (line["reason"], line["source"]["message_id"], line["position"]) == ("wrong_field_count", "m-1", {"line": 2})


def test_the_same_event_again_overwrites_what_was_rejected_and_puts_equal_rows(
    collect: Any, bucket: Any, stream: DeliveryStream
) -> None:
    for _ in range(3):
        collect(event(LINE, "no sample"))
    assert len(bucket.keys("rejected/")) == 1
    assert len(stream.taken) == 3
    assert len(set(stream.taken)) == 1


def test_only_entries_that_failed_are_put_again(collect: Any, stream: DeliveryStream) -> None:
    stream.fails = lambda record, before: json.loads(record)["duration"] in (3, 7) and before < 2
    lines = [LINE.replace("6100", str(number)) for number in range(1, 11)]
    assert collect(event("\n".join(lines)))["samples"] == 10
    assert [len(call) for call in stream.calls] == [10, 2, 2]
    assert sorted(json.loads(record)["duration"] for record in stream.taken) == list(range(1, 11))


def test_what_firehose_never_takes_raises_and_names_how_many_and_why(collect: Any, stream: DeliveryStream) -> None:
    stream.fails = lambda record, _: json.loads(record)["duration"] == 3
    lines = [LINE.replace("6100", str(number)) for number in range(1, 6)]
    with pytest.raises(
        RecordsNotDelivered, match=r"stack-samples did not take 1 of 5 .* ServiceUnavailable.*Slow down"
    ):
        collect(event("\n".join(lines)))
    assert [len(call) for call in stream.calls] == [5, *[1] * (firehose.ATTEMPTS - 1)]


def test_a_call_that_fails_as_a_whole_raises(collect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        def put_record_batch(self, **_: Any) -> Any:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "gone"}}, "PutRecordBatch")

    monkeypatch.setattr(firehose, "client", lambda _: Gone())
    with pytest.raises(ClientError, match="gone"):
        collect(event(LINE))


def test_an_event_of_something_else_raises_before_anything_is_put(collect: Any, stream: DeliveryStream) -> None:
    broken = event(LINE)
    broken["Records"].append({"body": LINE})
    with pytest.raises(BadSampleEvent):
        collect(broken)
    assert stream.calls == []


def test_a_call_has_500_records_and_4_megabytes_at_most(stream: DeliveryStream) -> None:
    assert firehose.put("s", (b"%d\n" % number for number in range(1234)), lambda _: None) == 0
    assert [len(call) for call in stream.calls] == [500, 500, 234]
    assert [len(batch) for batch in firehose.batches([b"x" * 900_000] * 9)] == [4, 4, 1]
    assert list(firehose.batches([])) == []


def test_pauses_grow_and_have_a_bound(stream: DeliveryStream) -> None:
    stream.fails = lambda _record, before: before < 7
    pauses: list[float] = []
    assert firehose.put_batch("s", [b"x"], pauses.append) == 7
    assert len(pauses) == 7
    assert all(0 <= pause <= min(4.0, 0.05 * 2**attempt) for attempt, pause in enumerate(pauses, 1))
