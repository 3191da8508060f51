"""What a service of AWS answers to the parameters that an API hands on.

The parameters come from whoever calls the API, so that anything may stand in them.
"""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError
from botocore.model import Shape
from botocore.validate import ParamValidator

Answer = tuple[int, dict[str, Any]]

# What botocore's report begins with where parameters cannot be written as the operation's input. All else that the
# report names, lengths and members that are missing, is the service's to refuse, by its own words.
_UNWRITABLE = ("Invalid type for parameter", "Unknown parameter in")


def answer_of(client: Any, operation: str, parameters: Mapping[str, Any]) -> Answer:
    """The status and the body that a service answers to an operation, by boto3's name of it.

    Raises BotoCoreError where the service is not reached.
    """
    shape = input_shape(client, operation)
    if shape is None:
        return 400, {"__type": "UnknownOperationException", "message": "There is no such call."}
    wanted = _without_nulls(parameters)
    if faults := unwritable(wanted, shape):
        return 400, {"__type": "SerializationException", "message": faults}
    try:
        answer = getattr(client, operation)(**wanted)
    except ClientError as refusal:
        error: Any = refusal.response["Error"]
        status = refusal.response["ResponseMetadata"]["HTTPStatusCode"]
        return status, {"__type": error["Code"], "message": error.get("Message", "")}
    return 200, {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def input_shape(client: Any, operation: str) -> Shape | None:
    """What an operation takes; None where the service has no such operation, whatever else boto3's client has."""
    name = client.meta.method_to_api_mapping.get(operation)
    if name is None:
        return None
    model = client.meta.service_model
    return model.operation_model(name).input_shape or Shape("Nothing", {"type": "structure", "members": {}})


def unwritable(parameters: Mapping[str, Any], shape: Shape) -> str:
    """Which parameters are unknown, or of another type than the operation's input; empty where all can be written."""
    report = ParamValidator().validate(parameters, shape).generate_report()
    return "\n".join(line for line in report.splitlines() if line.startswith(_UNWRITABLE))


def _without_nulls(value: Any) -> Any:
    """The services' JSON has null for a member that is not there."""
    if isinstance(value, Mapping):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def as_json(answer: Mapping[str, Any]) -> str:
    """An answer as the services' JSON has it: times as seconds since 1970, bytes in base 64.

    >>> as_json({"Item": {"key": {"B": b"hi"}}})
    '{"Item": {"key": {"B": "aGk="}}}'
    """
    return json.dumps(answer, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    raise TypeError(f"{value!r} is no JSON")
