"""What CloudWatch refuses, by the code that a client gets.

    RefusedError
    ├── ValidationError               ValidationError
    ├── MissingParameterError         MissingParameter
    ├── InvalidValueError             InvalidParameterValue
    ├── InvalidCombinationError       InvalidParameterCombination
    ├── InvalidTokenError             InvalidNextToken
    └── InvalidDashboardError         InvalidParameterInput

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CommonErrors.html
"""

import json
from collections.abc import Sequence

from local import EmbeddedAwsError


class RefusedError(EmbeddedAwsError):
    """A request that CloudWatch refuses; the message is the client's."""

    code = "InternalFailure"
    status = 400


class ValidationError(RefusedError):
    """A value that no request may have, by CloudWatch's model or by its own look."""

    code = "ValidationError"


class MissingParameterError(RefusedError):
    """A parameter that must be there is not."""

    code = "MissingParameter"


class InvalidValueError(RefusedError):
    """A parameter has a value that it must not have."""

    code = "InvalidParameterValue"


class InvalidCombinationError(RefusedError):
    """Parameters that do not go together."""

    code = "InvalidParameterCombination"


class InvalidTokenError(RefusedError):
    """A token of a next page that no answer had."""

    code = "InvalidNextToken"


class InvalidDashboardError(RefusedError):
    """A dashboard's body that cannot be shown; `messages` are pairs of a path within it and what is wrong there."""

    code = "InvalidParameterInput"

    def __init__(self, messages: Sequence[tuple[str, str]]) -> None:
        listed = json.dumps([{"dataPath": path, "message": text} for path, text in messages])
        super().__init__(f"The dashboard body is invalid, there are {len(messages)} validation errors: {listed}")
        self.messages = tuple(messages)
