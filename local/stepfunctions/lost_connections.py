"""Calls of a task that got no answer: `Lambda.SdkClientException`, as AWS's SDK for Java names them after the service.

A Retry names them, and the call is made again. moto calls each States.Runtime, which no Retry and no Catch gets, so a
connection that a busy machine lost would end the execution. Source: "Handling errors in Step Functions workflows", and
the table of AWS SDK integrations, in the developer guide.
"""

from typing import Any

from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.exceptions import HTTPClientError
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from local.seams import replace, seam
from local.stepfunctions.calls import error_prefix

LOST = (HTTPClientError, NoConnectionError)
"""What a client raises that could not send a request, or got no answer."""

# How the errors of optimised integrations begin.
_PREFIXES = {"dynamodb": "DynamoDB", "sagemaker": "SageMaker", "sns": "SNS", "sqs": "SQS", "states": "StepFunctions"}


def install() -> None:
    """Name them so."""
    name_error = seam(ExecutionState, "_from_error")

    def from_error(self: Any, env: Any, ex: Exception) -> FailureEvent:
        if isinstance(self, StateTaskService) and isinstance(ex, LOST):
            return _failure(self, env, ex)
        return name_error(self, env, ex)

    replace(ExecutionState, "_from_error", from_error)


def _failure(task: Any, env: Any, error: Exception) -> FailureEvent:
    name = f"{_prefix(task.resource)}.SdkClientException"
    details: Any = {
        "taskFailedEventDetails": TaskFailedEventDetails(
            resource=task._get_sfn_resource(),
            resourceType=task._get_sfn_resource_type(),
            error=name,
            cause=f"Unable to execute HTTP request: {error}",
        )
    }
    return FailureEvent(
        env=env,
        error_name=ErrorName(name),
        event_type=HistoryEventType.TaskFailed,
        event_details=EventDetails(**details),
    )


def _prefix(resource: Any) -> str:
    if resource.service_name == "aws-sdk":
        return error_prefix(resource.api_name)
    return _PREFIXES.get(resource.service_name) or str(resource.service_name).capitalize()
