"""Optimised integrations of Athena and SageMaker: their calls, and `.sync`, which waits for the job a call started.

moto sends the calls but supports no `.sync` of the two. Wording and shapes follow the Step Functions developer guide,
"Run Athena queries" and "Create and manage Amazon SageMaker jobs".
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.exec.state_task import state_task_factory
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.utils import boto_client
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from local.seams import replace, seam
from local.stepfunctions.names import METADATA, operation
from local.stepfunctions.polling import pauses
from local.stepfunctions.redrive_progress import progress_of

_WRITING = re.compile(r"\s*(?:UNLOAD|CREATE|INSERT)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Job:
    """What `.sync` needs to know of a job: how to ask for it, where its status stands, how to end it."""

    # The job's name or id, in the answer of the call that starts it or in its parameters.
    identifier: str
    describe: str
    stop: str
    # Where the description is in the answer; empty for the answer itself.
    envelope: str
    status: tuple[str, ...]
    succeeded: frozenset[str]
    failed: frozenset[str]


@dataclass(frozen=True)
class Service:
    """An optimised integration: the calls that start jobs, and those that have no `.sync`."""

    error_prefix: str
    jobs: frozenset[str]
    actions: frozenset[str]


def _sagemaker_job(kind: str) -> Job:
    """A job of SageMaker, such as `TrainingJob`. All are named by their callers, and described alike."""
    return Job(
        identifier=f"{kind}Name",
        describe=xform_name(f"Describe{kind}"),
        stop=xform_name(f"Stop{kind}"),
        envelope="",
        status=(f"{kind}Status",),
        succeeded=frozenset({"Completed"}),
        failed=frozenset({"Failed", "Stopped"}),
    )


JOBS = {
    "start_query_execution": Job(
        identifier="QueryExecutionId",
        describe="get_query_execution",
        stop="stop_query_execution",
        envelope="QueryExecution",
        status=("Status", "State"),
        succeeded=frozenset({"SUCCEEDED"}),
        failed=frozenset({"FAILED", "CANCELLED"}),
    ),
    "create_training_job": _sagemaker_job("TrainingJob"),
    "create_hyper_parameter_tuning_job": _sagemaker_job("HyperParameterTuningJob"),
    "create_transform_job": _sagemaker_job("TransformJob"),
}

SERVICES = {
    "athena": Service(
        error_prefix="Athena",
        jobs=frozenset({"start_query_execution"}),
        actions=frozenset({"get_query_execution", "get_query_results", "stop_query_execution"}),
    ),
    "sagemaker": Service(
        error_prefix="SageMaker",
        jobs=frozenset({"create_training_job", "create_hyper_parameter_tuning_job", "create_transform_job"}),
        actions=frozenset({"create_model", "create_endpoint_config", "create_endpoint", "update_endpoint"}),
    ),
}


def install() -> None:
    """Let the interpreter build our task for `athena` and `sagemaker` resources."""
    for name in ("_eval_integration_pattern", "_eval_service_task", "_get_supported_parameters", "_from_error"):
        seam(StateTaskServiceCallback, name)
    original = seam(state_task_factory, "state_task_service_for")

    def state_task_service_for(service_name: str) -> Any:
        return JobTask(SERVICES[service_name]) if service_name in SERVICES else original(service_name)

    replace(state_task_factory, "state_task_service_for", state_task_service_for)


class JobTask(StateTaskServiceCallback):
    """A task that calls Athena or SageMaker, and with `.sync` ends as the job does."""

    def __init__(self, service: Service) -> None:
        patterns: Any = {ResourceCondition.Sync}
        super().__init__(supported_integration_patterns=patterns)
        self.service = service

    def _get_supported_parameters(self) -> set[str] | None:
        action = self._get_boto_service_action()
        if action not in self.service.jobs | self.service.actions:
            return None
        model: Any = operation(self._get_boto_service_name(), action)
        return set(model.input_shape.members)

    def _client(self, resource_runtime_part: Any, state_credentials: Any) -> Any:
        return boto_client.boto_client_for(
            resource_runtime_part.region, self._get_boto_service_name(), state_credentials
        )

    def _eval_service_task(
        self, env: Any, resource_runtime_part: Any, normalised_parameters: dict, state_credentials: Any
    ) -> None:
        client = self._client(resource_runtime_part, state_credentials)
        # A query that was ended half-way leaves files, and none writes beside them.
        progress_of(env).is_whole = _writes(normalised_parameters)
        answer = getattr(client, self._get_boto_service_action())(**normalised_parameters)
        env.stack.append(_plain(answer))

    def _eval_integration_pattern(
        self, env: Any, resource_runtime_part: Any, normalised_parameters: dict, state_credentials: Any
    ) -> None:
        started = env.stack.pop()
        job = JOBS[self._get_boto_service_action()]
        client = self._client(resource_runtime_part, state_credentials)
        name = {job.identifier: started.get(job.identifier) or normalised_parameters[job.identifier]}
        pause = pauses()
        while env.is_running():
            answer = _plain(getattr(client, job.describe)(**name))
            described: Any = answer[job.envelope] if job.envelope else answer
            status = described
            for key in job.status:
                status = status[key]
            if status in job.succeeded:
                env.stack.append(answer)
                return
            if status in job.failed:
                raise FailureEventException(self._failure(env, "States.TaskFailed", to_json_str(described)))
            time.sleep(next(pause))
        # The state timed out or the execution was stopped: Step Functions ends the job with it.
        getattr(client, job.stop)(**name)

    def _from_error(self, env: Any, ex: Exception) -> FailureEvent:
        if not isinstance(ex, ClientError):
            return super()._from_error(env=env, ex=ex)
        error: dict[str, Any] = ex.response["Error"]
        cause = f"{error['Message']} (Service: {self.service.error_prefix}; Error Code: {error['Code']})"
        code = error["Code"] if error["Code"].endswith("Exception") else f"{error['Code']}Exception"
        return self._failure(env, f"{self.service.error_prefix}.{code}", cause)

    def _failure(self, env: Any, error: str, cause: str) -> FailureEvent:
        own = StatesErrorNameType.StatesTaskFailed
        name = StatesErrorName(typ=own) if error == own.to_name() else ErrorName(error)
        details: Any = {
            "taskFailedEventDetails": TaskFailedEventDetails(
                resource=self._get_sfn_resource(), resourceType=self._get_sfn_resource_type(), error=error, cause=cause
            )
        }
        return FailureEvent(
            env=env, error_name=name, event_type=HistoryEventType.TaskFailed, event_details=EventDetails(**details)
        )


def _writes(parameters: Mapping[str, Any]) -> bool:
    """Whether a query writes files of its own.

    >>> _writes({"QueryString": " UNLOAD (SELECT 1) TO 's3://a/b/'"}), _writes({"QueryString": "SELECT 1"})
    (True, False)
    """
    return _WRITING.match(str(parameters.get("QueryString", ""))) is not None


def _plain(value: Any) -> Any:
    """An answer as the state's JSON: without HTTP's metadata, times as milliseconds since the epoch."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key not in METADATA}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return round(value.timestamp() * 1000)
    return value
