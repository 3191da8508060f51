"""What a background thread has taken to work on is not lost by a fault of this server, and holds up nothing else."""

import datetime as dt
from typing import Any

import pytest
from ministack.services import lambda_svc

from local.background.surviving import keeping
from local.firehose import streams
from local.firehose.streams import Streams
from local.lambda_ import invocations
from local.lambda_.invocations import Invocations
from local.logs.subscriptions import Parcel, Subscriptions
from local.sagemaker.data_capture import DataCapture, Exchange
from local.sqs import move_tasks
from local.sqs.move_tasks import MoveTask

NOW = dt.datetime(2030, 1, 1, tzinfo=dt.UTC).timestamp()


class Faulty:
    """Meets a fault where its first argument is `bad`, once."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self._faults = [RuntimeError("a fault")]

    def __call__(self, work: Any, *, bad: bool = False) -> None:
        if bad and self._faults:
            raise self._faults.pop()
        self.done.append(work)


def test_fault_is_logged_and_what_was_taken_is_put_back(caplog: pytest.LogCaptureFixture) -> None:
    put_back: list[str] = []
    with keeping("A delivery", lambda: put_back.append("ride")):
        raise RuntimeError("a fault")
    with keeping("A delivery", lambda: put_back.append("no ride")):
        pass
    assert put_back == ["ride"]
    assert "A delivery met a fault of this server" in caplog.text
    assert "RuntimeError: a fault" in caplog.text


def test_event_that_met_a_fault_reaches_its_function(monkeypatch: pytest.MonkeyPatch) -> None:
    function = {"config": {"FunctionName": "f", "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f"}}
    monkeypatch.setattr(lambda_svc, "_LAMBDA_ASYNC_RETRY_BASE_SECONDS", 0)
    faulty = Faulty()

    def execute(_: Any, event: Any) -> dict[str, Any]:
        faulty(event, bad=True)
        return {"body": "{}"}

    monkeypatch.setattr(invocations, "execute", execute)

    class Destinations:
        def send(self, *_: Any) -> None:
            faulty("sent")

    service = Invocations(Destinations())  # pyright: ignore[reportArgumentType]
    service.invoke(function, {"ride": 1})
    for _ in range(2):
        service._try_next()
    assert faulty.done == [{"ride": 1}, "sent"]


def test_log_events_that_met_a_fault_are_delivered_and_hold_up_no_other_filter() -> None:
    faulty = Faulty()

    class FaultySubscriptions(Subscriptions):
        def _try(self, parcels: list[Parcel]) -> None:
            faulty(parcels[0].group, bad=parcels[0].group == "a")

    subscriptions = FaultySubscriptions(lambda request: request, lambda: NOW)
    settings = {"filterName": "captured", "destinationArn": "arn:aws:firehose:us-east-1:1:deliverystream/rides"}
    for group in ("a", "b"):
        subscriptions.forward(group, "stream", [settings], [{"timestamp": 1, "message": "ride"}])
    subscriptions.deliver()
    assert faulty.done == ["b"]
    subscriptions.deliver()
    assert faulty.done == ["b", "a"]


@pytest.mark.parametrize("place", ["_batches", "put_object"])
def test_records_that_met_a_fault_are_written_and_hold_up_no_other_stream(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    faulty, now = Faulty(), [NOW]
    make_batches = streams._batches

    def batches(destination: Any, records: list[bytes], arrival: float, when: float, name: tuple[str, int]) -> Any:
        if place == "_batches":
            Faulty.__call__(faulty, "batches", bad=bool(records) and name[0] == "a")
        return make_batches(destination, records, arrival, when, name)

    class Clients:
        def client(self, *_: Any) -> "Clients":
            return self

        def put_object(self, *, Key: str, Body: bytes, **_: Any) -> None:  # noqa: N803 - S3's names
            faulty((Key[:1], Body), bad=place == "put_object" and Key.startswith("a"))

    config = {
        "BucketARN": "arn:aws:s3:::rides",
        "RoleARN": "arn:aws:iam::123456789012:role/writer",
        "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
    }

    def stream(_: str, __: str, name: str) -> dict[str, Any]:
        settings = config | {"Prefix": f"{name}/"}
        return {
            "name": name,
            "created_at": 1,
            "version": 1,
            "encryption": None,
            "destinations": [{"config": settings}],
        }

    monkeypatch.setattr(streams, "_batches", batches)
    monkeypatch.setattr(streams, "_stream", stream)
    service = Streams(Clients(), lambda: now[0], lambda: False)  # pyright: ignore[reportArgumentType]
    for name in ("a", "b"):
        service.put_record({"DeliveryStreamName": name, "Record": {"Data": "cmlkZQ=="}})
    written: list[Any] = []
    for _ in range(2):
        now[0] += 60
        service.deliver_due()
        written.append([each for each in faulty.done if each != "batches"])
        faulty.done.clear()
    assert written == [[("b", b"ride")], [("a", b"ride")]]


def test_exchange_that_met_a_fault_is_captured() -> None:
    faulty = Faulty()

    class FaultyCapture(DataCapture):
        def _write(self, variant: str, exchanges: list[Exchange]) -> None:
            faulty((variant, len(exchanges)), bad=variant == "a")

    capture = FaultyCapture(None, "rides", {"InitialSamplingPercentage": 100})  # pyright: ignore[reportArgumentType]
    exchanges = [Exchange(variant, "text/csv", b"1", "text/csv", b"2", "", "", NOW) for variant in ("a", "b")]
    capture.stop()
    left = capture._flush(exchanges)
    assert (left, faulty.done) == (exchanges[:1], [("b", 1)])
    assert capture._flush(left) == []
    assert faulty.done == [("b", 1), ("a", 1)]


def test_move_task_that_met_a_fault_has_failed() -> None:
    class Messages:
        def receive(self, *_: Any) -> list[Any]:
            raise RuntimeError("a fault")

    task = MoveTask("arn:aws:sqs:us-east-1:123456789012:dead", None, None, 1)
    move_tasks._run(task, {"name": "dead", "messages": Messages()})
    assert (task.status, task.describe()["FailureReason"]) == ("FAILED", "InternalError")
