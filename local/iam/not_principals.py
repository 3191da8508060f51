"""Honours `NotPrincipal` in the Denies of resource policies, which MiniStack takes for no statement at all.

Everybody is denied of whom not every part is named: of a user the account too, of a session its role and its account.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

import json
from collections.abc import Mapping
from typing import Any

from local.iam.condition_keys import principal_arn
from local.seams import replace, seam

_ELEMENT = "NotPrincipal"


def install() -> None:
    """Let a Deny with NotPrincipal hold for whom it does not name. One that allows by it still allows nobody."""
    from ministack.core import iam_evaluator

    evaluate = seam(iam_evaluator, "evaluate_resource_policy")

    def evaluate_resource_policy(
        document: Any, context: Any, service: str | None = None, named_only: bool = False, direct_only: bool = False
    ) -> Any:
        if _may_have_it(document) and not (named_only or direct_only):
            document = _without_it(document, context.principal_arn, service)
        return evaluate(document, context, service, named_only, direct_only)

    replace(iam_evaluator, "evaluate_resource_policy", evaluate_resource_policy)


def _may_have_it(document: Any) -> bool:
    """Whether a document may have the element, also where its name is written by escapes. Most texts have neither."""
    return _ELEMENT in document or "\\u" in document if isinstance(document, str) else bool(document)


def _without_it(document: Any, arn: str, service: str | None) -> Any:
    """The same policy for this caller: its Denies are for everybody, or left out."""
    try:
        policy = json.loads(document) if isinstance(document, str) else document
    except ValueError:
        return document
    statements = policy.get("Statement", []) if isinstance(policy, dict) else []
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list):
        return document
    rewritten: list[Any] = []
    for statement in statements:
        if not isinstance(statement, dict) or _ELEMENT not in statement or statement.get("Effect") != "Deny":
            rewritten.append(statement)
        elif not is_excepted(statement[_ELEMENT], arn, service):
            rewritten.append({**statement, "Principal": "*"})
    return {**policy, "Statement": rewritten}


def is_excepted(principals: Any, arn: str, service: str | None = None) -> bool:
    """Whether a NotPrincipal names all that a caller is, or the service that calls.

    >>> root, user = "arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:user/a"
    >>> [is_excepted({"AWS": names}, user) for names in ([root, user], user, root, "*", ["123456789012", user])]
    [True, False, False, True, True]
    """
    if principals == "*":
        return True
    if not isinstance(principals, Mapping):
        return False
    if service and service.lower() in (each.lower() for each in _texts(principals.get("Service"))):
        return True
    names = {_account_arn(each) for each in _texts(principals.get("AWS"))}
    return "*" in names or (arn.startswith("arn:") and _identities(arn) <= names)


def _identities(arn: str) -> set[str]:
    account_id = arn.split(":")[4]
    return {arn, principal_arn(arn), f"arn:aws:iam::{account_id}:root"}


def _account_arn(name: str) -> str:
    return f"arn:aws:iam::{name}:root" if name.isascii() and name.isdigit() else name


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [each for each in value or () if isinstance(each, str)]
