"""Lets the interpreter's tasks call the embedded AWS, signed as the state machine's role."""

import sys
import uuid
from typing import Any

import moto.stepfunctions.parser.models  # noqa: F401 - imports the whole interpreter
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_aws_sdk
from moto.stepfunctions.parser.asl.utils import boto_client
from moto.stepfunctions.parser.backend import execution

from local.iam.roles import LentRole, RoleClients
from local.seams import MissingSeamError, replace, seam

# The prefix of an error's name in an AWS SDK integration, where it is not the service's name in lower case.
_SDK_ERROR_PREFIXES = {
    "athena": "Athena",
    "cloudwatch": "CloudWatch",
    "ecr": "Ecr",
    "glue": "Glue",
    "lambda": "Lambda",
    "s3": "S3",
    "sagemaker": "SageMaker",
    "sagemakerruntime": "SageMakerRuntime",
    "sns": "Sns",
    "sqs": "Sqs",
    "ssm": "Ssm",
}


def install(endpoint: str) -> None:
    """Replace the factory by which every task gets its boto3 client, in each module that has imported it."""
    clients = RoleClients(endpoint, "states.amazonaws.com")

    def boto_client_for(region: str, service: str, state_credentials: Any = None) -> Any:
        if state_credentials is None:
            raise ValueError(f"A task calls {service} without the role of its state machine.")
        client = clients.client(service, state_credentials.role_arn, region)
        client.meta.events.register("after-call", _with_request_id, unique_id="with-request-id")
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
    seam(state_task_service_aws_sdk, "_SERVICE_ERROR_NAMES").update(_SDK_ERROR_PREFIXES)


def _with_request_id(parsed: dict, **_: Any) -> None:
    """Every answer of AWS has a request id, the interpreter puts it into the cause of an error; a refusal by
    MiniStack's authorisation has none.
    """
    parsed.setdefault("ResponseMetadata", {}).setdefault("RequestId", str(uuid.uuid4()))
