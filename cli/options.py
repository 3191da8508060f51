"""Options that several commands take, each checked before anything starts.

Those of the workflow's input are in `cli.input_options`.

A command that works on a stack is decorated by `on_stack`: it takes `--aws`, `--profile`, `--region` and `--stack`, and
is handed the Stack that they name.
"""

import functools
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from cli import embedded, unfinished_stacks
from cli.server_record import ServerError, ServerRecord
from cli.stack import DEFAULT_NAME, Account, Stack
from cli.trimming import trimmed
from local.server import ROOT
from wildrydes.tasks import DEFAULT_TASK, TASKS

Command = Callable[..., Any]

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]{1,2}")
_ANSWER_SECONDS = 10
_PIPE_WIDTH = 1000

RIDES = ROOT / "data" / "rides"
WEATHER = ROOT / "data" / "weather"
SAMPLES = ROOT / "data" / "samples" / "samples.csv.gz"

# As in cli.weather, whose import would slow every command.
WEATHER_UNITS = ("metric", "standard", "tenths")

EXIT_CODES = "Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C."
EXIT_CODES_OF_FOLLOWING = (
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 another retraining of the task runs, 130 stopped by Ctrl-C."
)

EXISTING = click.Path(exists=True, readable=True, path_type=Path)

rides = click.option("--rides", type=EXISTING, default=RIDES, help="File or folder of rides.  [default: data/rides]")
weather = click.option(
    "--weather", type=EXISTING, default=WEATHER, help="Weather file of NOAA's, or a folder.  [default: data/weather]"
)
weather_units = click.option(
    "--weather-units",
    type=click.Choice(WEATHER_UNITS),
    help="Units of daily summaries that do not say theirs.",
)
samples = click.option(
    "--samples", type=EXISTING, default=SAMPLES, help="CSV of samples.  [default: data/samples/samples.csv.gz]"
)
verbose = click.option("--verbose", is_flag=True, help="List the template's properties that have no effect here.")
task = click.option(
    "--task",
    type=click.Choice(tuple(TASKS)),
    default=DEFAULT_TASK,
    show_default=True,
    help="The task whose champion it is.",
)
any_task = click.option("--task", type=click.Choice(tuple(TASKS)), help="Of this task alone.  [default: of every task]")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _name_values(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    if wrong := [text for text, (name, equals, _) in zip(texts, pairs, strict=True) if not (name and equals)]:
        raise click.BadParameter(f"{wrong[0]!r} is no NAME=VALUE, such as LogRetentionDays=90.")
    return {name: value for name, _, value in pairs}


template_parameters = click.option(
    "--parameter",
    "parameters",
    multiple=True,
    callback=_name_values,
    metavar="NAME=VALUE",
    help="A parameter of the template. May be given many times.",
)

_STACK_OPTIONS = (
    click.option("--aws", is_flag=True, help="Work on AWS with your own credentials, not on the embedded AWS."),
    click.option("--profile", help="With --aws: the profile of your AWS configuration."),
    click.option("--region", help="With --aws: the region of the stack."),
    click.option("--stack", "stack_name", default=DEFAULT_NAME, show_default=True, help="Name of the stack."),
)


def console(*, as_json: bool = False) -> Console:
    """Where a command writes for people: standard output, or standard error where JSON goes to standard output."""
    file = sys.stderr if as_json else sys.stdout
    if file.isatty():
        return Console(file=file, highlight=False, soft_wrap=True)
    # What is piped is not laid out for a screen: nothing is wrapped, cut or padded.
    return Console(file=trimmed(file), highlight=False, soft_wrap=True, width=_PIPE_WIDTH)


def stack_options(command: Command) -> Command:
    """Let `command` take the options that say where the stack is and what it is called."""
    for option in reversed(_STACK_OPTIONS):
        command = option(command)
    return command


def on_stack(command: Command) -> Command:
    """Let `command` take the options that name a stack, and hand it that Stack as its first argument."""

    @functools.wraps(command)
    def with_stack(aws: bool, profile: str | None, region: str | None, stack_name: str, **arguments: Any) -> Any:
        with unfinished_stacks.named(stack_name, aws=aws):
            return command(Stack.describe(account(aws, profile, region), stack_name), **arguments)

    return stack_options(with_stack)


def account(aws: bool, profile: str | None, region: str | None) -> Account:
    """The account that the options name: the user's on AWS, or the one of this clone's embedded AWS.

    Raises click.UsageError, and ServerError where no embedded AWS is running.
    """
    if aws:
        if region is not None and not _REGION.fullmatch(region):
            raise click.UsageError(f"--region is {region!r}, which is no region such as us-east-1.")
        on_aws = Account.on_aws(profile, region)
        if on_aws.is_on_this_machine:
            click.echo(f"--aws works on {on_aws.where}. In a new shell it works on AWS.", err=True)
        return on_aws
    if profile or region:
        raise click.UsageError("--profile and --region go with --aws.")
    server = ServerRecord().required_server()
    if not embedded.answers(server, _ANSWER_SECONDS):
        process = ServerRecord().process()
        who = f" (pid {process.pid})" if process else ""
        raise ServerError(
            f"The embedded AWS at {server.endpoint}{who} does not answer within {_ANSWER_SECONDS} s. "
            "`make down` and `make up` start another; build/embedded-aws.log is its log."
        )
    return Account.on_embedded_aws(server)
