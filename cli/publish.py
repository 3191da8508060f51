"""`wildrydes publish`: simulates a fulfilment centre, which publishes samples, and says what became of them.

    samples ──messages──> topic ──> collect_samples ──> delivery stream ──a minute or 5 MB──> samples/ <── Athena

Athena is asked until it sees every sample that was published, or until nothing new has come for a minute more than the
delivery stream collects.
"""

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from cli import athena, options, sample_files
from cli.errors import CommandError
from cli.move_tasks import waiting
from cli.progress import Show, bars
from cli.stack import Stack
from wildrydes.bucket import arrival_time
from wildrydes.samples.files import SampleFile, messages_of, samples_of

MOST_MESSAGES = 10
MOST_BYTES = 250_000
"""Of the messages in one call: SNS takes 262,144 bytes."""

_ATTEMPTS = 8
_LOOK_SECONDS = 2.0
_PATIENCE_SECONDS = 60
_CALLS_A_SECOND = 5

_SQL = (
    "SELECT count(*) AS table_rows, count(DISTINCT sample_id) AS table_samples, "
    "count(DISTINCT CASE WHEN arrived_at >= '{since}' THEN sample_id END) AS seen FROM samples"
)


class NotPublishedError(CommandError):
    """SNS did not take messages, however often they were sent."""


@dataclass(frozen=True)
class Seen:
    """What Athena sees: how many of the samples that were published, and the rows and samples of the whole table."""

    seen: int
    table_rows: int
    table_samples: int


@dataclass(frozen=True)
class Outcome:
    """What was published, and what became of it; `table` is None where that was not waited for."""

    samples: int
    messages: int
    seconds: float
    table: Seen | None = None
    dead_lettered: int = 0

    @property
    def missing(self) -> int:
        """How many of the samples Athena does not see."""
        return 0 if self.table is None else max(0, self.samples - self.table.seen)

    def __str__(self) -> str:
        sent = f"published {self.samples:,} samples in {self.messages:,} messages in {self.seconds:.1f} s"
        if self.table is None:
            return sent
        table = self.table
        return (
            f"{sent}; Athena sees {table.seen:,} of them, missing {self.missing:,}; dead-lettered "
            f"{self.dead_lettered:,} messages; the table has {table.table_rows:,} rows of {table.table_samples:,} "
            "samples"
        )


