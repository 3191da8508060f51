"""Lets the interpreter's tasks call the embedded AWS, signed as the state machine's role."""

import re
import sys
import uuid
from typing import Any

import moto.stepfunctions.parser.models  # noqa: F401 - imports the whole interpreter
from botocore.exceptions import UnknownServiceError
from moto.stepfunctions.parser.api import InvocationResponse
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (
    StateTaskServiceAwsSdk,
)
from moto.stepfunctions.parser.asl.utils import boto_client
from moto.stepfunctions.parser.backend import execution

from local.iam.roles import LentRole, RoleClients
from local.seams import MissingSeamError, replace, seam
from local.stepfunctions.names import service_id

_WORD = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+")


class InvocationWithMetadata(InvocationResponse, total=False):
    """What the integration of Lambda hands on of an answer."""

    SdkHttpMetadata: dict[str, Any]
    SdkResponseMetadata: dict[str, Any]


def install(endpoint: str) -> None:
    """Replace the factory by which every task gets its boto3 client, in each module that has imported it."""
    clients = RoleClients(endpoint, "states.amazonaws.com")

    def boto_client_for(region: str, service: str, state_credentials: Any = None) -> Any:
        if state_credentials is None:
            raise ValueError(f"A task calls {service} without the role of its state machine.")
        client = clients.client(service, state_credentials.role_arn, region)
        client.meta.events.register("after-call", _with_metadata, unique_id="with-metadata")
        return client

    original = replace(boto_client, "boto_client_for", boto_client_for)
    users = [
        module
        for name, module in list(sys.modules.items())
        if name.startswith("moto.stepfunctions.parser.") and getattr(module, "boto_client_for", None) is original
    ]
    if len(users) < 8:
        raise MissingSeamError(
            f"boto_client_for is used by {len(users)} modules of moto's interpreter, not by 8 or more"
        )
    for module in users:
        replace(module, "boto_client_for", boto_client_for)
    details = seam(execution.Execution, "_get_start_aws_execution_details")

    def details_with_source(self: Any) -> Any:
        """The role is taken for the state machine, which its trust policy may ask for."""
        started = details(self)
        started.role_arn = LentRole(started.role_arn, self.state_machine_arn)
        return started

    replace(execution.Execution, "_get_start_aws_execution_details", details_with_source)
    replace(StateTaskServiceAwsSdk, "_normalise_service_error_name", staticmethod(error_prefix))
    replace(lambda_eval_utils, "InvocationResponse", InvocationWithMetadata)


def error_prefix(service: str) -> str:
    """How the errors of a service begin in AWS SDK integrations: as AWS's SDK for Java 2 calls the service.

    >>> error_prefix("dynamodb"), error_prefix("sfn"), error_prefix("s3")
    ('DynamoDb', 'Sfn', 'S3')
    """
    named = StateTaskService._SERVICE_NAME_SFN_TO_BOTO_OVERRIDES.get(service, service)
    try:
        return class_name(service_id(named))
    except UnknownServiceError:
        return service


def class_name(service_name: str) -> str:
    """The name of a service in AWS's SDK for Java 2, from the one that the API's model has.

    >>> [class_name(name) for name in ("DynamoDB", "SFN", "S3", "EC2", "CloudWatch Logs", "EventBridge", "SageMaker")]
    ['DynamoDb', 'Sfn', 'S3', 'Ec2', 'CloudWatchLogs', 'EventBridge', 'SageMaker']
    """
    return "".join(word[:1].upper() + word[1:].lower() for word in _WORD.findall(service_name))


def _with_metadata(parsed: dict, **_: Any) -> None:
    """Every answer of AWS has a request id, the interpreter puts it into the cause of an error; a refusal by
    MiniStack's authorisation has none. Optimised integrations hand the metadata on in their output.
    """
    metadata = parsed.setdefault("ResponseMetadata", {})
    request_id = metadata.setdefault("RequestId", str(uuid.uuid4()))
    if "Error" in parsed:
        return
    headers = metadata.get("HTTPHeaders", {})
    every = {name: [value] for name, value in headers.items()}
    parsed["SdkHttpMetadata"] = {
        "AllHttpHeaders": every,
        "HttpHeaders": headers,
        "HttpStatusCode": metadata.get("HTTPStatusCode"),
    }
    parsed["SdkResponseMetadata"] = {"RequestId": request_id}
