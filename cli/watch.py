"""`wildrydes watch`: follows any execution."""

import click

from cli import executions, map_children, options
from cli.following import follow_detached
from cli.stack import Stack


@click.command(epilog=options.EXIT_CODES_OF_FOLLOWING, short_help="Follow any execution.")
@click.argument("execution", required=False)
@options.as_json
@options.on_stack
def watch(stack: Stack, execution: str | None, *, as_json: bool) -> int:
    """Follow an execution, by its name or its ARN; by default the newest retraining.

    That of a distributed Map's child is followed by itself. It may run or have ended. Ctrl-C stops following; the
    execution goes on.

    \b
    Example:
      wildrydes watch run-5096cabf9005
    """
    arn, console = executions.find(stack, execution), options.console(as_json=as_json)
    if execution is None:
        console.print(f"Following {arn.rpartition(':')[2]}", markup=False)
    if map_children.is_child(arn):
        parent = map_children.parent_of(stack, arn).rpartition(":")[2]
        whole = stack.command(f"watch {parent}")
        console.print(f"A child of the distributed Map of {parent}: {whole} follows all of it.", markup=False)
    return follow_detached(stack, arn, console, as_json=as_json)
