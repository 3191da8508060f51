"""What services refuse of names, policies, and members that go together, though their models do not say so.

https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from local.protocols.constraints import form
from local.protocols.policies import fault_in
from local.protocols.strict_json import NotJsonError, decode

Parameters = Mapping[str, Any]


class Unmodelled(NamedTuple):
    """What the service says, and the code of its error where that is not the usual one."""

    message: str
    code: str = ""


_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,256}")
_FIFO_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,251}\.fifo")
_PARAMETER = re.compile(r"[A-Za-z0-9_.-]+|(/[A-Za-z0-9_.-]+)+")
_MOST_LEVELS = 15
_STACK = re.compile(r"[a-zA-Z][-a-zA-Z0-9]*")
_LONGEST_STACK = 128
_FORM_OF_FIFO_TOPICS = (
    "Invalid parameter: Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII "
    "letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long."
)
_FORM_OF_PARAMETERS = (
    'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can consist of '
    "sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 "
    "symbols .-_"
)


def fault_of(service: str, operation: str, parameters: Parameters) -> Unmodelled | None:
    """What the service says of such parameters, which satisfy its model; None where it takes them.

    >>> fault_of("sns", "CreateTopic", {"Name": "a topic"}).message
    'Invalid parameter: Topic Name'
    """
    if service == "iam" and not all(map(_is_object, _policies(parameters))):
        return Unmodelled("This policy contains invalid Json", "MalformedPolicyDocument")
    policy = parameters.get(_POLICIES.get((service, operation), ""))
    if policy and (fault := fault_in(policy)):
        return Unmodelled(fault, "MalformedPolicyDocumentException" if service == "kms" else "")
    check = _CHECKS.get((service, operation))
    message = check(parameters) if check else None
    return Unmodelled(message) if message else None


def _policies(parameters: Parameters) -> list[Any]:
    named = (parameters.get(name) for name in ("AssumeRolePolicyDocument", "PolicyDocument"))
    return [text for text in named if text is not None]


def _is_object(text: Any) -> bool:
    try:
        return isinstance(decode(str(text)), dict)
    except NotJsonError:
        return False


def _of_topic(parameters: Parameters) -> str | None:
    is_fifo = str((parameters.get("Attributes") or {}).get("FifoTopic", "false")).lower() == "true"
    name = str(parameters.get("Name", ""))
    if is_fifo:
        return None if _FIFO_TOPIC.fullmatch(name) else _FORM_OF_FIFO_TOPICS
    if not _TOPIC.fullmatch(name):
        return "Invalid parameter: Topic Name"
    return _of_topic_policy((parameters.get("Attributes") or {}).get("Policy"))


def _of_topic_attribute(parameters: Parameters) -> str | None:
    return _of_topic_policy(parameters.get("AttributeValue")) if parameters.get("AttributeName") == "Policy" else None


def _of_topic_policy(policy: Any) -> str | None:
    return None if not policy or not fault_in(policy) else "Invalid parameter: Policy Error: null"


def _of_parameter(parameters: Parameters) -> str | None:
    name = str(parameters.get("Name", ""))
    if "/" in name and not name.startswith("/"):
        return "Parameter name must be a fully qualified name."
    if not _PARAMETER.fullmatch(name):
        return _FORM_OF_PARAMETERS
    if name.count("/") > _MOST_LEVELS:
        return f"Parameter name must be no more than {_MOST_LEVELS} levels deep."
    return None


def _of_rule(parameters: Parameters) -> str | None:
    if parameters.get("EventPattern") or parameters.get("ScheduleExpression"):
        return None
    return "Parameter(s) EventPattern or ScheduleExpression must be specified."


def _of_stack(parameters: Parameters) -> str | None:
    name = str(parameters.get("StackName", ""))
    where = f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint:"
    if len(name) > _LONGEST_STACK:
        return f"{where} Member must have length less than or equal to {_LONGEST_STACK}"
    return None if _STACK.fullmatch(name) else f"{where} {form(_STACK.pattern)}"


_POLICIES = {
    ("ecr", "SetRepositoryPolicy"): "policyText",
    ("kms", "CreateKey"): "Policy",
    ("kms", "PutKeyPolicy"): "Policy",
    ("logs", "PutResourcePolicy"): "policyDocument",
}
"""The members that are policies of resources."""

_CHECKS: dict[tuple[str, str], Callable[[Parameters], str | None]] = {
    ("cloudformation", "CreateStack"): _of_stack,
    ("events", "PutRule"): _of_rule,
    ("sns", "CreateTopic"): _of_topic,
    ("sns", "SetTopicAttributes"): _of_topic_attribute,
    ("ssm", "PutParameter"): _of_parameter,
}
