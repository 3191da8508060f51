"""Requests that start an execution: each gets a name, and the input is checked before anything starts.

moto calls an execution without a name `None`, and takes `NaN`, which is no JSON, and inputs of any size. Limits are
those of StartExecution in the API reference: 262,144 bytes of input, names of 1 to 80 characters.
"""

import re
import uuid
from typing import Any

from local.protocols.strict_json import NotJsonError, decode
from local.stepfunctions.refusals import CallRefusedError

MOST_INPUT_BYTES = 262_144

_EXECUTION_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")


def checked(parameters: dict[str, Any]) -> dict[str, Any]:
    """The request's parameters with a name. Raises CallRefusedError."""
    if not _EXECUTION_NAME.fullmatch(str(parameters.get("name", "any"))):
        raise CallRefusedError("InvalidName", f"Invalid Name: '{parameters['name']}'")
    check_input(parameters.get("input", "{}"))
    return {"name": str(uuid.uuid4())} | parameters


def check_input(text: Any) -> None:
    """Raise CallRefusedError where the text is no input of an execution."""
    if not isinstance(text, str):
        raise CallRefusedError("SerializationException", "input is no text.")
    if (size := len(text.encode())) > MOST_INPUT_BYTES:
        raise CallRefusedError(
            "ValidationException",
            f"1 validation error detected: Value at 'input' with {size} bytes failed to satisfy constraint: "
            f"Member must have length less than or equal to {MOST_INPUT_BYTES}",
        )
    try:
        decode(text)
    except NotJsonError as fault:
        raise CallRefusedError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{fault}'") from fault
