"""Follows an execution to its end, in a table that keeps up with it, and concludes."""

from rich.console import Console

from cli import display, executions
from cli.outcome import conclude
from cli.stack import Stack


def follow(stack: Stack, arn: str, console: Console, *, as_json: bool = False) -> int:
    """Show the states of an execution until it ends, then what became of it. Returns the exit code."""
    progresses = executions.follow(stack, arn)
    progress = display.last_of(progresses) if as_json else display.watch(console, progresses)
    return conclude(stack, arn, progress, console, as_json=as_json)


def follow_detached(stack: Stack, arn: str, console: Console, *, as_json: bool = False) -> int:
    """The same; by Ctrl-C the execution goes on, and a line says how to follow it again."""
    try:
        return follow(stack, arn, console, as_json=as_json)
    except KeyboardInterrupt:
        again = stack.command(f"watch {arn.rpartition(':')[2]}")
        console.print(f"\nThe execution goes on: {again} follows it again.", markup=False)
        raise
