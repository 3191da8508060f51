"""Stages: stacks of one account that share no name. What a stack may be called, and where its champions are kept.

Most names in the template begin with the stack's or are CloudFormation's own. What could be shared is looked at here:
the SSM parameters, names such as `a-located` + `-rides-late` and `a` + `-located-rides-late`, and the role by which API
Gateway writes the logs of the whole account.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cli.errors import CommandError
from cli.stack import DEFAULT_NAME, Account, Client
from cli.template_parameters import Template
from local.account import entries
from wildrydes.tasks import TASKS, Task

MOST_LETTERS = 40
_NAME = re.compile(rf"[a-z][a-z0-9-]{{0,{MOST_LETTERS - 1}}}")
# Both parameters of a task hold the same name; this one's value is read as such.
_MARK = TASKS[next(iter(TASKS))].model_path_name


class StageError(CommandError):
    """A stack may not be called so, or would share a name with another; the message says which."""

    exit_code = 2


@dataclass(frozen=True)
class Deployed:
    """A stack of this project that is there: its name, its status and the values of its parameters."""

    name: str
    status: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def champions(self) -> dict[str, str]:
        """The SSM parameters that hold its champions, by task."""
        return champions_of(self.parameters)


def check_name(name: str) -> str:
    """The name itself. Raises StageError for one that cannot name all of a stack's resources.

    A bucket's name has lower case alone, and an endpoint's 63 letters of which a task takes up to 18.
    """
    if not _NAME.fullmatch(name) or name.endswith("-"):
        raise StageError(
            f"{name!r} cannot name a stack: take a lower-case letter, then up to {MOST_LETTERS - 1} of lower-case "
            "letters, digits and hyphens, the last no hyphen."
        )
    return name


def deployed(client: Client) -> dict[str, Deployed]:
    """The stacks of this project in the account and region, by name."""
    stacks = entries(client("cloudformation"), "describe_stacks", "Stacks")
    described = [Deployed(each["StackName"], each["StackStatus"], values_of(each)) for each in stacks]
    return {each.name: each for each in described if _MARK in each.parameters}


def values_of(stack: Mapping[str, Any]) -> dict[str, str]:
    """The values of the parameters of a stack, as DescribeStacks gives it."""
    return {each["ParameterKey"]: each.get("ParameterValue", "") for each in stack.get("Parameters", ())}


def champions_of(parameters: Mapping[str, str]) -> dict[str, str]:
    """The SSM parameters that hold the champions, by task, of a stack with these parameters."""
    names = {task: parameters.get(definition.model_path_name) for task, definition in TASKS.items()}
    return {task: name for task, name in names.items() if name}


def default_champions(stack: str) -> dict[str, str]:
    """The SSM parameters that a stack of that name gets, by task: the stack `wildrydes` those of the template."""
    folder = "/wildrydes" if stack == DEFAULT_NAME else f"/wildrydes/{stack}"
    return {name: task.parameter.replace("/wildrydes", folder, 1) for name, task in TASKS.items()}


def champion_parameters(champions: Mapping[str, str]) -> dict[str, str]:
    """The template's parameters by which a stack keeps its champions there."""
    return {parameter: name for task, name in champions.items() for parameter in _parameters_of(TASKS[task])}


def _parameters_of(task: Task) -> tuple[str, str]:
    return task.model_path, task.model_path_name


def refuse_half_removed(stack: Deployed | None, account: Account) -> None:
    """Raise StageError for a stack that a removal has begun to delete: CloudFormation updates it no more."""
    if stack is not None and stack.status == "DELETE_FAILED":
        again = f"wildrydes destroy{account.options_of(stack.name)}"
        raise StageError(
            f"The removal of the stack {stack.name!r} stopped after parts of it were deleted. `{again}` goes on "
            "from there; deploy anew then."
        )


def refuse_shared(template: Template, name: str, champions: Mapping[str, str], others: Iterable[Deployed]) -> None:
    """Raise StageError where a stack of that name would share something with another that is there."""
    for other in others:
        if other.name == name:
            continue
        if shared := set(champions.values()) & set(other.champions.values()):
            raise StageError(f"The stack {other.name!r} keeps its champions in {', '.join(sorted(shared))} already.")
        if clash := sorted(template.names(name) & template.names(other.name)):
            kind, shared_name = clash[0]
            raise StageError(
                f"{name!r} and {other.name!r} would both have the {kind} {shared_name}: take another name."
            )


def logs_role(client: Client) -> str:
    """The value of `ApiGatewayLogsRole` for a new stack: an account has one such role, which a second would replace."""
    return "account" if client("apigateway").get_account().get("cloudwatchRoleArn") else "create"
