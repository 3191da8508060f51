"""What AWS refuses in policies, whichever service they are for.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import re
from collections.abc import Mapping
from typing import Any

from local.protocols.strict_json import NotJsonError, decode

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
