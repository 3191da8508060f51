"""The three functions of the stream, with their queues in moto's SQS."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from aws import clients, settings
from wildrydes.bucket import Source

EVENTS = Path(__file__).parents[3] / "events"
NOON = 1_720_526_400_000
"""2024-07-09 12:00 UTC, in milliseconds since 1970."""


class Stream:
    """The three functions with their queues in moto's SQS."""

    def __init__(self, bucket: Any, run: Any, capsys: Any) -> None:
        self.bucket, self.run, self.capsys, self.sqs = bucket, run, capsys, boto3.client("sqs")
        self.rides, self.located = (self.create(name) for name in ("rides", "located-rides"))

    def create(self, name: str) -> str:
        return self.sqs.create_queue(QueueName=name)["QueueUrl"]

    def drain(self, queue: str) -> list[str]:
        """The bodies of all messages of a queue, which is empty then."""
        bodies: list[str] = []
        while messages := self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            bodies += [message["Body"] for message in messages]
            entries = [{"Id": each["MessageId"], "ReceiptHandle": each["ReceiptHandle"]} for each in messages]
            self.sqs.delete_message_batch(QueueUrl=queue, Entries=entries)
        return bodies

    def batch(self, bodies: Iterable[str]) -> dict[str, Any]:
        """Lambda's event for bodies: messages m0, m1 and so on, sent at NOON and each a second later."""
        return {"Records": [message(number, body) for number, body in enumerate(bodies)]}

    def file(self, data: str | bytes, key: str = "stream/x.json") -> dict[str, int]:
        """What fan_out_rides says to a new file."""
        return self.send_event(self.bucket.put_version(key, data))

    def send_event(self, source: Source) -> dict[str, int]:
        """What fan_out_rides says to the event of a file, of a bucket with versions or without."""
        version = {"version-id": source.version} if source.version else {}
        named = {"key": source.key, "etag": source.etag} | version
        detail = {"bucket": {"name": "wildrydes-data"}, "object": named}
        return self.run("fan_out_rides", {"source": "aws.s3", "detail-type": "Object Created", "detail": detail})

    def example(self, name: str) -> Any:
        return json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))

    def locate(self, *bodies: str) -> list[str]:
        """The ids of the messages that locate_station reports as failed."""
        return self.failed("locate_station", self.batch(bodies))

    def store(self, *bodies: str) -> list[str]:
        """The same of store_rides."""
        return self.failed("store_rides", self.batch(bodies))

    def failed(self, function: str, batch: Any) -> list[str]:
        return [each["itemIdentifier"] for each in self.run(function, batch)["batchItemFailures"]]

    def stored_rides(self) -> dict[str, list[Any]]:
        return {key: self.bucket.lines(key) for key in self.bucket.keys("processed/")}

    def rejected(self) -> list[Any]:
        return [line for key in self.bucket.keys("rejected/") for line in self.bucket.lines(key)]

    def metrics(self) -> dict[str, Any]:
        """The metrics that were published since the last time, by name."""
        values: dict[str, Any] = {}
        for blob in (
            json.loads(line) for line in self.capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')
        ):
            (directive,) = blob["_aws"]["CloudWatchMetrics"]
            assert (directive["Namespace"], blob["service"]) == ("WildRydes", "wildrydes")
            values |= {metric["Name"]: blob[metric["Name"]] for metric in directive["Metrics"]}
        return values


def message(number: int, body: str) -> dict[str, Any]:
    times = {"SentTimestamp": str(NOON + 1000 * number), "ApproximateReceiveCount": "1"}
    source = {"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:rides"}
    return {"messageId": f"m{number}", "receiptHandle": "r", "body": body, "attributes": times} | source


@pytest.fixture
def stream(bucket: Any, run: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stream]:
    fixture = Stream(bucket, run, capsys)
    monkeypatch.setenv("RIDES_QUEUE_URL", fixture.rides)
    monkeypatch.setenv("LOCATED_RIDES_QUEUE_URL", fixture.located)
    monkeypatch.setenv("MAX_STATION_MILES", "1500")
    cached = (clients.client, settings.fan_out_settings, settings.locate_settings)
    for each in cached:
        each.cache_clear()
    yield fixture
    for each in cached:
        each.cache_clear()
