"""What Lambda refuses of a function's configuration, and MiniStack takes.

https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from local import EmbeddedAwsError
from local.iam.roles import LentRole, UnusableRoleError, assume
from local.protocols import constraints

PRINCIPAL = "lambda.amazonaws.com"

# Of functions on Lambda's own machines; the API's model has those of managed instances too.
_EXCEPTIONS = constraints.Exceptions(
    bounds={"timeout": (1, 900), "memorySize": (128, 10_240), "ephemeralStorage.size": (512, 10_240)},
    # Of their names the reserved ones have a refusal of their own.
    free=("environment.variables",),
)

_MOST_NAME = 64
_MOST_VARIABLES_BYTES = 4096
_VARIABLE = re.compile(r"[a-zA-Z]([a-zA-Z0-9_])+")
_RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)
_UNABLE = (
    "Lambda was unable to configure your environment variables because the environment variables you have provided"
)


class RefusedFunctionError(EmbeddedAwsError):
    """Lambda would not create or change the function; `code` and `status` are those of its answer."""

    def __init__(self, message: str, code: str = "InvalidParameterValueException", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def check(operation: str, configuration: Mapping[str, Any]) -> None:
    """Raise RefusedFunctionError for what CreateFunction or UpdateFunctionConfiguration does not take."""
    name = str(configuration.get("FunctionName", ""))
    if ":" not in name and len(name) > _MOST_NAME:
        message = f"Member must have length less than or equal to {_MOST_NAME}"
        fault = f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: {message}"
        raise RefusedFunctionError(fault, "ValidationException")
    if malformed := constraints.refusal("lambda", operation, configuration, _EXCEPTIONS):
        code = "InvalidParameterValueException" if " at 'runtime' " in malformed else "ValidationException"
        raise RefusedFunctionError(malformed, code)
    if operation == "CreateFunction":
        _check_package(configuration)
    _check_variables((configuration.get("Environment") or {}).get("Variables") or {})
    if role_arn := configuration.get("Role"):
        _check_role(LentRole(role_arn, _arn_of(name)))


def _check_package(configuration: Mapping[str, Any]) -> None:
    is_image = configuration.get("PackageType") == "Image" or "ImageUri" in (configuration.get("Code") or {})
    if not is_image and not (configuration.get("Runtime") and configuration.get("Handler")):
        raise RefusedFunctionError(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages."
        )


def _check_variables(variables: Mapping[str, str]) -> None:
    if malformed := [name for name in variables if not _VARIABLE.fullmatch(name) and name not in _RESERVED]:
        constraint = (
            f"Map keys must satisfy constraint: [Member must satisfy regular expression pattern: {_VARIABLE.pattern}]"
        )
        fault = f"Value at 'environment.variables' failed to satisfy constraint: {constraint}"
        raise RefusedFunctionError(
            f"1 validation error detected: {fault} ({', '.join(malformed)})", "ValidationException"
        )
    if reserved := sorted(_RESERVED.intersection(variables)):
        raise RefusedFunctionError(
            f"{_UNABLE} contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    text = json.dumps(dict(variables), separators=(",", ":"), ensure_ascii=False)
    if len(text.encode()) > _MOST_VARIABLES_BYTES:
        raise RefusedFunctionError(f"{_UNABLE} exceeded the 4KB limit. String measured: {text}")


def unqualified_arn(configuration: Mapping[str, Any]) -> str:
    """The ARN of the function itself, from the configuration of one of its versions.

    >>> unqualified_arn({"FunctionArn": "arn:aws:lambda:r:1:function:f:live"})
    'arn:aws:lambda:r:1:function:f'
    """
    return ":".join(str(configuration["FunctionArn"]).split(":")[:7])


def _arn_of(name: str) -> str:
    from ministack.core import responses

    if name.startswith("arn:"):
        return name
    return f"arn:aws:lambda:{responses.get_region()}:{responses.get_account_id()}:function:{name.rpartition(':')[2]}"


def _check_role(role_arn: LentRole) -> None:
    try:
        assume(role_arn, PRINCIPAL)
    except UnusableRoleError:
        raise RefusedFunctionError("The role defined for the function cannot be assumed by Lambda.") from None
