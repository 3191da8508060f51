"""What the roles of a deployed stack may do, as IAM has it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cli.stack import Stack


@dataclass(frozen=True)
class Grant:
    """A statement of a policy of a role; of a managed policy, which is AWS's or the account's, no more than the name.

    `logical_id` is the role's name in the template. `statement` is the Sid, and None for a managed policy.
    """

    role: str
    logical_id: str
    policy: str
    statement: str | None = None
    effect: str = "Allow"
    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    condition: Any = None

    def to_json(self) -> dict[str, Any]:
        """The grant as a JSON object, with the fields' names."""
        return {**self.__dict__, "actions": list(self.actions), "resources": list(self.resources)}


def grants_of(stack: Stack) -> list[Grant]:
    """The grants of each role of the stack, by the role's name in the template; the order is that of IAM."""
    roles = sorted(stack.resources_by_name("AWS::IAM::Role").items())
    return [grant for logical_id, role in roles for grant in _grants(stack, logical_id, role)]


def _grants(stack: Stack, logical_id: str, role: str) -> Iterator[Grant]:
    iam: Any = stack.client("iam")
    for page in iam.get_paginator("list_attached_role_policies").paginate(RoleName=role):
        for policy in page["AttachedPolicies"]:
            yield Grant(role, logical_id, policy["PolicyArn"])
    for page in iam.get_paginator("list_role_policies").paginate(RoleName=role):
        for name in page["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for statement in _statements(document):
                yield Grant(
                    role,
                    logical_id,
                    name,
                    statement.get("Sid", ""),
                    statement["Effect"],
                    _texts(statement.get("Action", ())),
                    _texts(statement.get("Resource", ())),
                    statement.get("Condition"),
                )


def _statements(document: Any) -> list[dict[str, Any]]:
    """Those of a policy; boto3 has decoded the document of AWS's."""
    statements = (json.loads(document) if isinstance(document, str) else document)["Statement"]
    return statements if isinstance(statements, list) else [statements]


def _texts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