@dataclass(frozen=True)
class Centre:
    """Publishes samples to a stack's topic. `pause` waits for so many seconds."""

    stack: Stack
    pause: Callable[[float], object] = time.sleep

    def run(
        self, file: SampleFile, console: Console, *, count: int, rate: float | None, batch: int, wait: bool
    ) -> Outcome:
        """Publish the first `count` samples, `batch` a message, `rate` a second or as fast as it goes.

        Raises NotPublishedError.
        """
        since, dead, began = self._now(), self._dead_letters(), time.monotonic()
        with bars(console) as progress:
            sending = progress.add_task("published", total=count)
            messages = self._publish(file, count, rate, batch, lambda done: progress.update(sending, completed=done))
            seconds = time.monotonic() - began
            if not wait:
                return Outcome(count, messages, seconds)
            arriving = progress.add_task("in the table", total=count)
            table = self._await(since, count, lambda done: progress.update(arriving, completed=done))
        return Outcome(count, messages, seconds, table, self._dead_letters() - dead)

    def _publish(self, file: SampleFile, count: int, rate: float | None, batch: int, show: Show) -> int:
        """Publish messages, ten a call; how many there were."""
        began, done, messages = time.monotonic(), 0, 0
        per_call = MOST_MESSAGES if rate is None else max(1, min(MOST_MESSAGES, int(rate / batch / _CALLS_A_SECOND)))
        texts = (
            (len(samples), "\n".join(sample.text for sample in samples))
            for samples in messages_of(samples_of(file, count), batch)
        )
        for call in calls_of(texts, per_call):
            if rate:
                self.pause(max(0.0, began + done / rate - time.monotonic()))
            self._send([text for _, text in call])
            messages += len(call)
            done += sum(size for size, _ in call)
            show(done)
        return messages

    def _send(self, texts: list[str]) -> None:
        left = dict(enumerate(texts))
        failed: list[Any] = []
        for attempt in range(_ATTEMPTS):
            if attempt:
                self.pause(min(2.0, 0.1 * 2**attempt))
            entries = [{"Id": str(number), "Message": text} for number, text in left.items()]
            answer = self.stack.client("sns").publish_batch(
                TopicArn=self.stack.output("SamplesTopicArn"), PublishBatchRequestEntries=entries
            )
            failed = answer.get("Failed", [])
            left = {int(each["Id"]): left[int(each["Id"])] for each in failed}
            if not left:
                return
        raise NotPublishedError(
            f"The topic did not take {len(left)} messages in {_ATTEMPTS} attempts, the first for "
            f"{failed[0]['Code']}: {failed[0].get('Message', 'no message')}"
        )

    def _await(self, since: str, count: int, show: Show) -> Seen:
        """Ask Athena until it sees `count` samples, or nothing new for too long."""
        patience = math.ceil((self._buffer_seconds() + _PATIENCE_SECONDS) / _LOOK_SECONDS)
        last, quiet = -1, 0
        while True:
            table = self._look(since)
            show(min(table.seen, count))
            quiet = quiet + 1 if table.seen == last else 0
            if table.seen >= count or quiet >= patience:
                return table
            last = table.seen
            self.pause(_LOOK_SECONDS)

    def _look(self, since: str) -> Seen:
        (row,) = athena.query(self.stack, _SQL.format(since=since))
        return Seen(**{name: int(value) for name, value in row.items()})

    def _now(self) -> str:
        """The time by AWS's clock, which messages get, down to a second."""
        answer = self.stack.client("sns").get_topic_attributes(TopicArn=self.stack.output("SamplesTopicArn"))
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        moment = parsedate_to_datetime(date) if date else datetime.now(UTC)
        return arrival_time(moment.replace(microsecond=0))

    def _dead_letters(self) -> int:
        return waiting(self.stack.client("sqs"), self.stack.output("SamplesDeadLetterQueueUrl"))

    def _buffer_seconds(self) -> int:
        described = self.stack.client("firehose").describe_delivery_stream(
            DeliveryStreamName=self.stack.output("SamplesStreamName")
        )["DeliveryStreamDescription"]
        return described["Destinations"][0]["ExtendedS3DestinationDescription"]["BufferingHints"]["IntervalInSeconds"]


def calls_of(texts: Iterable[tuple[int, str]], most: int) -> Iterator[list[tuple[int, str]]]:
    """Messages, each with how many samples it has, in lists that fit into a call, `most` at most."""
    call: list[tuple[int, str]] = []
    length = 0
    for size, text in texts:
        if call and (len(call) == most or length + len(text) > MOST_BYTES):
            yield call
            call, length = [], 0
        call.append((size, text))
        length += len(text)
    if call:
        yield call


@click.command("publish", epilog=options.EXIT_CODES, short_help="Publish samples as a fulfilment centre does.")
@options.samples
@click.option("--count", type=click.IntRange(1), help="How many of them, from the first on.  [default: all]")
@click.option(
    "--rate", type=click.FloatRange(0, min_open=True), help="Samples a second.  [default: as fast as it goes]"
)
@click.option(
    "--batch", type=click.IntRange(1, 500), default=1, show_default=True, help="Samples a message, a line each."
)
@click.option("--wait/--no-wait", default=True, help="Wait until Athena sees the samples, or do not.")
@options.as_json
@options.on_stack
def publish_command(
    stack: Stack, samples: Path, count: int | None, rate: float | None, batch: int, *, wait: bool, as_json: bool
) -> int:
    """Publish samples of a fulfilment centre to the topic, and say how many rows Athena sees.

    Publishing the same file again adds no sample: each is known by its file and row. The exit code is 1 where Athena
    does not see a sample.

    \b
    Example:
      wildrydes publish --rate 5 --count 100
    """
    if rate is not None and not math.isfinite(rate):
        raise click.BadParameter("it is to be a finite number above 0", param_hint="--rate")
    console = options.console(as_json=as_json)
    file = sample_files.check(samples, count)
    outcome = Centre(stack).run(
        file, console, count=min(count or file.rows, file.rows), rate=rate, batch=batch, wait=wait
    )
    if as_json:
        click.echo(json.dumps(asdict(outcome) | {"missing": outcome.missing}, indent=2))
    else:
        console.print(str(outcome))
    if outcome.missing:
        console.print("Some are missing: docs/samples.md says where to look.", style="red")
    return 1 if outcome.missing else 0
