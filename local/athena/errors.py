"""Errors of a query and of a request, in Athena's words.

EmbeddedAwsError
├── QueryError            the execution ends FAILED with `StateChangeReason` "<name>: <message>"
├── QueryCancelledError   the execution ends CANCELLED
└── RequestError          the API call itself is answered with an error

Categories and types are those of the Athena error catalogue
(https://docs.aws.amazon.com/athena/latest/ug/error-reference.html).
"""

from dataclasses import dataclass
from typing import Any

from local import EmbeddedAwsError

USER_ERROR = 1000
DATA_ERROR = 1001
SYNTAX_ERROR = 1006
ACCESS_DENIED = 1100
ENGINE_ERROR = 200
OUTPUT_ERROR = 401

_TYPES = {
    "SYNTAX_ERROR": SYNTAX_ERROR,
    "TABLE_NOT_FOUND": SYNTAX_ERROR,
    "SCHEMA_NOT_FOUND": SYNTAX_ERROR,
    "COLUMN_NOT_FOUND": SYNTAX_ERROR,
    "FUNCTION_NOT_FOUND": SYNTAX_ERROR,
    "TYPE_MISMATCH": SYNTAX_ERROR,
    "HIVE_BAD_DATA": DATA_ERROR,
    "HIVE_CURSOR_ERROR": DATA_ERROR,
    "GENERIC_INTERNAL_ERROR": ENGINE_ERROR,
    "PERMISSION_DENIED": ACCESS_DENIED,
}


@dataclass(frozen=True)
class Position:
    """A place in the query's text, both counted from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}:{self.column}"


class QueryError(EmbeddedAwsError):
    """A query that cannot be carried out; `name` is Athena's error name, `message` names what was wrong."""

    def __init__(self, name: str, message: str, position: Position | None = None) -> None:
        self.name = name
        self.message = f"{position}: {message}" if position else message
        super().__init__(f"{self.name}: {self.message}")

    def athena_error(self) -> dict[str, Any]:
        """The `AthenaError` structure of GetQueryExecution's status."""
        error_type = _TYPES.get(self.name, USER_ERROR)
        return {
            "ErrorCategory": 1 if error_type == ENGINE_ERROR else 2,
            "ErrorType": error_type,
            "Retryable": False,
            "ErrorMessage": str(self),
        }


class QueryCancelledError(EmbeddedAwsError):
    """StopQueryExecution was called while the query was queued or running."""


class RequestError(EmbeddedAwsError):
    """A call that is answered with `code` (an exception of Athena's API) instead of being carried out."""

    def __init__(self, code: str, message: str, athena_error_code: str | None = None) -> None:
        self.code = code
        self.message = message
        self.athena_error_code = athena_error_code
        super().__init__(f"{code}: {message}")
