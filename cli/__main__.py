"""The `wildrydes` command.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP.
"""

import sys

_INTERRUPTED = 130

try:
    import importlib
    import logging
    import os
    from collections.abc import Sequence
    from typing import Any

    import click

    from cli import interrupts
except KeyboardInterrupt:
    # Before `main`, which heeds Ctrl-C from then on.
    sys.stderr.write("Stopped.\n")
    sys.exit(_INTERRUPTED)

# Where each command is. A module is imported once its command is needed: some of them take a second.
COMMANDS = {
    "run": ("cli.run", "run"),
    "up": ("cli.up", "up"),
    "down": ("cli.up", "down"),
    "status": ("cli.status", "status_command"),
    "retrain": ("cli.retrain", "retrain"),
    "watch": ("cli.watch", "watch"),
    "redrive": ("cli.redrive", "redrive"),
    "logs": ("cli.logs", "logs_command"),
    "try": ("cli.try_state", "try_command"),
    "console": ("cli.console", "console_command"),
    "models": ("cli.models", "models_command"),
    "rollback": ("cli.rollback", "rollback"),
    "dashboard": ("cli.dashboard", "dashboard_command"),
    "report": ("cli.report", "report_command"),
    "pricing": ("cli.pricing", "pricing_command"),
    "explain": ("cli.explain.command", "explain_command"),
    "stream": ("cli.stream", "stream_command"),
    "publish": ("cli.publish", "publish_command"),
    "query": ("cli.query", "query_command"),
    "replay": ("cli.replay", "replay_command"),
    "invoke": ("cli.invoke", "invoke"),
    "ask": ("cli.ask", "ask"),
    "edge": ("cli.edge", "edge_command"),
    "leaderboard": ("cli.leaderboard", "leaderboard_command"),
    "monitor": ("cli.monitor", "monitor_command"),
    "load": ("cli.load", "load_command"),
    "cost": ("cli.cost", "cost_command"),
    "deploy": ("cli.deploy_command", "deploy_command"),
    "destroy": ("cli.destroy", "destroy_command"),
    "iam": ("cli.iam", "iam_command"),
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
    try:
        logging.basicConfig(level=logging.WARNING)
        with interrupts.like_ctrl_c():
            return _run(arguments)
    except (click.Abort, KeyboardInterrupt) as fault:
        return _stopped(fault)
    except RuntimeError as fault:
        # As such Python 3.11 reports an interrupt within __set_name__, while a class is made.
        if not isinstance(fault.__cause__, KeyboardInterrupt):
            raise
        return _stopped(fault.__cause__)


def _stopped(fault: BaseException) -> int:
    click.echo("Stopped.", err=True)
    return interrupts.exit_code(fault)


def _run(arguments: Sequence[str] | None) -> int:
    # Imported here, where Ctrl-C is heeded already: the AWS SDK takes most of a second.
    from cli import faults

    try:
        return _code(wildrydes.main(arguments, prog_name="wildrydes", standalone_mode=False))
    except click.ClickException as fault:
        fault.show()
        return fault.exit_code
    except BrokenPipeError:
        # Whoever read the output, such as `head`, has enough of it.
        _discard_output()
        return 1
    except faults.EXPECTED as fault:
        click.secho(faults.message(fault), fg="red", err=True)
        if isinstance(fault, OSError):
            _flush_output()
        return faults.exit_code(fault)


def _code(result: Any) -> int:
    return result if isinstance(result, int) else 0


def _flush_output() -> None:
    """Write what is left for standard output; where that cannot be written either, as on a full disk, drop it."""
    try:
        sys.stdout.flush()
    except OSError:
        _discard_output()


def _discard_output() -> None:
    """Let what is left for standard output go nowhere: at its end Python would write it, and print a traceback."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
