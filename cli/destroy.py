"""`wildrydes destroy`: a stack and all that it leaves behind, until no service has anything of it.

    inventory ─> question ─> no more starts ─> executions, jobs, endpoints ─> stack ─> logs, parameters, role, bucket
    ─> every service is asked

Nothing is noted on this machine. Each step looks at what is there, so that another `destroy` continues one that was
interrupted, from any machine.
"""

import json
from collections.abc import Callable
from typing import Any

import click
from rich.console import Console

from cli import gateway_role, options, remains, removal
from cli.errors import CommandError
from cli.remains import BUCKET, KEY, PARAMETER, ROLE, STACK, Inventory, Resource
from cli.stack import Account, Client

Step = Callable[[Client, Inventory], None]

STEPS: tuple[tuple[str, Step], ...] = (
    ("Ending what starts executions", removal.end_starts),
    ("Stopping executions", removal.stop_executions),
    ("Stopping jobs in SageMaker", lambda client, inventory: removal.stop_jobs(client, inventory.name)),
    ("Deleting endpoints and their models", lambda client, inventory: removal.remove_endpoints(client, inventory.name)),
    ("Deleting the stack", removal.delete_stack),
    ("Deleting log groups", removal.remove_logs),
    ("Deleting the SSM parameters", removal.remove_parameters),
    ("Emptying and deleting the data bucket", removal.remove_buckets),
    ("Deleting what the deployments uploaded", removal.remove_artefacts),
    ("Deleting the role by which API Gateway logs", gateway_role.remove),
)
"""In this order: what runs would go on using what comes after it. The bucket comes once nobody writes into it."""

_LOOKS = 60


@click.command("destroy", epilog=options.EXIT_CODES, short_help="Remove a stack and all that it leaves behind.")
@click.option("--yes", is_flag=True, help="Do not ask before anything is removed.")
@options.as_json
@options.stack_options
def destroy_command(
    *, yes: bool, as_json: bool, aws: bool, profile: str | None, region: str | None, stack_name: str
) -> int:
    """Remove a stack with its data, its models and all that it leaves behind, and ask every service whether it is gone.

    It says what it will remove, and asks. Executions that run are stopped. Interrupted, it goes on the next time.

    \b
    Example:
      wildrydes destroy --stack test
      wildrydes destroy --aws --region eu-central-1 --stack production --yes
    """
    account, console = options.account(aws, profile, region), options.console(as_json=as_json)
    inventory = remains.take(account, stack_name)
    before = removable(account.client, inventory, remains.left(account.client, inventory))
    if not before:
        console.print(f"There is nothing of the stack {stack_name!r} in {account.where}.", markup=False)
        return _end(account, inventory, before, [], console, as_json=as_json)
    _announce(account, inventory, before, console)
    if not yes:
        click.confirm(f"Remove all of this from {account.where} for good?", abort=True, err=True)
    try:
        remove(account.client, inventory, console)
    except (KeyboardInterrupt, CommandError):
        _say_how_to_go_on(account, inventory, console)
        raise
    left = remains.take(account, stack_name)
    return _end(account, inventory, before, _ask_until_gone(account.client, left), console, as_json=as_json)


def remove(client: Client, inventory: Inventory, console: Console) -> None:
    """Take every step. Raises DestroyError where one cannot be taken."""
    for what, step in STEPS:
        console.print(what, style="dim")
        step(client, inventory)


def removable(client: Client, inventory: Inventory, resources: list[Resource]) -> list[Resource]:
    """What is to be removed of what is there: not the role by which other APIs write their logs."""
    if STACK in {each.kind for each in resources} or not gateway_role.reasons_to_stay(client, inventory):
        return resources
    return [each for each in resources if not (each.kind == ROLE and gateway_role.is_for_logs(each.name))]


def _ask_until_gone(client: Client, inventory: Inventory) -> list[Resource]:
    """What every service still has. Some list for a minute what they have deleted, so they are asked again."""
    looks: list[list[Resource]] = []

    def is_over() -> bool:
        looks.append(removable(client, inventory, remains.left(client, inventory)))
        return not looks[-1] or len(looks) >= _LOOKS

    removal.until(is_over, "The last look")
    return looks[-1]


def _announce(account: Account, inventory: Inventory, before: list[Resource], console: Console) -> None:
    kinds = [each.kind for each in before]
    what = "the stack" if STACK in kinds else "what was left of the stack"
    console.print(f"{what.capitalize()} {inventory.name} in {account.where}: {len(before)} resources.", markup=False)
    for resource in before:
        if resource.kind in (BUCKET, PARAMETER, *remains.TAGGED):
            with_data = ", with every version of every object" if resource.kind == BUCKET else ""
            console.print(f"  {resource}{with_data}", markup=False)
    running = removal.running_executions(account.client, inventory)
    if running:
        console.print(f"  {len(running)} executions that run: they are stopped", style="yellow")


def _end(
    account: Account,
    inventory: Inventory,
    before: list[Resource],
    left: list[Resource],
    console: Console,
    *,
    as_json: bool,
) -> int:
    """Say what is left, and what stays on purpose. Returns the exit code."""
    stays = [*gateway_role.reasons_to_stay(account.client, inventory), *_keys(account.client, inventory)]
    if before and not left:
        console.print(f"Every service was asked: 0 resources of the stack {inventory.name} are left.", markup=False)
    for resource in left:
        console.print(f"Left: {resource}", style="red", markup=False)
    for reason in stays:
        console.print(f"Stays: {reason}.", style="dim", markup=False)
    if as_json:
        document: dict[str, Any] = {"stack": inventory.name, "removed": len(before) - len(left)}
        click.echo(json.dumps(document | {"left": [str(each) for each in left], "stays": stays}, indent=2))
    if left:
        _say_how_to_go_on(account, inventory, console)
    return 1 if left else 0


def _say_how_to_go_on(account: Account, inventory: Inventory, console: Console) -> None:
    again = f"wildrydes destroy{account.options_of(inventory.name)}"
    console.print(f"`{again}` once more goes on from here.", markup=False)


def _keys(client: Client, inventory: Inventory) -> list[str]:
    pending = [name for name in inventory.of(KEY) if remains.pending_deletion(client, name)]
    return [f"the KMS key {name}, which AWS deletes after its days of waiting" for name in pending]
