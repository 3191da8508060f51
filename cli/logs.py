"""`wildrydes logs`: what functions, workflows and training jobs wrote, in the order of time."""

import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import click
from botocore.exceptions import ClientError

from cli import options
from cli.errors import CommandError
from cli.stack import Stack

TRAINING = "/aws/sagemaker/TrainingJobs"
# The last lines of a function come just after its answer.
_LATE_MILLISECONDS = 1000
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_POLL_SECONDS = 1.0


class NoLogError(CommandError):
    """Nothing of that name writes a log; the message says what does."""


@dataclass(frozen=True)
class Line:
    """A line of a log; `time` in milliseconds since 1970, `source` names who wrote it."""

    time: int
    source: str
    text: str
    stream: str


def _seconds(_: click.Context, __: click.Parameter, text: str) -> int:
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not match:
        raise click.BadParameter(f"{text!r} is no duration such as 90s, 15m, 2h or 7d.")
    return int(match[1]) * _UNITS[match[2]]


@click.command("logs", epilog=options.EXIT_CODES, short_help="Print the end of the logs.")
@click.argument("name", required=False)
@click.option(
    "--since", callback=_seconds, default="1h", show_default=True, help="How far to go back: 90s, 15m, 2h, 7d."
)
@click.option("--lines", type=click.IntRange(1), default=100, show_default=True, help="How many of the last lines.")
@click.option("--follow", is_flag=True, help="Go on with new lines until Ctrl-C.")
@options.as_json
@options.on_stack
def logs_command(stack: Stack, name: str | None, *, since: int, lines: int, follow: bool, as_json: bool) -> int:
    """Print the last lines of the log of NAME: a function's folder, or `training`. By default of all of them.

    With --json each line is an object of `time` (milliseconds since 1970), `source`, `text` and `stream`.

    \b
    Example:
      wildrydes logs ingest_rides --since 15m
    """
    groups = log_groups(stack, name)
    start = int((time.time() - since) * 1000)
    lines_read = read(stack, groups, start)
    _print(lines_read[-lines:], as_json=as_json)
    if not lines_read:
        whose = f" of {name}" if name else ""
        click.echo(f"No line{whose} is as young as that: --since goes further back.", err=True)
    while follow:
        time.sleep(_POLL_SECONDS)
        printed = set(lines_read)
        start = max((line.time for line in lines_read), default=start)
        lines_read = read(stack, groups, start)
        _print((line for line in lines_read if line not in printed), as_json=as_json)
    return 0


def log_groups(stack: Stack, name: str | None) -> dict[str, str]:
    """Log groups by the name of who writes to them: one of them, or all. Raises NoLogError."""
    functions = stack.functions()
    names = [*sorted(functions), "training"]
    if name is not None and name not in names:
        raise NoLogError(f"Nothing called {name!r} writes a log; these do: {', '.join(names)}.")
    chosen = names if name is None else [name]
    return {each: TRAINING if each == "training" else group_of(stack, functions[each]) for each in chosen}


def group_of(stack: Stack, function: str) -> str:
    """The log group of a function, by its deployed name or its ARN."""
    configuration = stack.client("lambda").get_function_configuration(FunctionName=function)
    return configuration.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{function}"


def read(stack: Stack, groups: dict[str, str], start: int) -> list[Line]:
    """The lines of log groups from `start` on, in milliseconds since 1970, in the order of time."""
    return sorted(
        (
            Line(event["timestamp"], source, event["message"].rstrip("\n"), event.get("logStreamName", ""))
            for source, group in groups.items()
            for event in events(stack, group, start)
        ),
        key=lambda line: line.time,
    )


def events(stack: Stack, group: str, start: int, **narrower: Any) -> list[dict[str, Any]]:
    """The events of a log group from `start` on; none where nothing has been logged yet.

    `narrower` are further parameters of FilterLogEvents, such as `endTime`.
    """
    return list(each_event(stack, group, start, **narrower))


def each_event(stack: Stack, group: str, start: int, **narrower: Any) -> Iterator[dict[str, Any]]:
    """The same one by one: AWS is asked for no more pages than are read."""
    paginator = stack.client("logs").get_paginator("filter_log_events")
    try:
        for page in paginator.paginate(logGroupName=group, startTime=start, **narrower):
            yield from page.get("events", ())
    except ClientError as fault:
        # Who has not run yet has no log group.
        if fault.response["Error"]["Code"] != "ResourceNotFoundException":
            raise


def while_in(entered: datetime, left: datetime | None) -> dict[str, int]:
    """What narrows `events` to those that a function logged in a state: from its start until its end, if it has one."""
    until = {"endTime": _milliseconds(left) + _LATE_MILLISECONDS} if left else {}
    return {"start": _milliseconds(entered), **until}


def _milliseconds(when: datetime) -> int:
    return int(when.timestamp() * 1000)


def _print(lines: Iterable[Line], *, as_json: bool) -> None:
    for line in lines:
        when = datetime.fromtimestamp(line.time / 1000).astimezone().strftime("%H:%M:%S")
        click.echo(json.dumps(asdict(line)) if as_json else f"{when} {line.source:<16} {line.text}")
