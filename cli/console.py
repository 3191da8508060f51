"""`wildrydes console`: a page to see and steer a stack."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from cli import options
from cli.console_process import ConsoleRecord
from cli.stack import DEFAULT_NAME
from local.server import ROOT


@click.command("console", epilog=options.EXIT_CODES, short_help="Serve a page to see and steer the stack.")
@click.option("--port", type=click.IntRange(1024, 65535), help="Port of 127.0.0.1.  [default: a free one]")
@options.stack_options
def console_command(port: int | None, *, aws: bool, profile: str | None, region: str | None, stack_name: str) -> int:
    """Serve a page that shows the stack's workflows as they run, and starts, stops and redrives them.

    It prints the address to open in a browser. The address has a token: whoever has it may do what you may. Where `up`
    has started one in this clone, and nothing else is asked for, its address is printed. Otherwise the page is served
    until Ctrl-C.

    \b
    Example:
      wildrydes console
      wildrydes console --aws --profile team --stack wildrydes
    """
    is_default = port is None and not aws and stack_name == DEFAULT_NAME
    if is_default and (running := ConsoleRecord().running()):
        click.echo(running.address)
        return 0
    named = {"--port": port, "--profile": profile, "--region": region, "--stack": stack_name}
    arguments = [f"{name}={value}" for name, value in named.items() if value is not None]
    return _become([*arguments, *(["--aws"] if aws else [])])


def _become(arguments: Sequence[str]) -> NoReturn:
    """Let the console take the place of this process: whoever ends it, ends the console."""
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "console", *arguments])  # noqa: S606 # nosec B606 - our own
