"""Trust policies: which service may take a role, for which resource.

A service names the account and the resource that it acts for, so that nobody else's resource has a role through it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
"""

import json
from collections.abc import Mapping
from typing import Any

from local import account

# Services that a trust policy may also name with the region.
_REGIONAL = ("logs.amazonaws.com", "states.amazonaws.com")
_ACTION = "sts:AssumeRole"


class LentRole(str):
    """The ARN of a role, and that of the resource for which a service takes it, `aws:SourceArn` in a trust policy."""

    source_arn: str

    def __new__(cls, role_arn: str, source_arn: str = "") -> "LentRole":
        role = super().__new__(cls, role_arn)
        role.source_arn = source_arn
        return role


def trusts(document: Mapping[str, Any] | str, service: str, source_arn: str | None, region: str) -> bool:
    """Whether a trust policy lets `service` (`states.amazonaws.com`) take the role, for the resource `source_arn`."""
    from ministack.core import iam_evaluator

    policy = json.loads(document) if isinstance(document, str) else document
    statements = policy.get("Statement", [])
    context = _context(service, source_arn, region)
    effects = {
        statement.get("Effect")
        for statement in (statements if isinstance(statements, list) else [statements])
        if _names(statement, service, region)
        and iam_evaluator._action_matches(_ACTION, _texts(statement.get("Action")), _texts(statement.get("NotAction")))
        and iam_evaluator._conditions_met(statement.get("Condition") or {}, context)
    }
    return "Allow" in effects and "Deny" not in effects


def _names(statement: Mapping[str, Any], service: str, region: str) -> bool:
    principal = statement.get("Principal")
    # A Deny for everybody is for services too; what allows one has to name it.
    if statement.get("Effect") == "Deny" and (principal == "*" or principal == {"AWS": "*"}):
        return True
    services = _texts(principal.get("Service")) if isinstance(principal, dict) else []
    regional = service.replace(".amazonaws.com", f".{region}.amazonaws.com")
    return service in services or (service in _REGIONAL and regional in services)


def _context(service: str, source_arn: str | None, region: str) -> Any:
    from ministack.core import iam_evaluator

    keys = {"aws:sourceaccount": account.ACCOUNT_ID}
    if source_arn:
        keys["aws:sourcearn"] = source_arn
    if service == "firehose.amazonaws.com":
        keys["sts:externalid"] = account.ACCOUNT_ID
    return iam_evaluator.EvalContext(
        principal_arn=service,
        principal_type="Service",
        principal_account="",
        action=_ACTION,
        resource_arn="*",
        region=region,
        secure_transport=True,
        service_context=keys,
    )


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())
