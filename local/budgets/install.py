"""Lets CloudFormation create budgets: MiniStack has the service, and no `AWS::Budgets::Budget`.

Nothing is spent here, so a budget's spend stays 0 and it notifies nobody. Other notifications make another budget, as
the reference of `AWS::Budgets::Budget` says; one that the template gives a name cannot be replaced.
"""

import copy
import json
import secrets
from typing import Any

from ministack.services import budgets
from ministack.services.cloudformation import provisioners

from local import EmbeddedAwsError
from local.seams import seam

_TYPE = "AWS::Budgets::Budget"


class BudgetRefusedError(EmbeddedAwsError):
    """The service does not take a budget; the message is the service's."""


def install() -> None:
    """Put the resource type beside the others."""
    for name in ("_create_budget", "_update_budget", "_delete_budget", "_budgets"):
        seam(budgets, name)
    functions = {"create": _create, "update": _update, "delete": _delete}
    seam(provisioners, "_RESOURCE_HANDLERS")[_TYPE] = functions


def _create(_: str, properties: dict[str, Any], stack_name: str) -> tuple[str, dict[str, str]]:
    budget = _budget(properties, f"{stack_name}-{secrets.token_hex(6)}")
    notifications = properties.get("NotificationsWithSubscribers") or []
    _call(budgets._create_budget, {"Budget": budget, "NotificationsWithSubscribers": notifications})
    return budget["BudgetName"], {}


def _update(
    physical_id: str, before: dict[str, Any], properties: dict[str, Any], stack_name: str
) -> tuple[str, dict[str, str]]:
    budget = _budget(properties, physical_id)
    notifies_alike = properties.get("NotificationsWithSubscribers") == before.get("NotificationsWithSubscribers")
    if budget["BudgetName"] == physical_id and notifies_alike:
        _call(budgets._update_budget, {"NewBudget": budget})
        return physical_id, {}
    if properties["Budget"].get("BudgetName") == physical_id:
        raise BudgetRefusedError(
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
            f"Rename {physical_id} and update the stack again."
        )
    created = _create("", properties, stack_name)
    _delete(physical_id, properties)
    return created


def _delete(physical_id: str, _: dict[str, Any]) -> None:
    if physical_id in budgets._budgets:
        _call(budgets._delete_budget, {"BudgetName": physical_id})


def _budget(properties: dict[str, Any], name: str) -> dict[str, Any]:
    """The budget as the API takes it, where an amount is a text."""
    budget = copy.deepcopy(properties["Budget"])
    budget.setdefault("BudgetName", name)
    if "BudgetLimit" in budget:
        budget["BudgetLimit"]["Amount"] = str(budget["BudgetLimit"]["Amount"])
    return budget


def _call(operation: Any, request: dict[str, Any]) -> None:
    status, _, body = operation(request)
    if status != 200:
        raise BudgetRefusedError(json.loads(body).get("message", "the budget is refused"))
