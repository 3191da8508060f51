"""`wildrydes rollback`: makes an earlier model the champion again.

A rollback is a promotion of the earlier model: the same workflow, the same smoke test with the ride and the answer
that the registry kept, and at once for all requests.
"""

import json
import uuid
from dataclasses import dataclass
from typing import Any

import click
from rich.console import Console

from cli import display, executions, models, options
from cli.outcome import conclude
from cli.stack import Stack
from wildrydes.announcements.end import ROLLBACK_REASON
from wildrydes.tasks import DEFAULT_TASK


@dataclass(frozen=True)
class Rollback:
    """A rollback that was started: the ARN of its promotion, the champion until then, and the model to come."""

    arn: str
    champion: models.Entry
    earlier: models.Entry


@click.command(epilog=options.EXIT_CODES, short_help="Make an earlier model the champion again.")
@click.option("--to", metavar="EXECUTION", help="The execution that trained it.  [default: the champion before]")
@options.task
@options.as_json
@options.on_stack
def rollback(stack: Stack, to: str | None, task: str, *, as_json: bool) -> int:
    """Make an earlier model the champion of its task again, by the same promotion and smoke test.

    \b
    Example:
      wildrydes rollback --to run-5096cabf9005
      wildrydes rollback --task service_requested
    """
    return roll_back(stack, to, options.console(as_json=as_json), task, as_json=as_json)


def roll_back(
    stack: Stack, to: str | None, console: Console, task: str = DEFAULT_TASK, *, as_json: bool = False
) -> int:
    """Make the model of execution `to` the task's champion again, by default the one before. Returns 1 if that failed.

    Raises models.NoEarlierModelError.
    """
    started = begin(stack, to, task)
    console.print(f"From the model of {started.champion.execution} back to that of {started.earlier.execution}")
    progress = display.last_of(executions.follow(stack, started.arn))
    if progress.status != "SUCCEEDED":
        return conclude(stack, started.arn, progress, console, as_json=as_json)
    output = json.loads(progress.output or "{}")
    if as_json:
        click.echo(json.dumps(output, indent=2))
        return 0
    console.print(
        f"{output['execution']} is live as version {output['version']}, instead of version "
        f"{output['previous_version']}, after {progress.seconds:.1f} s."
    )
    return 0


def begin(stack: Stack, to: str | None, task: str) -> Rollback:
    """Start the promotion of an earlier model, and do not wait for its end. Raises models.NoEarlierModelError."""
    history = models.promotions(stack, task)
    earlier, champion = models.earlier(history, to), history[-1]
    name = f"rollback-{uuid.uuid4().hex[:12]}"
    return Rollback(executions.start(stack, "promote", request(earlier, champion, task), name), champion, earlier)


def request(earlier: models.Entry, champion: models.Entry, task: str) -> dict[str, Any]:
    """The input of the promotion that puts `earlier` in the place of `champion`."""
    return {
        "task": task,
        "model_path": earlier.model_path,
        "execution": earlier.execution,
        "golden": earlier.golden,
        "bake_seconds": 0,
        "reason": f"{ROLLBACK_REASON} {champion.execution}",
        # As its card says: the function reads the model itself, or asks an endpoint.
        "serving": earlier.serving,
    }
