"""`wildrydes iam`: what each role of the stack may do, and which of it the tests never used."""

import json
from collections.abc import Iterable
from typing import Any

import click
from rich.table import Table

from cli import options
from cli.role_grants import Grant, grants_of
from cli.stack import Stack
from cli.unused_grants import Unused, unused_grants


@click.command("iam", epilog=options.EXIT_CODES, short_help="List what each role of the stack may do.")
@click.option("--unused", is_flag=True, help="Only the grants that no test used, with the reason why they are there.")
@options.as_json
@options.on_stack
def iam_command(stack: Stack, *, unused: bool, as_json: bool) -> int:
    """List the grants of the stack's roles, statement by statement, as IAM has them, and which no test ever used.

    `make grants` runs the tests that learn which are used. docs/reference/grants.md has all of it too.

    \b
    Example:
      wildrydes iam
      wildrydes iam --unused
      wildrydes iam --json --aws
    """
    reasons = unused_grants()
    grants = [each for each in grants_of(stack) if not unused or unused_actions(each, reasons)]
    if as_json:
        click.echo(json.dumps([_to_json(each, reasons) for each in grants], indent=2))
        return 0
    console = options.console()
    console.print(_table(grants, reasons))
    roles = len({each.role for each in grants})
    statements = sum(each.statement is not None for each in grants)
    counts = f"{roles} role{'' if roles == 1 else 's'}, {statements} statement{'' if statements == 1 else 's'}."
    console.print(f"\n{counts}", markup=False)
    return 0


def unused_actions(grant: Grant, reasons: Iterable[Unused]) -> dict[str, str]:
    """The reason of each action that the grant allows and no test used."""
    return {
        action: each.reason
        for each in reasons
        if each.statement == grant.statement and grant.logical_id in each.roles
        for action in each.actions
        if action in grant.actions
    }


def _table(grants: Iterable[Grant], reasons: tuple[Unused, ...]) -> Table:
    table = Table("role", "statement", "may", "on", "if", "never used by a test", box=None, pad_edge=False)
    role = ""
    for grant in grants:
        never = unused_actions(grant, reasons)
        table.add_row(
            "" if grant.logical_id == role else grant.logical_id,
            grant.statement or grant.policy,
            ("" if grant.effect == "Allow" else "not ") + ", ".join(grant.actions),
            ", ".join(grant.resources),
            json.dumps(grant.condition) if grant.condition else "",
            "; ".join(f"never {action}: {reason}" for action, reason in never.items()),
        )
        role = grant.logical_id
    return table


def _to_json(grant: Grant, reasons: tuple[Unused, ...]) -> dict[str, Any]:
    return grant.to_json() | {"unused": unused_actions(grant, reasons)}
