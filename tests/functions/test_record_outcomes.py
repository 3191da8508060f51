"""record_outcomes with a delivery stream that loses entries."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from aws import firehose, settings
from delivery_stream import DeliveryStream
from wildrydes.capture.record import time_text
from wildrydes.errors import MissingSetting

EVENTS = Path(__file__).parents[2] / "events"
ID = "6f9d0f0e-2c6e-4a51-9d0b-0d8e1c3a1c55"

Send = Callable[..., tuple[int, Any]]


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> DeliveryStream:
    stream = DeliveryStream()
    monkeypatch.setattr(firehose, "client", lambda _: stream)
    return stream


@pytest.fixture
def send(bucket: Any, run: Any, stream: DeliveryStream, monkeypatch: pytest.MonkeyPatch) -> Send:
    """POSTs a value as JSON, or text as it is; the status and the answer. Firehose is tried again without pauses."""
    monkeypatch.setenv("OUTCOMES_STREAM", "stack-outcomes")
    monkeypatch.setattr(firehose.put, "__defaults__", (lambda _: None,))
    settings.outcome_settings.cache_clear()

    def send(body: Any, method: str = "POST", **event: Any) -> tuple[int, Any]:
        text = body if isinstance(body, str) else json.dumps(body)
        common = {"httpMethod": method, "resource": "/outcomes", "path": "/outcomes", "body": text}
        answer = run("record_outcomes", common | {"requestContext": {"requestId": "r-1"}} | event)
        assert json.loads(answer["body"])["request_id"] == "r-1"
        kind = "application/json" if answer["statusCode"] == 202 else "application/problem+json"
        assert answer["headers"]["Content-Type"] == kind
        return answer["statusCode"], json.loads(answer["body"])

    return send


def lines(stream: DeliveryStream) -> list[dict[str, Any]]:
    assert all(record.endswith(b"\n") and record.count(b"\n") == 1 for record in stream.taken)
    return [json.loads(record) for record in stream.taken]


def test_an_outcome_becomes_a_line_of_the_table(send: Send, stream: DeliveryStream) -> None:
    assert send({"request_id": ID, "value": 1}) == (202, {"accepted": 1, "rejected": [], "request_id": "r-1"})
    (line,) = lines(stream)
    assert line.pop("time")[:2] == "20"
    assert line == {"task": None, "request_id": ID, "place": 0, "value": 1.0}
    assert stream.names == {"stack-outcomes"}


def test_of_several_each_is_taken_or_named_with_its_reason(send: Send, stream: DeliveryStream) -> None:
    status, answer = send(
        [
            {"request_id": ID, "place": 3, "value": "512.5", "task": "magic_points"},
            {"request_id": ID, "value": 2, "task": "heavy_utilization"},
            {"request_id": ID, "value": 2},
            7,
        ]
    )
    assert (status, answer["accepted"]) == (202, 2)
    assert [(line["place"], line["value"], line["task"]) for line in lines(stream)] == [
        (3, 512.5, "magic_points"),
        (0, 2.0, None),
    ]
    assert [(each["position"], each["error"]["field"], each["error"]["detail"]) for each in answer["rejected"]] == [
        (1, "value", "value is 2; of heavy_utilization it is 0 or 1"),
        (3, "body", "an outcome is a JSON object with request_id and value"),
    ]


def test_of_several_values_for_one_place_the_last_in_the_request_is_written(send: Send, stream: DeliveryStream) -> None:
    values = [{"request_id": ID, "value": value} for value in [0, 1] * 500]
    before = time_text(time.time())
    assert send([*values[2:], {"request_id": ID, "place": 1, "value": 0}])[1]["accepted"] == 999
    assert [(line["place"], line["value"]) for line in lines(stream)] == [(0, 1.0), (1, 0.0)]
    # Not in the future: a correction that comes next is later.
    assert all(before <= line["time"] <= time_text(time.time()) for line in lines(stream))


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"value": 1}, 422, "request_id"),
        ({"request_id": "a b", "value": 1}, 422, "request_id"),
        ({"request_id": ID}, 422, "value"),
        ({"request_id": ID, "value": "much"}, 422, "value"),
        ('{"request_id": "a", "value": Infinity}', 422, "value"),
        ({"request_id": ID, "value": 1, "place": -1}, 422, "place"),
        ({"request_id": ID, "value": 1, "place": 1000}, 422, "place"),
        ({"request_id": ID, "value": 1, "place": True}, 422, "place"),
        ({"request_id": ID, "value": 1, "task": "none"}, 422, "task"),
        ({"request_id": ID, "value": 1, "key": 1}, 422, "key"),
        ('{"request_id": "a", "value": 1, "value": 2}', 422, "value"),
        ([], 400, "body"),
        ([{}] * 1001, 400, "body"),
        ("", 400, "body"),
        ("none", 400, "body"),
        ("[" + "1," * 500_000 + "1]", 413, "body"),
    ],
)
def test_what_cannot_be_used_is_refused_and_named(
    send: Send, stream: DeliveryStream, body: Any, status: int, field: str
) -> None:
    refused, answer = send(body)
    assert (refused, answer["field"]) == (status, field)
    assert stream.taken == []


def test_an_array_of_which_none_can_be_used_is_answered_as_any(send: Send, stream: DeliveryStream) -> None:
    status, answer = send([{"value": 1}])
    assert (status, answer["accepted"], answer["rejected"][0]["error"]["field"]) == (202, 0, "request_id")
    assert stream.calls == []


def test_another_method_is_refused(send: Send) -> None:
    assert send("{}", method="GET")[0] == 405


def test_entries_that_firehose_refuses_are_put_again(send: Send, stream: DeliveryStream) -> None:
    stream.fails = lambda record, before: b'"place": 2' in record and before < 2
    status, answer = send([{"request_id": ID, "place": place, "value": 1} for place in range(5)])
    assert (status, answer["accepted"]) == (202, 5)
    assert sorted(line["place"] for line in lines(stream)) == [0, 1, 2, 3, 4]


def test_what_firehose_never_takes_is_503_and_counted(
    send: Send, stream: DeliveryStream, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream.fails = lambda record, before: True
    status, answer = send({"request_id": ID, "value": 1})
    assert (status, answer["field"]) == (503, "body")
    assert "send them again" in answer["detail"]
    assert '"OutcomesNotRecorded":[1.0]' in capsys.readouterr().out.replace(" ", "")

    def lost(**_: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="https://firehose")

    monkeypatch.setattr(stream, "put_record_batch", lost)
    assert send({"request_id": ID, "value": 1})[0] == 503


def test_a_page_of_the_stacks_origin_may_read_the_answer(send: Send, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGIN", "https://example.com")
    settings.outcome_settings.cache_clear()
    event = json.loads((EVENTS / "record_outcomes_one.json").read_text(encoding="utf-8"))
    assert run("record_outcomes", event)["headers"]["Access-Control-Allow-Origin"] == "https://example.com"


def test_a_missing_setting_is_named(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OUTCOMES_STREAM")
    settings.outcome_settings.cache_clear()
    with pytest.raises(MissingSetting, match="OUTCOMES_STREAM is not set"):
        send({})


@pytest.mark.parametrize(
    ("name", "status", "accepted", "rejected"),
    [("one", 202, 1, 0), ("several", 202, 2, 1), ("without_request", 422, 0, 0)],
)
def test_the_example_is_answered(
    send: Send, run: Any, stream: DeliveryStream, name: str, status: int, accepted: int, rejected: int
) -> None:
    event = json.loads((EVENTS / f"record_outcomes_{name}.json").read_text(encoding="utf-8"))
    answer = run("record_outcomes", event)
    body = json.loads(answer["body"])
    assert (answer["statusCode"], len(stream.taken), len(body.get("rejected", []))) == (status, accepted, rejected)
