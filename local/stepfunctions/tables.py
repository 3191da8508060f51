"""DynamoDB's optimised integration, which takes a text for an attribute's value where a value is wanted.

The developer guide does not say so. Public workflows of AWS's own rely on it: they write `"id.$": "$.uuid"` for a key.
"""

from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_dynamodb import (
    StateTaskServiceDynamoDB,
)

from local.seams import replace, seam

_MAPS = ("Item", "Key", "ExpressionAttributeValues")


def install() -> None:
    """Put the type before texts that have none."""
    call = seam(StateTaskServiceDynamoDB, "_eval_service_task")

    def evaluate(
        self: Any, env: Any, resource_runtime_part: Any, normalised_parameters: dict, state_credentials: Any
    ) -> None:
        call(self, env, resource_runtime_part, typed(normalised_parameters), state_credentials)

    replace(StateTaskServiceDynamoDB, "_eval_service_task", evaluate)


def typed(parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters with a type for each attribute's value.

    >>> typed({"TableName": "rides", "Key": {"id": "7", "at": {"N": "3"}}})
    {'TableName': 'rides', 'Key': {'id': {'S': '7'}, 'at': {'N': '3'}}}
    """
    maps = {name: parameters[name] for name in _MAPS if isinstance(parameters.get(name), dict)}
    return parameters | {name: _values(values) for name, values in maps.items()}


def _values(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in values.items()}


def _value(value: Any) -> Any:
    """An attribute's value with its type, and those within lists and maps."""
    if isinstance(value, str):
        return {"S": value}
    if not isinstance(value, dict):
        return value
    typed_parts = {
        "L": lambda entries: [_value(each) for each in entries],
        "M": _values,
        "BOOL": lambda flag: flag == "true" if isinstance(flag, str) else flag,
        "N": str,
    }
    return {kind: typed_parts[kind](part) if kind in typed_parts else part for kind, part in value.items()}
