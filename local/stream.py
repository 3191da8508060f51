"""`make stream`: a fleet that sends rides one at a time, and waits until each is stored, rejected or dead-lettered.

Rides go to the rides queue as producers send them, in batches of ten, while another thread looks for them. How old a
ride is when it is in S3 is measured here, from the call that sent it to the first look that found it, and looks are
some tenths of a second apart.
"""

import gzip
import json
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from local import account

BATCH = 10
_LOOK_SECONDS = 0.3
_QUIET_LOOKS = 5
_NUMBERS = ("latitude", "longitude", "distance", "healthpoints", "magicpoints")

Fingerprint = tuple[float, ...]
Written = tuple[str, datetime]
"""An object's key, and when it was written."""


class UnreadableRidesError(Exception):
    """A ride file is no JSON; the message says where."""


@dataclass(frozen=True)
class RecordPath:
    """The resources of the per-record path."""

    bucket: str
    rides: str
    located: str
    dead: tuple[str, str]

    @classmethod
    def of(cls, outputs: dict[str, str]) -> "RecordPath":
        """From the stack's outputs."""
        return cls(
            outputs["DataBucketName"],
            outputs["RidesQueueUrl"],
            outputs["LocatedRidesQueueUrl"],
            (outputs["RidesDeadLetterQueueUrl"], outputs["LocatedRidesDeadLetterQueueUrl"]),
        )


@dataclass
class Outcome:
    """What became of what was sent."""

    sent: int = 0
    distinct: int = 0
    stored: int = 0
    rejected: int = 0
    dead_lettered: int = 0
    seconds: float = 0.0
    ages: list[float] = field(default_factory=list)

    def age(self, quantile: float) -> float:
        """The age in seconds that this share of the stored rides had at most."""
        ranked = sorted(self.ages)
        return ranked[min(len(ranked) - 1, int(quantile * len(ranked)))] if ranked else float("nan")


def records(files: Iterable[Path]) -> Iterator[Any]:
    """The records of ride files of any of the four shapes. Raises UnreadableRidesError."""
    decoder = json.JSONDecoder()
    for file in files:
        text = file.read_text(encoding="utf-8-sig")
        position = 0
        while (position := _past_space(text, position)) < len(text):
            try:
                value, position = decoder.raw_decode(text, position)
            except json.JSONDecodeError as fault:
                raise UnreadableRidesError(f"{file}: {fault}") from fault
            if isinstance(value, dict) and isinstance(value.get("travel_data"), list):
                value = value["travel_data"]
            yield from value if isinstance(value, list) else [value]


def _past_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n,":
        position += 1
    return position


def fingerprint(ride: Any) -> Fingerprint | None:
    """What is the same in a record as sent and as stored; None where it is no ride."""
    if not isinstance(ride, dict):
        return None
    lower = {str(name).lower(): value for name, value in ride.items()}
    try:
        return tuple(float(lower[name]) for name in _NUMBERS)
    except (KeyError, TypeError, ValueError):
        return None


@dataclass
class Fleet:
    """Sends rides, and looks for them where they end. `pause` waits for so many seconds between batches."""

    endpoint: str
    path: RecordPath
    pause: Callable[[float], object] | None = None
    _sent_at: dict[Fingerprint, float] = field(default_factory=dict)
    _seen: set[Written] = field(default_factory=set)
    _stopped: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self._sqs = account.client("sqs", self.endpoint)
        self._s3 = account.client("s3", self.endpoint)

    def run(self, rides: list[Any], rate: float | None, console: Console) -> Outcome:
        """Send `rides`, `rate` of them a second or as fast as it goes, and wait until none is on its way."""
        self._seen = self._written()
        dead_before = self._waiting(self.path.dead)
        known = [fingerprint(ride) for ride in rides]
        outcome, began = Outcome(distinct=len(set(known) - {None}) + known.count(None)), time.monotonic()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console) as progress, ThreadPoolExecutor(1) as sender:
            sending = progress.add_task("sent", total=len(rides))
            storing = progress.add_task("stored or rejected", total=outcome.distinct)
            sent = sender.submit(self._send, rides, rate, lambda count: progress.advance(sending, count))
            try:
                self._await(sent, outcome, lambda done: progress.update(storing, completed=done))
            finally:
                self._stopped.set()
        outcome.sent = sent.result()
        outcome.dead_lettered = self._waiting(self.path.dead) - dead_before
        outcome.seconds = time.monotonic() - began
        return outcome

    def _send(self, rides: list[Any], rate: float | None, show: Callable[[int], None]) -> int:
        """Send all rides; how many. Ends early when the fleet is stopped."""
        began, pause, sent = time.monotonic(), self.pause or self._stopped.wait, 0
        for start in range(0, len(rides), BATCH):
            batch = rides[start : start + BATCH]
            if rate:
                pause(max(0.0, began + start / rate - time.monotonic()))
            if self._stopped.is_set():
                break
            now = time.monotonic()
            for known in filter(None, map(fingerprint, batch)):
                self._sent_at.setdefault(known, now)
            entries = [{"Id": str(number), "MessageBody": json.dumps(ride)} for number, ride in enumerate(batch)]
            while entries:
                answer = self._sqs.send_message_batch(QueueUrl=self.path.rides, Entries=entries)
                failed = {each["Id"] for each in answer.get("Failed", [])}
                entries = [entry for entry in entries if entry["Id"] in failed]
            sent += len(batch)
            show(len(batch))
        return sent

    def _await(self, sent: Future[int], outcome: Outcome, show: Callable[[int], None]) -> None:
        """Look again and again, until all are sent, the queues are empty and nothing new has come for some looks."""
        stored: set[Fingerprint] = set()
        rejected: dict[str, int] = {}
        quiet = 0
        while quiet < _QUIET_LOOKS:
            all_sent = sent.done()
            found = self._look(stored, rejected, outcome)
            show(outcome.stored + outcome.rejected)
            idle = all_sent and not found and self._waiting((self.path.rides, self.path.located)) == 0
            quiet = quiet + 1 if idle else 0
            time.sleep(_LOOK_SECONDS)

    def _look(self, stored: set[Fingerprint], rejected: dict[str, int], outcome: Outcome) -> bool:
        now, new = time.monotonic(), self._written() - self._seen
        self._seen |= new
        for key, _ in new:
            lines = self._lines(key)
            if key.startswith("rejected/"):
                rejected[key] = len(lines)
                continue
            for known in filter(None, map(fingerprint, lines)):
                if known not in stored:
                    stored.add(known)
                    outcome.ages.append(now - self._sent_at.get(known, now))
        outcome.stored, outcome.rejected = len(stored), sum(rejected.values())
        return bool(new)

    def _written(self) -> set[Written]:
        """What has been stored and rejected. The same rides sent again are written again, over the same object."""
        pages = self._s3.get_paginator("list_objects_v2")
        return {
            (entry["Key"], entry["LastModified"])
            for prefix in ("processed/stream/", "rejected/")
            for page in pages.paginate(Bucket=self.path.bucket, Prefix=prefix)
            for entry in page.get("Contents", [])
        }

    def _lines(self, key: str) -> list[Any]:
        body = self._s3.get_object(Bucket=self.path.bucket, Key=key)["Body"].read()
        text = gzip.decompress(body) if key.endswith(".gz") else body
        return [json.loads(line) for line in text.splitlines()]

    def _waiting(self, queues: Iterable[str]) -> int:
        names = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ]
        return sum(
            int(count)
            for queue in queues
            for count in self._sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"].values()
        )
