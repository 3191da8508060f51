"""Names of parameters: callers of Step Functions and Scheduler begin each with a capital, services' own APIs may not.

Step Functions developer guide, "AWS SDK service integrations": "parameters are PascalCase, even if the native service
API is in camelCase". Scheduler takes the same names.
"""

from collections.abc import Callable
from typing import Any


def in_service_case(value: Any, shape: Any, to_blob: Callable[[Any], Any]) -> Any:
    """A parameter as the service names it; `to_blob` makes what the service takes where it wants bytes."""
    kind = getattr(shape, "type_name", None)
    if kind == "structure" and isinstance(value, dict):
        members = {capitalised(name): (name, member) for name, member in shape.members.items()}
        names = {key: members.get(key, (key, None)) for key in value}
        return {names[key][0]: in_service_case(item, names[key][1], to_blob) for key, item in value.items()}
    if kind == "list" and isinstance(value, list):
        return [in_service_case(item, shape.member, to_blob) for item in value]
    return to_blob(value) if kind == "blob" else value


def capitalised(name: str) -> str:
    """A member's name as a caller writes it.

    >>> capitalised("stateMachineArn")
    'StateMachineArn'
    """
    return name[:1].upper() + name[1:]
