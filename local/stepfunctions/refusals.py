"""Refusals by the names that AWS gives them.

moto's interpreter names each of its exceptions in a field that its answers do not read, so that a client gets a refusal
without a name; some it raises without a text, which ends in an internal error.
"""

from typing import Any

from moto.core.exceptions import AWSError
from moto.stepfunctions.parser import api

from local import EmbeddedAwsError
from local.seams import MissingSeamError

_NAMED = ("InvalidExecutionInput", "InvalidToken", "ResourceNotFound", "TaskDoesNotExist", "TaskTimedOut")


class CallRefusedError(EmbeddedAwsError, AWSError):
    """Step Functions refuses a call, by the `code` that the API reference lists and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        AWSError.__init__(self, message, code)

    def __str__(self) -> str:
        return f"{self.error_type}: {self.message}"


def install() -> None:
    """Let each exception of the interpreter say its name, and have a text."""
    refusals = {name: each for name, each in vars(api).items() if isinstance(each, type) and "code" in vars(each)}
    if missing := [name for name in _NAMED if name not in refusals]:
        raise MissingSeamError(f"moto's interpreter has no {', '.join(missing)} with a code")
    for name, each in refusals.items():
        each.TYPE, each.STATUS = name, 400
        if "__init__" not in vars(each):
            each.__init__ = _with_text(name, each.__init__)


def _with_text(name: str, make: Any) -> Any:
    def __init__(self: Any, message: str = name, *arguments: Any, **keywords: Any) -> None:  # noqa: N807 - the class's
        make(self, message, *arguments, **keywords)

    return __init__
