"""Follows an execution to its end, in a table that keeps up with it, and concludes."""

from rich.console import Console

from cli import console as display
from cli import executions
from cli.outcome import conclude
from cli.stack import Stack


def follow(stack: Stack, arn: str, console: Console, *, as_json: bool = False) -> int:
    """Show the states of an execution until it ends, then what became of it. Returns the exit code."""
    progresses = executions.follow(stack, arn)
    progress = display.last_of(progresses) if as_json else display.watch(console, progresses)
    return conclude(stack, arn, progress, console, as_json=as_json)
