"""`wildrydes stream`: sends rides one at a time, and waits until each is stored, rejected or dead-lettered.

Rides go to the rides queue as producers send them, in batches of ten, while another thread looks for them. How old a
ride is when it is in S3 is measured here, from the call that sent it to the first look that saw it, and looks are
some tenths of a second apart.
"""

import gzip
import json
import math
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any

import click
from rich.console import Console

from cli import options, ride_files
from cli.progress import bars
from cli.stack import Stack
from cli.stream_ledger import Counts, Ledger
from local.account import entries
from wildrydes.bucket import PROCESSED, REJECTED
from wildrydes.rides.partitions import is_streamed

BATCH = 10
_LOOK_SECONDS = 0.3
_QUIET_LOOKS = 5

Written = tuple[str, datetime]
"""An object's key, and when it was written."""


@dataclass(frozen=True)
class RecordPath:
    """The resources of the per-record path."""

    bucket: str
    rides: str
    located: str
    dead: tuple[str, str]

    @classmethod
    def of(cls, stack: Stack) -> "RecordPath":
        """From the stack's outputs."""
        return cls(
            stack.bucket,
            stack.output("RidesQueueUrl"),
            stack.output("LocatedRidesQueueUrl"),
            (stack.output("RidesDeadLetterQueueUrl"), stack.output("LocatedRidesDeadLetterQueueUrl")),
        )


@dataclass(frozen=True)
class Outcome:
    """What became of what was sent; `dead_lettered` messages of the second queue hold many rides each."""

    counts: Counts
    dead_lettered: int
    seconds: float
    # None where no ride was stored.
    p50: float | None
    p99: float | None

    def __str__(self) -> str:
        counts = self.counts
        ages = "" if self.p50 is None else f"; age from send to S3: p50 {self.p50:.1f} s, p99 {self.p99:.1f} s"
        return (
            f"sent {counts.sent:,}: stored {counts.stored:,}, rejected {counts.rejected:,}, repeated "
            f"{counts.repeated:,}, missing {counts.missing:,}; dead-lettered {self.dead_lettered:,} messages; "
            f"{self.seconds:.1f} s{ages}"
        )


@dataclass
class Fleet:
    """Sends rides, and looks for them where they end. `pause` waits for so many seconds between batches."""

    stack: Stack
    pause: Callable[[float], object] | None = None
    ledger: Ledger = field(default_factory=Ledger)
    _seen: set[Written] = field(default_factory=set)
    _stopped: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.path = RecordPath.of(self.stack)
        self._sqs = self.stack.client("sqs")
        self._s3 = self.stack.client("s3")

    def run(self, rides: list[Any], rate: float | None, console: Console) -> Outcome:
        """Send `rides`, `rate` of them a second or as fast as it goes, and wait until none is on its way."""
        self._seen = self._written()
        dead_before, began = self._waiting(self.path.dead), time.monotonic()
        with bars(console) as progress, ThreadPoolExecutor(1) as sender:
            sending = progress.add_task("sent", total=len(rides))
            arriving = progress.add_task("arrived", total=len(rides))
            sent = sender.submit(self._send, rides, rate, lambda count: progress.advance(sending, count))
            try:
                self._await(sent, lambda count: progress.update(arriving, completed=count))
            finally:
                self._stopped.set()
        sent.result()
        return Outcome(
            self.ledger.counts(),
            self._waiting(self.path.dead) - dead_before,
            time.monotonic() - began,
            self.ledger.age(0.5),
            self.ledger.age(0.99),
        )

    def _send(self, rides: list[Any], rate: float | None, show: Callable[[int], None]) -> None:
        """Send all rides. Ends early when the fleet is stopped."""
        began, pause = time.monotonic(), self.pause or self._stopped.wait
        for start in range(0, len(rides), BATCH):
            if rate:
                pause(max(0.0, began + start / rate - time.monotonic()))
            if self._stopped.is_set():
                break
            self._send_batch(rides[start : start + BATCH])
            show(len(rides[start : start + BATCH]))

    def _send_batch(self, batch: list[Any]) -> None:
        """Send up to ten rides, what the queue did not take again."""
        now = time.monotonic()
        for ride in batch:
            self.ledger.sending(ride, now)
        left = dict(enumerate(batch))
        while left:
            messages = [{"Id": str(number), "MessageBody": _body(ride)} for number, ride in left.items()]
            answer = self._sqs.send_message_batch(QueueUrl=self.path.rides, Entries=messages)
            for taken in answer.get("Successful", []):
                self.ledger.sent(left.pop(int(taken["Id"])), taken["MessageId"])

    def _await(self, sent: Future[None], show: Callable[[int], None]) -> None:
        """Look again and again, until all are sent, the queues are empty and nothing new has come for some looks."""
        quiet = 0
        while quiet < _QUIET_LOOKS:
            all_sent = sent.done()
            news = self._look()
            counts = self.ledger.counts()
            show(counts.sent - counts.missing)
            idle = all_sent and not news and self._waiting((self.path.rides, self.path.located)) == 0
            quiet = quiet + 1 if idle else 0
            time.sleep(_LOOK_SECONDS)

    def _look(self) -> bool:
        """Read what was written since the last look; whether there was anything."""
        now, new = time.monotonic(), self._written() - self._seen
        self._seen |= new
        for key, _ in new:
            for line in self._lines(key):
                if key.startswith(REJECTED):
                    self.ledger.note_rejected(line["source"].get("message_id", ""))
                else:
                    self.ledger.note_stored(line, now)
        return bool(new)

    def _written(self) -> set[Written]:
        """What has been stored and rejected. The same rides sent again are written again, over the same object."""
        return {
            (entry["Key"], entry["LastModified"])
            for prefix in (PROCESSED, REJECTED)
            for entry in entries(self._s3, "list_objects_v2", "Contents", Bucket=self.path.bucket, Prefix=prefix)
            if prefix == REJECTED or is_streamed(entry["Key"])
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


def _body(ride: Any) -> str:
    """A ride as a message. One that is a text is sent as it is (`ride_files.records_of`)."""
    return ride if isinstance(ride, str) else json.dumps(ride)


@click.command("stream", epilog=options.EXIT_CODES, short_help="Send rides one at a time, and follow each.")
@options.rides
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="Rides a second.  [default: as fast as it goes]")
@options.as_json
@options.on_stack
def stream_command(stack: Stack, rides: Path, rate: float | None, *, as_json: bool) -> int:
    """Send rides one at a time, and tell what became of each: stored, rejected, repeated or missing.

    The exit code is 1 where a ride is missing.

    \b
    Example:
      wildrydes stream --rate 50
    """
    if rate is not None and not math.isfinite(rate):
        raise click.BadParameter("it is to be a finite number above 0", param_hint="--rate")
    console = options.console(as_json=as_json)
    outcome = Fleet(stack).run(list(ride_files.records_of(rides)), rate, console)
    if as_json:
        click.echo(json.dumps(asdict(outcome) | {"counts": outcome.counts._asdict()}, indent=2))
    else:
        console.print(str(outcome))
    if outcome.counts.missing:
        console.print("Some are missing: docs/operations.md says what to do with dead letters.", style="red")
    return 1 if outcome.counts.missing else 0
