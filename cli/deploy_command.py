"""`wildrydes deploy`: a stack on the embedded AWS that is running, or on AWS by the SAM CLI.

The first deployment of a name asks, unless --yes. What a stack was deployed with is in the stack: an update changes the
parameters that are named, and no file on this machine has to agree with it.
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click
from click.core import ParameterSource
from rich.console import Console

from cli import deploy, missing_resources, options, sam, stages
from cli.progress import signs_of_life
from cli.server_record import ServerRecord
from cli.stack import Account, Stack
from cli.stack_progress import StackProgress
from cli.template_parameters import Template
from local.server import ROOT
from wildrydes.tasks import TASKS

QUESTIONS = {
    "NotificationEmail": "Address to tell of failures and alarms, empty for none",
    "ScheduleExpression": "When to retrain, such as rate(7 days); empty for never",
    "MonitorSchedule": "When to look at yesterday's predictions, such as cron(0 4 * * ? *); empty for never",
    "MonthlyBudget": "US dollars a month above which an alarm goes off, 0 for none",
    "ApiAuthorization": "Who may ask for predictions, API_KEY or AWS_IAM",
    "CorsOrigin": "Origin whose pages may ask in a browser, empty for none",
}
"""What the first deployment asks; all other parameters have defaults that do for most."""

_ROLE = "ApiGatewayLogsRole"
_BUSY = "_IN_PROGRESS"


@dataclass(frozen=True)
class Place:
    """Where a stack goes: on AWS (`region`, `profile`), or on the embedded AWS."""

    aws: bool
    profile: str | None
    region: str | None

    def account(self) -> Account:
        """The account, with clients for it."""
        return options.account(self.aws, self.profile, self.region)


@click.command("deploy", epilog=options.EXIT_CODES, short_help="Deploy a stack, or bring one up to date.")
@options.template_parameters
@click.option("--email", help="Address to tell of failures, alarms and promotions.")
@click.option("--yes", is_flag=True, help="Ask nothing: what is not named is as it was, or as the template has it.")
@options.as_json
@options.stack_options
def deploy_command(
    parameters: dict[str, str],
    email: str | None,
    *,
    yes: bool,
    as_json: bool,
    aws: bool,
    profile: str | None,
    region: str | None,
    stack_name: str,
) -> int:
    """Deploy a stack on the embedded AWS that `wildrydes up` started, or on AWS with --aws.

    The first deployment asks for name, region and the parameters that matter. Another one brings the stack up to date:
    its data, its champions and the parameters that you do not name stay as they are. Each stage is a stack.

    \b
    Example:
      wildrydes deploy --stack test --yes --parameter MonthlyBudget=50
      wildrydes deploy --aws --region eu-central-1 --stack production
    """
    template, console = Template.read(ROOT), options.console(as_json=as_json)
    values = parameters | ({"NotificationEmail": email} if email is not None else {})
    template.check(values)
    if not yes:
        stack_name = _ask_name(stack_name)
        region = _ask_region(template, region) if aws else region
    stages.check_name(stack_name)
    place = Place(aws, profile, region)
    account = place.account()
    _check_region(template, account, aws=aws)
    present = stages.deployed(account.client)
    _refuse_busy(present.get(stack_name))
    stages.refuse_half_removed(present.get(stack_name), account)
    if stack_name not in present and not yes:
        values = _ask(template, console, values)
    complete = complete_values(template, account, stack_name, values, present)
    stack = _deploy(place, account, stack_name, complete, console)
    if stack_name in present:
        again = functools.partial(_deploy, place, account, stack_name, complete, console)
        missing_resources.complete(account, stack_name, again, console)
    _tell(stack, account, console, created=stack_name not in present, as_json=as_json)
    return 0


def complete_values(
    template: Template,
    account: Account,
    name: str,
    values: Mapping[str, str],
    present: Mapping[str, stages.Deployed],
) -> dict[str, str]:
    """All parameters that the deployment names. Raises StageError where another stack would share something."""
    before = present[name].parameters if name in present else {}
    champions = stages.default_champions(name) | stages.champions_of(before)
    stages.refuse_shared(template, name, champions, present.values())
    as_before = {key: value for key, value in before.items() if key in template.parameters}
    if _ROLE not in before and _ROLE not in values:
        as_before[_ROLE] = stages.logs_role(account.client)
    return as_before | dict(values) | stages.champion_parameters(champions)


def _deploy(place: Place, account: Account, name: str, values: Mapping[str, str], console: Console) -> Stack:
    console.print(f"Deploying template.yaml as the stack {name} to {account.where}", markup=False)
    if not place.aws:
        with signs_of_life(console, StackProgress.before(account.client("cloudformation"), name).describe):
            return deploy.deploy(ROOT, ServerRecord().required_server(), name, dict(values))
    # Before anything is created.
    sam.program(ROOT)
    for task in TASKS.values():
        deploy.ensure_model_path(account.client, name, task, values[task.model_path_name])
    sam.deploy(ROOT, name, _region_of(account), place.profile, values)
    return Stack.describe(account, name)


def _region_of(account: Account) -> str:
    return account.client("cloudformation").meta.region_name


def _check_region(template: Template, account: Account, *, aws: bool) -> None:
    if aws and (region := _region_of(account)) not in template.regions:
        raise click.UsageError(f"The template works in {', '.join(template.regions)}, and not in {region}.")


def _refuse_busy(stack: stages.Deployed | None) -> None:
    if stack is not None and stack.status.endswith(_BUSY):
        raise stages.StageError(f"The stack {stack.name!r} is {stack.status}: wait until that has ended.")


def _is_default(option: str) -> bool:
    source = click.get_current_context().get_parameter_source(option)
    return source in (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP)


def _ask_name(name: str) -> str:
    return click.prompt("Name of the stack", default=name, err=True) if _is_default("stack_name") else name


def _ask_region(template: Template, region: str | None) -> str | None:
    if region is not None:
        return region
    return click.prompt("Region", type=click.Choice(template.regions), default=template.regions[0], err=True)


def _ask(template: Template, console: Console, values: Mapping[str, str]) -> dict[str, str]:
    """Those values, and the answers to what they do not say; a wrong answer is asked for again."""
    console.print("There is no such stack yet. Enter takes what is in brackets.")
    answers: dict[str, str] = {}
    for name, question in QUESTIONS.items():
        if name not in values:
            parameter = template.parameters[name]
            answers[name] = click.prompt(question, default=parameter.default, value_proc=parameter.answer, err=True)
    return answers | dict(values)


def _tell(stack: Stack, account: Account, console: Console, *, created: bool, as_json: bool) -> None:
    if as_json:
        document: dict[str, Any] = {"stack": stack.name, "created": created, "outputs": dict(stack.outputs)}
        click.echo(json.dumps(document, indent=2))
        return
    done = "is there now" if created else "is up to date"
    console.print(f"The stack {stack.name} {done} in {account.where}.", markup=False)
    console.print(f"  bucket  {stack.bucket}\n  API     {stack.api_url}", markup=False, style="dim")
