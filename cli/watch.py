"""`wildrydes watch`: follows any execution."""

import click

from cli import executions, options
from cli.following import follow_detached
from cli.stack import Stack


@click.command(epilog=options.EXIT_CODES_OF_FOLLOWING, short_help="Follow any execution.")
@click.argument("execution", required=False)
@options.as_json
@options.on_stack
def watch(stack: Stack, execution: str | None, *, as_json: bool) -> int:
    """Follow an execution, by its name or its ARN; by default the newest retraining.

    It may run or have ended. Ctrl-C stops following; the execution goes on.

    \b
    Example:
      wildrydes watch run-5096cabf9005
    """
    arn = executions.find(stack, execution)
    return follow_detached(stack, arn, options.console(as_json=as_json), as_json=as_json)
