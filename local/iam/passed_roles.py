"""`iam:PassRole`: who hands a role to a service needs the permission, whatever the service does with it.

Each request that names a role is checked once its own action was allowed. Firehose, Logs and SageMaker check theirs
where they read it. CloudFormation creates what a template says as the account's root.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from local.iam.mounting import json_object
from local.iam.roles import denies_pass_role
from local.seams import seam

Handler = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[Any]]
# (method, path or action, body) -> the roles that are handed over.
RolesOf = Callable[[str, str, dict[str, Any]], list[Any]]

_FUNCTION = re.compile(r"/functions(/[^/]+/configuration)?/?$")
_MACHINE_ACTIONS = ("CreateStateMachine", "TestState", "UpdateStateMachine")


def install() -> None:
    """Check what goes to these services."""
    from ministack import app

    handlers = seam(app, "SERVICE_HANDLERS")
    for service, (principal, roles_of) in _SERVICES.items():
        handlers[service] = _checked(service, principal, roles_of, handlers[service])


def _checked(service: str, principal: str, roles_of: RolesOf, handle: Handler) -> Handler:
    async def handle_checked(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Any:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        for role in roles_of(method, action or path, json_object(body)):
            if isinstance(role, str) and ":role/" in role:
                denial = _denial(service, principal, role, headers, query)
                if denial is not None:
                    return denial
        return await handle(method, path, headers, body, query)

    return handle_checked


def _denial(service: str, principal: str, role: str, headers: dict[str, str], query: dict[str, Any]) -> Any:
    from ministack.core import iam_actions, router

    message = denies_pass_role(router.extract_access_key_id(headers, query), role, principal)
    if message is None:
        return None
    return iam_actions.access_denied_response(
        service, "iam:PassRole", "", str(uuid.uuid4()), headers=headers, message=message, resource_arn=role
    )


def _of_functions(method: str, path: str, body: dict[str, Any]) -> list[Any]:
    return [body.get("Role")] if method in ("POST", "PUT") and _FUNCTION.search(path) else []


def _of_machines(_: str, action: str, body: dict[str, Any]) -> list[Any]:
    return [body.get("roleArn")] if action in _MACHINE_ACTIONS else []


def _of_schedules(method: str, path: str, body: dict[str, Any]) -> list[Any]:
    target = body.get("Target")
    is_written = method in ("POST", "PUT") and path.startswith("/schedules/")
    return [target.get("RoleArn")] if is_written and isinstance(target, dict) else []


def _of_rules(_: str, action: str, body: dict[str, Any]) -> list[Any]:
    if action == "PutRule":
        return [body.get("RoleArn")]
    targets = body.get("Targets") if action == "PutTargets" else None
    return [each.get("RoleArn") for each in targets if isinstance(each, Mapping)] if isinstance(targets, list) else []


def _of_apis(method: str, path: str, body: dict[str, Any]) -> list[Any]:
    if path.rstrip("/") == "/account" and method == "PATCH":
        operations = body.get("patchOperations")
        changes = operations if isinstance(operations, list) else []
        return [each.get("value") for each in changes if each.get("path") == "/cloudwatchRoleArn"]
    is_integration = method == "PUT" and path.rstrip("/").endswith("/integration")
    return [body.get("credentials")] if is_integration else []


_SERVICES: dict[str, tuple[str, RolesOf]] = {
    "apigateway": ("apigateway.amazonaws.com", _of_apis),
    "events": ("events.amazonaws.com", _of_rules),
    "lambda": ("lambda.amazonaws.com", _of_functions),
    "scheduler": ("scheduler.amazonaws.com", _of_schedules),
    "states": ("states.amazonaws.com", _of_machines),
}
