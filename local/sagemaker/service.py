"""SageMaker on the wire: JSON 1.1, `X-Amz-Target: SageMaker.<operation>`, and the paths of its runtime API.

A SageMakerService has what MiniStack asks of a service module: handle_request, get_state, load_persisted_state and
reset. Requests are answered in threads, since a creation looks into S3 over the server that it came in by.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError
from ministack.core import router
from ministack.core.responses import (
    AccountRegionScopedDict,
    error_response_json,
    get_account_id,
    get_region,
    json_response,
)

from local.sagemaker import listing, shapes, transfer, tuning, validation
from local.sagemaker.arns import arn, is_runtime
from local.sagemaker.errors import AccessDeniedError, ApiError, ResourceInUseError, UnsupportedError
from local.sagemaker.fleet import Host
from local.sagemaker.hosting import Hosting
from local.sagemaker.jobs import ENDED, TrainingJob
from local.sagemaker.runner import Runner

PRINCIPAL = "sagemaker.amazonaws.com"
TARGET_PREFIX = "SageMaker"
_CONTENT_TYPE = "application/x-amz-json-1.1"
_UNKNOWN = "Requested resource not found."

Response = tuple[int, dict[str, str], bytes]
# (caller's access key id, role ARN) -> why the caller may not pass the role to SageMaker, or None.
PassRoleDenial = Callable[[str, str], str | None]


@dataclass
class SageMakerService:
    """The API. Jobs are run by `runner`; `denies_pass_role` is asked before one is created. `clock` is the server's."""

    runner: Runner
    denies_pass_role: PassRoleDenial = lambda _key, _role: None
    clock: Callable[[], float] = time.time
    hosting: Hosting = field(init=False)
    _jobs: AccountRegionScopedDict = field(default_factory=AccountRegionScopedDict)
    _tags: AccountRegionScopedDict = field(default_factory=AccountRegionScopedDict)
    _tuning: tuning.Tuning = field(init=False)

    def __post_init__(self) -> None:
        self._tuning = tuning.Tuning(self._launch, self._stop_if_running, self._tag, self.denies_pass_role)
        self.hosting = Hosting(Host(self.runner.clients, self.runner.base), self.denies_pass_role, self.clock)

    async def handle_request(
        self, method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
    ) -> Response:
        """Answer one request: (status, headers, body)."""
        if is_runtime(path, headers):
            return await self.hosting.runtime.handle_request(method, path, headers, body)
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        caller = router.extract_access_key_id(headers, query_params)
        return await asyncio.to_thread(self._answer, operation, body, caller)

    def _answer(self, operation: str, body: bytes, caller: str) -> Response:
        operations: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "CreateTrainingJob": lambda request: self._create(request, caller),
            "DescribeTrainingJob": lambda request: self._job(request).describe(),
            "StopTrainingJob": self._stop,
            "ListTrainingJobs": lambda request: listing.page(self._jobs.values(), request),
            "AddTags": self._add_tags,
            "ListTags": lambda request: {"Tags": _tag_list(self._tags[self._resource_arn(request)])},
            **self.hosting.operations(caller),
            **self._tuning.operations(caller),
        }
        try:
            if operation not in operations:
                implemented = ", ".join(operations)
                raise UnsupportedError(f"SageMaker.{operation} is not implemented here; these are: {implemented}.")
            request = _request(body)
            shapes.check(operation, request)
            answer = operations[operation](request)
            self._tag_new(operation, request, answer)
            return json_response(answer, content_type=_CONTENT_TYPE)
        except ApiError as error:
            return error_response_json(error.code, str(error), message_key="Message", content_type=_CONTENT_TYPE)

    def _create(self, request: dict[str, Any], caller: str) -> dict[str, Any]:
        name, region = request["TrainingJobName"], get_region()
        job_arn = arn("training-job", name, region, get_account_id())
        image = validation.check_create(request, region)
        if name in self._jobs:
            raise ResourceInUseError(
                "Training job names must be unique within an AWS account and region, and a training job with this "
                f"name already exists ({job_arn})"
            )
        denial = self.denies_pass_role(caller, request["RoleArn"])
        if denial is not None:
            raise AccessDeniedError(denial)
        self._check_data(request, region)
        job = TrainingJob.create(request, job_arn, image.algorithm)
        if self._jobs.setdefault(name, job) is not job:
            raise ResourceInUseError(f"Another request is creating the training job {job_arn}")
        self.runner.start(job, region)
        return {"TrainingJobArn": job_arn}

    def _tag_new(self, operation: str, request: dict[str, Any], answer: dict[str, Any]) -> None:
        """Keep the tags of what was created, by the ARN that the answer brings."""
        if operation.startswith("Create"):
            (created,) = answer.values()
            self._tag(created, request.get("Tags") or [])

    def _launch(self, request: dict[str, Any], tuning_arn: str) -> TrainingJob:
        """A training job of a tuning job's, which may pass the role that the tuning job was given."""
        name, region = request["TrainingJobName"], get_region()
        algorithm = validation.check_create(request, region).algorithm
        described = request | {"TuningJobArn": tuning_arn}
        job = TrainingJob.create(described, arn("training-job", name, region, get_account_id()), algorithm)
        if self._jobs.setdefault(name, job) is not job:
            raise ResourceInUseError(f"A training job of the name {name} exists already ({job.arn})")
        self._tags[job.arn] = dict(self._tags.get(tuning_arn, {}))
        self.runner.start(job, region)
        return job

    def _tag(self, resource: str, tags: list[dict[str, str]]) -> None:
        self._tags[resource] = {tag["Key"]: tag.get("Value", "") for tag in tags}

    def tags_of(self, resource: str) -> dict[str, str]:
        """The tags of the resource of an ARN; none of one that there is not."""
        return dict(self._tags.get(resource, {}))

    def _stop_if_running(self, job: TrainingJob) -> None:
        if job.request_stop():
            self.runner.stop(job.arn)

    def _check_data(self, request: dict[str, Any], region: str) -> None:
        """Every channel must hold an object that the role can list, or there will be no job."""
        role = request["RoleArn"]
        try:
            s3 = self.runner.clients("s3", role)
        except PermissionError as error:
            raise ApiError(
                f"Could not assume role {role}. Please ensure that the role exists and allows principal "
                f"'{PRINCIPAL}' to assume the role. {error}"
            ) from error
        for channel in validation.channels(request):
            place, reason = channel.location, ""
            try:
                if transfer.find_object(s3, place):
                    continue
            except ClientError as error:
                reason = f" Error message from S3: {error.response.get('Error', {}).get('Message')}"
            raise ApiError(
                f'No S3 objects found under S3 URL "s3://{place.bucket}/{place.prefix}" given in input data source. '
                f"Please ensure that the bucket exists in the selected region ({region}), that objects exist under "
                f'that S3 prefix, and that the role "{role}" has "s3:ListBucket" permissions on bucket '
                f'"{place.bucket}".{reason}'
            )

    def _job(self, request: dict[str, Any]) -> TrainingJob:
        job = self._jobs.get(request["TrainingJobName"])
        if job is None:
            raise ApiError(_UNKNOWN)
        return job

    def _stop(self, request: dict[str, Any]) -> dict[str, Any]:
        job = self._job(request)
        if not job.request_stop():
            raise ApiError(f"The request was rejected because the training job is in status {job.status}.")
        self.runner.stop(job.arn)
        return {}

    def _add_tags(self, request: dict[str, Any]) -> dict[str, Any]:
        tags = self._tags[self._resource_arn(request)]
        tags.update({tag["Key"]: tag["Value"] for tag in request["Tags"]})
        return {"Tags": _tag_list(tags)}

    def _resource_arn(self, request: dict[str, Any]) -> str:
        name = request["ResourceArn"]
        if name not in self._tags:
            raise ApiError(_UNKNOWN)
        return name

    def stop_all(self, grace_seconds: float = 2.0) -> None:
        """End every job and its process: for the server's stop. Not to be called on the server's event loop."""
        self.hosting.stop_all()
        self._tuning.request_stop_all()
        self.runner.stop_all(grace_seconds)
        self._tuning.join()
        # What a search has launched in between.
        self.runner.stop_all(grace_seconds)

    def reset(self) -> None:
        """End and forget every job."""
        self.stop_all()
        self.hosting.reset()
        self._tuning.reset()
        self._jobs.clear()
        self._tags.clear()

    def get_state(self) -> dict[str, Any]:
        """What is to survive the server: descriptions and tags."""
        descriptions = {key: job.describe() for key, job in self._jobs.to_dict().items()}
        return {
            "_jobs": AccountRegionScopedDict.from_dict(descriptions),
            "_tags": AccountRegionScopedDict.from_dict({key: dict(tags) for key, tags in self._tags.to_dict().items()}),
            **self.hosting.get_state(),
            "_tuning_jobs": self._tuning.get_state(),
        }

    def load_persisted_state(self, data: dict[str, Any]) -> None:
        """Take back what get_state gave. A job that was under way has failed with the server."""
        self.hosting.load_state(data)
        self._tags = data.get("_tags", AccountRegionScopedDict())
        self._jobs = AccountRegionScopedDict()
        for (account, region, name), description in data.get("_jobs", AccountRegionScopedDict()).to_dict().items():
            job = TrainingJob(description)
            if job.status not in ENDED:
                job.fail("InternalServerError: the embedded AWS was stopped while the job was under way.")
            self._jobs.set_scoped(account, region, name, job)
        self._tuning.load_state(data.get("_tuning_jobs", AccountRegionScopedDict()), self._jobs)


def _request(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        raise ApiError("The request's body is no JSON.") from None
    if not isinstance(value, dict):
        raise ApiError("The request's body is no JSON object.")
    return value


def _tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
