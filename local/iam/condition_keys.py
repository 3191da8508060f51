"""Condition keys that say who calls, as "AWS global condition context keys" has them.

A session of a role is the role to `aws:PrincipalArn`, with its path, whatever the session is called. MiniStack gives
the session's ARN, so that a Deny for a role held for none of its sessions.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from typing import Any

from local.seams import replace, seam

_ASSUMED = ":assumed-role/"
_TYPES = {"Root": "Account"}


def install() -> None:
    """Let policies of identities and of resources see these keys."""
    from ministack.core import iam_evaluator

    resolve = seam(iam_evaluator, "_resolve_condition_key")

    def resolve_key(key: str, context: Any) -> Any:
        name = key.lower()
        if name == "aws:principalarn":
            return principal_arn(context.principal_arn)
        if name == "aws:principaltype":
            return principal_type(context.principal_arn, context.principal_type)
        return resolve(key, context)

    replace(iam_evaluator, "_resolve_condition_key", resolve_key)


def principal_arn(arn: str) -> str:
    """The ARN by which policies know a caller: of a session, `…:assumed-role/<role>/<session>`, the role's."""
    if _ASSUMED not in arn:
        return arn
    from ministack.services import iam

    account_id, name = arn.split(":")[4], arn.partition(_ASSUMED)[2].partition("/")[0]
    role = iam._roles.get_scoped(account_id, None, name)
    return role["Arn"] if role else f"arn:aws:iam::{account_id}:role/{name}"


def principal_type(arn: str, type_: str) -> str:
    """AWS's word for what a caller is; MiniStack's queues take every caller for the root.

    >>> principal_type("arn:aws:iam::123456789012:root", "Root")
    'Account'
    >>> principal_type("arn:aws:sts::123456789012:assumed-role/rides/session", "Root")
    'AssumedRole'
    """
    if _ASSUMED in arn:
        return "AssumedRole"
    return "User" if ":user/" in arn else _TYPES.get(type_, type_)
