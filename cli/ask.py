"""`wildrydes ask`: sends one ride or sample to the API and prints the answer."""

import sys
from typing import Any

import click

from cli import options
from cli.api import Api, path_of
from cli.stack import Stack
from wildrydes import strict_json
from wildrydes.errors import BadJson


@click.command(epilog=options.EXIT_CODES, short_help="Ask a champion about one ride or sample.")
@click.argument("ride", required=False)
@options.task
@options.on_stack
def ask(stack: Stack, ride: str | None, task: str) -> int:
    """Ask the champion of a task about one ride or sample, and print its answer, which is JSON.

    RIDE is a JSON object in the fields of the API, or - to read it from standard input. Without it a usual one is
    sent.

    \b
    Example:
      wildrydes ask --task pick_duration
      wildrydes ask '{"distance": 30, "healthpoints": 30, "magicpoints": 2500, "TMAX": 333, "TMIN": 300, "PRCP": 0}'
    """
    api = Api.of(stack)
    body = api.sample(task) if ride is None else _parsed(ride)
    click.echo(api.ask(body, path_of(task)).rstrip("\n"))
    return 0


def _parsed(text: str) -> dict[str, Any]:
    try:
        ride = strict_json.decode(sys.stdin.read() if text == "-" else text)
    except BadJson as bad:
        fault = f"the ride is not JSON: {bad.detail}" if bad.reason == "not_json" else bad.detail
        raise click.BadParameter(fault, param_hint="RIDE") from None
    if not isinstance(ride, dict):
        raise click.BadParameter("the ride is not a JSON object", param_hint="RIDE")
    return ride
