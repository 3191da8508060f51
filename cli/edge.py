"""`wildrydes edge`: sends rows whose truth is known to the API, at a steady rate, and publishes what it measures."""

import gzip
import json
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from cli import models, options, standings
from cli.api import Api, NoAnswerError
from cli.errors import CommandError
from cli.stack import Stack
from local import account
from wildrydes.edge import asking, metric_data, pace
from wildrydes.edge.outcomes import EdgeRow, Outcome, Tally, rows_of, truths_of
from wildrydes.errors import BadTestSet
from wildrydes.tasks import TASKS

BATCH_SECONDS = 10.0
"""Metrics are published so often."""

_ANSWER_SECONDS = 10
_GZIP = b"\x1f\x8b"
_RATE, _SECONDS = click.FloatRange(0.1, 1000), click.FloatRange(0, 86_400, min_open=True)


class NoRowsError(CommandError):
    """There are no rows to send; the message says where they were looked for."""


@dataclass(frozen=True)
class Edge:
    """A caller of one task: the stack, its API, and the champion's execution and features."""

    stack: Stack
    api: Api
    task: str
    execution: str
    features: tuple[str, ...]

    @classmethod
    def of(cls, stack: Stack, task: str) -> "Edge":
        """Raises models.NoModelError where the task has no champion, NoAnswerError where the API has no key."""
        history = models.promotions(stack, task)
        if not history:
            retrain = stack.command(f"retrain --task {task}")
            raise models.NoModelError(f"{task} has no champion: {retrain} trains one.")
        api, execution = Api.of(stack), history[-1].execution
        if api.key is None:
            raise NoAnswerError("This stack's API takes signed requests alone: the parameter EdgeTask sends such.")
        return cls(stack, api, task, execution, tuple(models.card(stack, execution, task)["features"]))

    def rows(self, file: Path | None) -> list[EdgeRow]:
        """The rows of a file, or of the champion's test split. Raises NoRowsError."""
        try:
            rows = [
                row for name, data in self._sources(file) for row in rows_of(data.splitlines(), self.features, name)
            ]
        except BadTestSet as bad:
            raise NoRowsError(f"{bad}.") from None
        if not rows:
            raise NoRowsError(f"{file or f'The test split of {self.execution}'} has no rows to send.")
        return rows

    def _sources(self, file: Path | None) -> Iterator[tuple[str, bytes]]:
        if file:
            yield str(file), _plain(file.read_bytes())
            return
        s3: Any = self.stack.client("s3")
        prefix, bucket = f"training-sets/{self.execution}/split=test/", self.stack.bucket
        for each in account.entries(s3, "list_objects_v2", "Contents", Bucket=bucket, Prefix=prefix):
            yield each["Key"], _plain(s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read())

    def ask(self, row: EdgeRow) -> Outcome:
        """Ask about a row, and take the time; what is not answered counts for the champion."""
        return asking.asker(self.execution, self._send)(row)

    def _send(self, features: Mapping[str, float]) -> bytes:
        request = self.api.request(dict(features), f"tasks/{self.task}/predictions")
        with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as response:  # noqa: S310 - the API's URL
            return response.read()

    def tell(self, tally: Tally) -> None:
        """Tell the API what came true, for it to be joined with what was captured. Raises NoAnswerError."""
        for truths in truths_of(self.task, tally):
            self.api.ask(truths, "outcomes")

    def publish(self, tally: Tally) -> None:
        """Publish the metrics of some outcomes."""
        cloudwatch: Any = self.stack.client("cloudwatch")
        for call in metric_data.calls(self.task, tally, datetime.now(UTC)):
            cloudwatch.put_metric_data(**call)


@click.command("edge", epilog=options.EXIT_CODES, short_help="Ask as callers do, and measure the models.")
@options.task
@click.option("--rate", type=_RATE, default=5, show_default=True, help="Requests a second.")
@click.option("--for", "seconds", type=_SECONDS, default=60, show_default=True, help="Seconds to go on for.")
@click.option(
    "--rows", "file", type=options.EXISTING, help="CSV: the truth, then the champion's features, gzip or not."
)
@options.as_json
@options.on_stack
def edge_command(stack: Stack, task: str, rate: float, seconds: float, file: Path | None, *, as_json: bool) -> int:
    """Send rows whose truth is known to the API, and publish what a caller measures of the models that answer.

    The rows are the test split of the champion, which it was not trained on, or those of a file. Each answer is
    compared with the row's truth. `wildrydes leaderboard` ranks the models by it. The API is told the truth too, as
    the outcome of what it has answered.

    \b
    Example:
      wildrydes edge --task magic_points --rate 5 --for 60
    """
    caller = Edge.of(stack, task)
    tally = run(caller, caller.rows(file), rate, seconds, options.console(as_json=as_json))
    kind, measured = TASKS[task].kind, tally.standings(task)
    if as_json:
        click.echo(json.dumps([each.to_json(kind) for each in measured], indent=2))
    else:
        standings.show(measured, options.console())
    return 0 if any(each.loss is not None for each in measured) else 1


def run(
    caller: Edge,
    rows: list[EdgeRow],
    rate: float,
    seconds: float,
    console: Console,
    send: Callable[..., list[Outcome]] = pace.send,
) -> Tally:
    """Ask batch by batch, and publish each batch."""
    console.print(f"Sending {rate:g} requests a second for {seconds:g} s to {caller.task}, of {len(rows):,} rows")
    kind, whole, sent = TASKS[caller.task].kind, Tally(TASKS[caller.task].kind), 0
    while seconds > 0:
        batch, span = Tally(kind), min(seconds, BATCH_SECONDS)
        start = sent % len(rows)
        for outcome in send(rows[start:] + rows[:start], caller.ask, rate, span):
            batch.add(outcome)
            whole.add(outcome)
            sent += 1
        caller.publish(batch)
        try:
            caller.tell(batch)
        except NoAnswerError as fault:
            console.print(f"The API does not take what came true: {fault}")
        seconds -= span
    return whole


def _plain(data: bytes) -> bytes:
    return gzip.decompress(data) if data.startswith(_GZIP) else data
