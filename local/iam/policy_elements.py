"""Refuses policies with elements that nothing could read: MiniStack takes them, and a Deny with them denies nothing.

They are checked wherever a policy is put: unknown operators of conditions, conditions that are no objects, actions
without a service, and elements that there are not.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import re
from collections.abc import Mapping
from typing import Any

from local.protocols.strict_json import NotJsonError, decode
from local.seams import replace, replace_everywhere, seam

SYNTAX = "Syntax errors in policy."

_ELEMENTS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_ACTION = re.compile(r"\*|[A-Za-z0-9*-]+:\S+")
_SET = re.compile(r"^(forallvalues|foranyvalue):")
_IF_EXISTS = "ifexists"


def install() -> None:
    """Refuse them in IAM's and STS's policies, also those of templates, and in policies of buckets."""
    from ministack.core import iam_evaluator
    from ministack.services import iam, s3
    from ministack.services.cloudformation import provisioners

    of_identity = seam(iam_evaluator, "validate_policy_document")
    of_trust = seam(iam, "_trust_policy_not_principal_error")
    of_template = seam(provisioners, "_policy_document_json")
    put_bucket_policy = seam(s3, "_put_bucket_policy")

    def put_readable_bucket_policy(name: str, body: bytes) -> Any:
        fault = fault_in(body.decode(errors="replace")) if name in s3._buckets else None
        return s3._error("MalformedPolicy", fault, 400) if fault else put_bucket_policy(name, body)

    def readable_document(properties: Mapping[str, Any]) -> str:
        if fault := fault_in(properties.get("PolicyDocument", {})):
            raise ValueError(fault)
        return of_template(properties)

    def fault_of_identity(document: Any) -> str | None:
        return of_identity(document) or fault_in(document)

    replace_everywhere(iam_evaluator, "validate_policy_document", fault_of_identity)
    replace(provisioners, "_policy_document_json", readable_document)
    replace(iam, "_trust_policy_not_principal_error", lambda document: of_trust(document) or fault_in(document))
    replace(s3, "_put_bucket_policy", put_readable_bucket_policy)


def fault_in(document: Any) -> str | None:
    """What AWS says of a policy, as a text or an object, that it cannot read; None where it can.

    >>> fault_in({"Statement": {"Effect": "Deny", "Action": "s3:*", "Condition": {"StringEqual": {"aws:userid": "a"}}}})
    'Invalid Condition type : StringEqual.'
    >>> fault_in('{"Statement": [{"Effect": "Allow", "Action": ["s3:*", "Publish"]}]}')
    'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.'
    """
    try:
        policy = decode(document) if isinstance(document, str) else document
    except NotJsonError:
        return SYNTAX
    if not isinstance(policy, dict):
        return SYNTAX
    statements = policy.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        if fault := _fault_of(statement):
            return fault
    return None


def _fault_of(statement: Any) -> str | None:
    if not isinstance(statement, dict) or statement.keys() - _ELEMENTS:
        return SYNTAX
    if statement.get("Effect") not in ("Allow", "Deny"):
        return SYNTAX
    for element in ("Action", "NotAction"):
        actions = statement.get(element, [])
        for action in actions if isinstance(actions, list) else [actions]:
            if not isinstance(action, str):
                return SYNTAX
            if not _ACTION.fullmatch(action):
                return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    return _fault_of_condition(statement.get("Condition", {}))


def _fault_of_condition(condition: Any) -> str | None:
    if not isinstance(condition, Mapping):
        return SYNTAX
    for operator, keys in condition.items():
        if not is_operator(operator):
            return f"Invalid Condition type : {operator}."
        if not isinstance(keys, Mapping) or any(isinstance(each, Mapping) or each is None for each in keys.values()):
            return SYNTAX
    return None


def is_operator(name: str) -> bool:
    """Whether there is an operator of this name, with or without `ForAnyValue:` and `…IfExists`.

    >>> [is_operator(name) for name in ("ForAnyValue:StringLikeIfExists", "Null", "NullIfExists", "ForSome:Bool")]
    [True, True, False, False]
    """
    from ministack.core import iam_evaluator

    lower = name.lower()
    if lower == "null":
        return True
    return _SET.sub("", lower, count=1).removesuffix(_IF_EXISTS) in iam_evaluator._CONDITION_OPS
