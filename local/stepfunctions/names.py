"""Names of parameters and fields: the States Language begins each with a capital, services' own APIs may not.

AWS converts them both ways (developer guide, "AWS SDK service integrations": "parameters are PascalCase, even if the
native service API is in camelCase"). moto's interpreter passes them on as they are.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from botocore import xform_name
from botocore.model import OperationModel
from botocore.response import StreamingBody
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (
    StateTaskServiceAwsSdk,
)
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from local.protocols import member_names, service_models
from local.protocols.member_names import capitalised
from local.seams import replace, seam

# Services that boto3 calls otherwise than AWS SDK integrations do.
_BOTO_NAMES = {"cloudwatchlogs": "logs", "eventbridge": "events", "sagemakerruntime": "sagemaker-runtime"}

# What an answer has besides its members.
METADATA = ("ResponseMetadata", "SdkHttpMetadata", "SdkResponseMetadata")


def service_id(service: str) -> str:
    """What the model of a service's API calls the service: `DynamoDB`. Raises UnknownServiceError."""
    return str(service_models.model(service).service_id)


@cache
def operation(service: str, action: str) -> OperationModel | None:
    """The operation that boto3 calls `action` (`start_execution`), or None where the service has none of that name."""
    model = service_models.model(service)
    names = {xform_name(name): name for name in model.operation_names}
    return model.operation_model(names[action]) if action in names else None


@cache
def error_names(service: str) -> frozenset[str]:
    """The codes of the errors that a service's API describes."""
    return frozenset(shape.error_code for shape in service_models.model(service).error_shapes)


def in_service_case(value: Any, shape: Any) -> Any:
    """A parameter as the service names it. What is no bytes where bytes are wanted becomes JSON text, as on AWS."""
    return member_names.in_service_case(value, shape, _json_bytes)


def _json_bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else to_json_str(value, separators=(",", ":")).encode()


def in_states_case(value: Any, shape: Any) -> Any:
    """An answer as the States Language names it: fields of structures, and not the keys of maps."""
    kind = getattr(shape, "type_name", None)
    if kind == "structure" and isinstance(value, dict):
        members: Any = shape.members
        return {
            capitalised(key): in_states_case(item, members.get(key))
            for key, item in value.items()
            if key not in METADATA
        }
    if kind == "list" and isinstance(value, list):
        return [in_states_case(item, shape.member) for item in value]
    if isinstance(value, StreamingBody):
        return value.read().decode("utf-8", "replace")
    return _instant(value) if isinstance(value, datetime) else value


def _instant(when: datetime) -> str:
    """A time as AWS's SDK for Java writes it: `2026-01-02T03:04:05Z`, with milliseconds where there are some."""
    precision = "milliseconds" if when.microsecond else "seconds"
    return when.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def install() -> None:
    """Convert the names of AWS SDK integrations, and of the services that boto3 calls otherwise."""
    seam(StateTaskService, "_SERVICE_NAME_SFN_TO_BOTO_OVERRIDES").update(_BOTO_NAMES)
    call = seam(StateTaskServiceAwsSdk, "_eval_service_task")

    def eval_service_task(
        self: Any, env: Any, resource_runtime_part: Any, normalised_parameters: dict, state_credentials: Any
    ) -> None:
        model = operation(self._get_boto_service_name(), self._get_boto_service_action())
        parameters = in_service_case(normalised_parameters, model.input_shape) if model else normalised_parameters
        call(self, env, resource_runtime_part, parameters, state_credentials)
        if model:
            env.stack.append(in_states_case(env.stack.pop(), model.output_shape))

    replace(StateTaskServiceAwsSdk, "_eval_service_task", eval_service_task)
