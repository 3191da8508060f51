"""The role by which API Gateway writes the access logs of all REST APIs of an account and region.

The first stack makes it (`ApiGatewayLogsRole`), and CloudFormation leaves it there when that stack goes. As long as
another API logs, it stays; the `destroy` of the last stack removes it.
"""

import re
from typing import Any

from cli import remains, stages
from cli.remains import ROLE, Inventory
from cli.stack import Client
from local.account import entries

_NAME = re.compile(r"(.+)-LogsRole-[A-Za-z0-9]+")


def remove(client: Client, inventory: Inventory) -> None:
    """Delete the stack's role, and one that a stack left which is there no more; none by which an API logs."""
    if logging_apis(client):
        return
    current = _current(client)
    for name in sorted(_of_stacks_gone(client, inventory)):
        if name == current:
            client("apigateway").update_account(
                patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": ""}]
            )
        _delete(client("iam"), name)


def reasons_to_stay(client: Client, inventory: Inventory) -> list[str]:
    """Why roles of the stack's stay; empty where none does."""
    apis = logging_apis(client)
    roles = [name for name in remains.present(client, ROLE, inventory.of(ROLE)) if _NAME.fullmatch(name)]
    return [f"the role {name}: {len(apis)} other APIs of the account write their logs by it" for name in roles if apis]


def is_for_logs(role: str) -> bool:
    """Whether a role's name is that of a stack's role for logs."""
    return _NAME.fullmatch(role) is not None


def logging_apis(client: Client) -> list[str]:
    """The identifiers of the REST APIs with a stage that writes logs."""
    gateway = client("apigateway")
    identifiers = [each["id"] for each in entries(gateway, "get_rest_apis", "items")]
    return [each for each in identifiers if any(_logs(stage) for stage in gateway.get_stages(restApiId=each)["item"])]


def _logs(stage: dict[str, Any]) -> bool:
    methods = stage.get("methodSettings", {}).values()
    return bool(stage.get("accessLogSettings")) or any(each.get("loggingLevel", "OFF") != "OFF" for each in methods)


def _current(client: Client) -> str:
    """The name of the role that the account's setting names; empty without one."""
    return (client("apigateway").get_account().get("cloudwatchRoleArn") or "").rpartition("/")[2]


def _of_stacks_gone(client: Client, inventory: Inventory) -> set[str]:
    """The names of roles for logs that belong to this stack, or to one of this project's that is gone."""
    there = remains.listing(client, ROLE)
    own = {name for name in set(inventory.of(ROLE)) & set(there) if _NAME.fullmatch(name)}
    match = _NAME.fullmatch(current := _current(client))
    left_behind = match and current in there and match[1] not in stages.deployed(client)
    return own | ({current} if left_behind else set())


def _delete(iam: Any, name: str) -> None:
    for policy in entries(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name):
        iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    for policy in entries(iam, "list_role_policies", "PolicyNames", RoleName=name):
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)
