"""`iam:PassRole`: who hands a role to a service needs the permission, whatever the service does with it.

Each request that names a role is checked once its own action was allowed. Firehose, Logs and SageMaker check theirs
where they read it. CloudFormation creates what a template says as the account's root.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

import re
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from local.iam.mounting import json_object
from local.iam.protocols import REST, target_of
from local.iam.roles import denies_pass_role
from local.seams import seam

Handler = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[Any]]
# (method, path or action, body) -> the roles that are handed over.
RolesOf = Callable[[str, str, dict[str, Any]], list[Any]]

_FUNCTION = re.compile(r"/functions(/[^/]+/configuration)?/?$")
# What names a role in calls and definitions of REST APIs and, at the end, of HTTP and WebSocket APIs.
_API_MEMBERS = frozenset(
    {"authorizerCredentials", "cloudwatchRoleArn", "credentials", "authorizerCredentialsArn", "credentialsArn"}
)
# Members whose own members have names of the caller's choice.
_FREE_NAMES = frozenset({"tags", "variables"})
# In the place of a role: API Gateway calls as whoever calls it.
_CALLER = "arn:aws:iam::*:user/*"
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
        call = path if service in REST else target_of(headers).rpartition(".")[2]
        for role in roles_of(method, call, json_object(body)):
            # Text of any form: what is no role's ARN may still name one to who reads its end.
            if isinstance(role, str) and role:
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


def roles_of_apis(method: str, _: str, body: dict[str, Any]) -> list[Any]:
    """What a call of API Gateway hands over as a role: in a member, or by a change to one."""
    if method not in ("PATCH", "POST", "PUT"):
        return []
    changes = body.get("patchOperations")
    changed = [
        each.get("value")
        for each in (changes if isinstance(changes, list) else [])
        if isinstance(each, Mapping) and str(each.get("path")).removeprefix("/") in _API_MEMBERS
    ]
    return [role for role in (*changed, *_members(body)) if role != _CALLER]


def _members(body: Any) -> Iterator[Any]:
    """The values of all members that name a role, of an imported definition too."""
    values = [body]
    while values:
        value = values.pop()
        if isinstance(value, Mapping):
            yield from (value[name] for name in _API_MEMBERS & set(value))
            values += [each for name, each in value.items() if name not in _FREE_NAMES]
        elif isinstance(value, list):
            values += value


_SERVICES: dict[str, tuple[str, RolesOf]] = {
    "apigateway": ("apigateway.amazonaws.com", roles_of_apis),
    "events": ("events.amazonaws.com", _of_rules),
    "lambda": ("lambda.amazonaws.com", _of_functions),
    "scheduler": ("scheduler.amazonaws.com", _of_schedules),
    "states": ("states.amazonaws.com", _of_machines),
}
