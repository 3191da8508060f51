"""`wildrydes invoke`: calls one function of the stack with an event, and shows its answer and its log."""

import base64
import json
from pathlib import Path

import click
from rich.console import Console

from cli import options
from cli.errors import CommandError, UnreadableFileError
from cli.stack import Stack


class NoFunctionError(CommandError):
    """There is no such function; the message says which there are."""


@click.command(epilog=options.EXIT_CODES, short_help="Call one function with an event.")
@click.argument("function")
@click.argument("event", type=click.Path(path_type=Path))
@options.on_stack
def invoke(stack: Stack, function: str, event: Path) -> int:
    """Call FUNCTION, by its folder, with the JSON in the file EVENT.

    The answer goes to standard output, the function's log to standard error. The exit code is 1 where the function
    answered with an error.

    \b
    Example:
      wildrydes invoke predict events/predict_ride.json
    """
    return call(stack, function, event, options.console())


def call(stack: Stack, function: str, event: Path, console: Console) -> int:
    """Call a function. Raises NoFunctionError, and UnreadableFileError where the event is no JSON."""
    name = physical_name(stack, function)
    try:
        payload = event.read_bytes()
        json.loads(payload)
    except (OSError, ValueError) as fault:
        raise UnreadableFileError(f"{event} cannot be read as an event: {fault}") from fault
    response = stack.client("lambda").invoke(FunctionName=name, Payload=payload, LogType="Tail")
    log = base64.b64decode(response.get("LogResult", "")).decode(errors="replace")
    Console(stderr=True, highlight=False, soft_wrap=True).print(log, style="dim", markup=False)
    console.print_json(response["Payload"].read().decode())
    return 1 if "FunctionError" in response else 0


def physical_name(stack: Stack, function: str) -> str:
    """The deployed name of the function in the folder `function`. Raises NoFunctionError."""
    functions = stack.functions()
    if function not in functions:
        raise NoFunctionError(f"There is no function {function!r}; there are {', '.join(sorted(functions))}.")
    return functions[function]
