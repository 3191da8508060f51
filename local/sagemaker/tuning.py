"""Tuning jobs of the API: Create, Describe, Stop and List, and the list of a tuning job's training jobs.

`tuning_validation` says what is refused, `tuning_ranges` what is tried, `tuning_search` runs a job, and `tuning_jobs`
is its record. Strategies Random and Grid; no early stopping, no warm start, one definition of training jobs.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region

from local.sagemaker import arns, listing, tuning_validation
from local.sagemaker.errors import AccessDeniedError, ApiError, NotFoundError, ResourceInUseError
from local.sagemaker.jobs import ENDED, TrainingJob
from local.sagemaker.tuning_jobs import Child, TuningJob, objective
from local.sagemaker.tuning_search import INTERNAL, Launch, Search, Stop

Operation = Callable[[dict[str, Any]], dict[str, Any]]
_JOBS = listing.Kind(
    "HyperParameterTuningJobSummaries",
    "HyperParameterTuningJobName",
    "HyperParameterTuningJobStatus",
    order="Ascending",
)
_TRAINING_JOBS = listing.Kind("TrainingJobSummaries", "TrainingJobName", "TrainingJobStatus", order="Ascending")
_JOIN_SECONDS = 5.0


@dataclass
class Tuning:
    """The tuning jobs of all accounts and regions. Their training jobs are launched and stopped by the service."""

    launch: Launch
    stop_training: Stop
    tag: Callable[[str, list[dict[str, str]]], None]
    denies_pass_role: Callable[[str, str], str | None]
    _jobs: AccountRegionScopedDict = field(default_factory=AccountRegionScopedDict)
    _searches: dict[str, Search] = field(default_factory=dict)

    def operations(self, caller: str) -> dict[str, Operation]:
        """The operations, as the caller with this access key."""
        return {
            "CreateHyperParameterTuningJob": lambda request: self._create(request, caller),
            "DescribeHyperParameterTuningJob": lambda request: self._job(request).describe(),
            "StopHyperParameterTuningJob": self._stop,
            "ListHyperParameterTuningJobs": self._list,
            "ListTrainingJobsForHyperParameterTuningJob": self._list_training_jobs,
        }

    def _create(self, request: dict[str, Any], caller: str) -> dict[str, Any]:
        name, region = request["HyperParameterTuningJobName"], get_region()
        arn = arns.arn("hyper-parameter-tuning-job", name, region, get_account_id())
        tuning_validation.check_create(request, region)
        denial = self.denies_pass_role(caller, request["TrainingJobDefinition"]["RoleArn"])
        if denial is not None:
            raise AccessDeniedError(denial)
        job = TuningJob.create(request, arn)
        # The name is not case sensitive.
        if self._jobs.setdefault(name.lower(), job) is not job:
            raise ResourceInUseError(
                "Hyperparameter tuning job names must be unique within an AWS account and region, and a "
                f"hyperparameter tuning job with this name already exists ({arn})"
            )
        self.tag(arn, request.get("Tags") or [])
        search = Search(job, self.launch, self.stop_training)
        self._searches[arn] = search
        search.thread.start()
        return {"HyperParameterTuningJobArn": arn}

    def _job(self, request: dict[str, Any]) -> TuningJob:
        job = self._jobs.get(request["HyperParameterTuningJobName"].lower())
        if job is None:
            raise NotFoundError("Requested resource not found.")
        return job

    def _stop(self, request: dict[str, Any]) -> dict[str, Any]:
        job = self._job(request)
        if not job.request_stop():
            raise ApiError(f"The request was rejected because the hyperparameter tuning job is in status {job.status}.")
        self._searches[job.arn].stop.set()
        return {}

    def _list(self, request: dict[str, Any]) -> dict[str, Any]:
        return listing.page_of((job.summary() for job in self._jobs.values()), request, _JOBS)

    def _list_training_jobs(self, request: dict[str, Any]) -> dict[str, Any]:
        """By name unless another order is asked for. Those without the objective metric come after all others."""
        summaries, order = self._job(request).summaries(), {"SortBy": "Name"} | request
        if order["SortBy"] == "FinalObjectiveMetricValue":
            descending = order.get("SortOrder") == "Descending"
            with_value = [each for each in summaries if each["ObjectiveStatus"] == "Succeeded"]
            others = [each for each in summaries if each["ObjectiveStatus"] != "Succeeded"]
            summaries = sorted(with_value, key=objective, reverse=descending) + others
            return listing.page_in_order(summaries, order, _TRAINING_JOBS)
        return listing.page_of(summaries, order, _TRAINING_JOBS)

    def request_stop_all(self) -> None:
        """Let every search end: the server is about to stop. Their training jobs are the runner's to end."""
        for search in self._searches.values():
            search.tuning.request_stop()
            search.stop.set()

    def join(self) -> None:
        """Return when every search has ended, or after some seconds."""
        for search in self._searches.values():
            search.thread.join(_JOIN_SECONDS)

    def reset(self) -> None:
        """Forget every job, once all are stopped."""
        self._jobs.clear()
        self._searches.clear()

    def get_state(self) -> AccountRegionScopedDict:
        """What is to survive the server."""
        return AccountRegionScopedDict.from_dict({key: job.saved() for key, job in self._jobs.to_dict().items()})

    def load_state(self, state: AccountRegionScopedDict, training_jobs: AccountRegionScopedDict) -> None:
        """Take back what get_state gave. A job that was under way has failed with the server."""
        self._jobs, self._searches = AccountRegionScopedDict(), {}
        for (account, region, name), saved in state.to_dict().items():
            trained = [(training_jobs.get_scoped(account, region, each["name"]), each) for each in saved["children"]]
            children = [Child(job, each["chosen"]) for job, each in trained if isinstance(job, TrainingJob)]
            job = TuningJob(saved["description"], children, time.time)
            if job.status not in ENDED:
                job.end("Failed", INTERNAL)
            self._jobs.set_scoped(account, region, name, job)
