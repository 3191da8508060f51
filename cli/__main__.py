"""The `wildrydes` command.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C.
"""

import importlib
import logging
import sys
from collections.abc import Sequence
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from cli.errors import CommandError

_INTERRUPTED = 130

# Where each command is. A module is imported once its command is needed: some of them take a second.
COMMANDS = {
    "run": ("cli.run", "run"),
    "up": ("cli.up", "up"),
    "down": ("cli.up", "down"),
    "status": ("cli.status", "status_command"),
    "retrain": ("cli.retrain", "retrain"),
    "watch": ("cli.watch", "watch"),
    "logs": ("cli.logs", "logs_command"),
    "models": ("cli.models", "models_command"),
    "rollback": ("cli.rollback", "rollback"),
    "report": ("cli.report", "report_command"),
    "explain": ("cli.explain.command", "explain_command"),
    "stream": ("cli.stream", "stream_command"),
    "invoke": ("cli.invoke", "invoke"),
    "ask": ("cli.ask", "ask"),
    "load": ("cli.load", "load_command"),
}


class Commands(click.Group):
    """The commands, in the order in which a newcomer needs them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        return getattr(importlib.import_module(module), name)


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wildrydes-ml", prog_name="wildrydes")
def wildrydes() -> None:
    """Run a model's whole life: on an embedded AWS on this machine, or on AWS with --aws.

    \b
    Example:
      wildrydes up && wildrydes retrain --rides data/rides && wildrydes ask && wildrydes down

    \b
    Shell completion (zsh and fish likewise):
      eval "$(_WILDRYDES_COMPLETE=bash_source wildrydes)"
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name. Returns its exit code."""
    logging.basicConfig(level=logging.WARNING)
    try:
        return _code(wildrydes.main(arguments, prog_name="wildrydes", standalone_mode=False))
    except click.ClickException as fault:
        fault.show()
        return fault.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return _INTERRUPTED
    except (CommandError, ClientError, BotoCoreError, OSError) as fault:
        click.secho(_message(fault), fg="red", err=True)
        return fault.exit_code if isinstance(fault, CommandError) else 1


def _code(result: Any) -> int:
    return result if isinstance(result, int) else 0


def _message(fault: Exception) -> str:
    """What to say of a fault; the system's own, such as a full disk, name the file if there is one."""
    if isinstance(fault, OSError):
        where = f"{fault.filename}: " if fault.filename else ""
        return f"{where}{fault.strerror or fault}"
    return str(fault)


if __name__ == "__main__":
    sys.exit(main())
