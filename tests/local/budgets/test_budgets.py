"""Budgets that a template creates."""

import json
from typing import Any

from botocore.exceptions import ClientError

from local.account import ACCOUNT_ID
from machines import unique, until


def template(name: str | None, amount: int, time_unit: str = "MONTHLY", address: str = "ops@example.org") -> str:
    budget = {
        **({"BudgetName": name} if name else {}),
        "BudgetType": "COST",
        "TimeUnit": time_unit,
        "BudgetLimit": {"Amount": amount, "Unit": "USD"},
    }
    notification = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80}
    subscribers = [{"SubscriptionType": "EMAIL", "Address": address}]
    properties = {
        "Budget": budget,
        "NotificationsWithSubscribers": [{"Notification": notification, "Subscribers": subscribers}],
    }
    return json.dumps({"Resources": {"Budget": {"Type": "AWS::Budgets::Budget", "Properties": properties}}})


def settled(client: Any, name: str) -> str:
    def status(described: Any) -> str:
        return described["Stacks"][0]["StackStatus"]

    cloudformation = client("cloudformation")
    described = until(
        lambda: cloudformation.describe_stacks(StackName=name), lambda each: not status(each).endswith("_IN_PROGRESS")
    )
    return status(described)


def test_budget_is_created_changed_and_deleted_with_its_stack(client: Any) -> None:
    name = unique("budget")
    cloudformation, budgets = client("cloudformation"), client("budgets")
    cloudformation.create_stack(StackName=name, TemplateBody=template(name, 20))
    assert settled(client, name) == "CREATE_COMPLETE"
    budget = budgets.describe_budget(AccountId=ACCOUNT_ID, BudgetName=name)["Budget"]
    assert budget["BudgetLimit"] == {"Amount": "20", "Unit": "USD"}
    cloudformation.update_stack(StackName=name, TemplateBody=template(name, 30))
    assert settled(client, name) == "UPDATE_COMPLETE"
    budget = budgets.describe_budget(AccountId=ACCOUNT_ID, BudgetName=name)["Budget"]
    assert budget["BudgetLimit"]["Amount"] == "30"
    cloudformation.delete_stack(StackName=name)

    def gone() -> bool:
        try:
            budgets.describe_budget(AccountId=ACCOUNT_ID, BudgetName=name)
        except ClientError as refusal:
            return refusal.response["Error"]["Code"] == "NotFoundException"
        return False

    assert until(gone, bool)


def test_budget_that_the_service_refuses_fails_the_stack(client: Any) -> None:
    name = unique("budget")
    client("cloudformation").create_stack(StackName=name, TemplateBody=template(name, 20, time_unit="HOURLY"))
    assert settled(client, name) in ("CREATE_FAILED", "ROLLBACK_COMPLETE")


def test_another_address_makes_another_budget_unless_it_has_a_name(client: Any) -> None:
    name = unique("budget")
    cloudformation, budgets = client("cloudformation"), client("budgets")

    def budget_of_stack() -> str:
        described = cloudformation.describe_stack_resource(StackName=name, LogicalResourceId="Budget")
        return described["StackResourceDetail"]["PhysicalResourceId"]

    cloudformation.create_stack(StackName=name, TemplateBody=template(None, 20))
    assert settled(client, name) == "CREATE_COMPLETE"
    first = budget_of_stack()
    cloudformation.update_stack(StackName=name, TemplateBody=template(None, 20, address="you@example.org"))
    assert settled(client, name) == "UPDATE_COMPLETE"
    second = budget_of_stack()
    assert second != first
    listed = {each["BudgetName"] for each in budgets.describe_budgets(AccountId=ACCOUNT_ID)["Budgets"]}
    assert second in listed
    assert first not in listed
    cloudformation.update_stack(StackName=name, TemplateBody=template(second, 20, address="they@example.org"))
    assert settled(client, name).startswith("UPDATE_ROLLBACK")
