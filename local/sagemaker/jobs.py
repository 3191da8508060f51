"""The record of a training job: what DescribeTrainingJob answers, and how its status moves.

InProgress: Starting -> Downloading -> Training -> Uploading; then Completed, Failed, or (by way of Stopping) Stopped,
whose secondary status is MaxRuntimeExceeded where the time ran out. Times are seconds since the epoch.
"""

import copy
import math
import threading
import time
from collections.abc import Callable
from typing import Any

from local.sagemaker import metrics

ENDED = frozenset({"Completed", "Failed", "Stopped"})
_MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
}
_LONGEST_REASON = 1024
# Of a request, what is no part of a job's description.
_NOT_DESCRIBED = ("Tags", "SessionChainingConfig")


class TrainingJob:
    """A job and its status. Safe to be read by requests while its runner moves it on."""

    def __init__(self, description: dict[str, Any], clock: Callable[[], float] = time.time) -> None:
        self._description = description
        self._clock = clock
        self._lock = threading.Lock()

    @classmethod
    def create(
        cls, request: dict[str, Any], arn: str, algorithm: str, clock: Callable[[], float] = time.time
    ) -> "TrainingJob":
        """A job of `algorithm` in its first status, from a checked CreateTrainingJob request."""
        description = {key: copy.deepcopy(value) for key, value in request.items() if key not in _NOT_DESCRIBED}
        description["AlgorithmSpecification"]["MetricDefinitions"] = metrics.metric_definitions(algorithm)
        description["AlgorithmSpecification"].setdefault("EnableSageMakerMetricsTimeSeries", False)
        description["StoppingCondition"].setdefault("MaxRuntimeInSeconds", 86_400)
        for flag in ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining"):
            description.setdefault(flag, False)
        now = clock()
        job = cls(description | {"TrainingJobArn": arn, "CreationTime": now, "SecondaryStatusTransitions": []}, clock)
        job.move("InProgress", "Starting")
        return job

    @property
    def name(self) -> str:
        return self._description["TrainingJobName"]

    @property
    def arn(self) -> str:
        return self._description["TrainingJobArn"]

    @property
    def status(self) -> str:
        return self._description["TrainingJobStatus"]

    def describe(self) -> dict[str, Any]:
        """DescribeTrainingJob's answer."""
        with self._lock:
            return copy.deepcopy(self._description)

    def summary(self) -> dict[str, Any]:
        """A member of ListTrainingJobs' TrainingJobSummaries."""
        members = ("TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingEndTime", "LastModifiedTime")
        description = self.describe()
        return {
            key: description[key] for key in (*members, "TrainingJobStatus", "SecondaryStatus") if key in description
        }

    def move(self, status: str, secondary: str, **details: object) -> None:
        """Go over to a status; `details` are further members of the description."""
        with self._lock:
            self._move(status, secondary, details)

    def request_stop(self) -> bool:
        """Go over to Stopping, unless the job has ended; return whether it has not."""
        with self._lock:
            if self.status in ENDED:
                return False
            if self.status != "Stopping":
                self._move("Stopping", "Stopping", {})
            return True

    def advance(self, secondary: str, **details: object) -> bool:
        """Go over to the next secondary status of InProgress; return False where the job is being stopped instead."""
        with self._lock:
            if self.status != "InProgress":
                return False
            self._move("InProgress", secondary, details)
            return True

    def fail(self, reason: str) -> None:
        """End as Failed."""
        self.end("Failed", "Failed", FailureReason=reason[:_LONGEST_REASON])

    def end(self, status: str, secondary: str, **details: object) -> None:
        """End: Completed, Failed or Stopped."""
        now = self._clock()
        with self._lock:
            started = self._description.get("TrainingStartTime")
            if started is not None:
                seconds = max(1, math.ceil(now - started))
                details |= {"TrainingEndTime": now, "TrainingTimeInSeconds": seconds, "BillableTimeInSeconds": seconds}
            self._move(status, secondary, details)

    def _move(self, status: str, secondary: str, details: dict[str, object]) -> None:
        now = self._clock()
        transitions = self._description["SecondaryStatusTransitions"]
        if transitions:
            transitions[-1]["EndTime"] = now
        transition = {"Status": secondary, "StartTime": now, "StatusMessage": _MESSAGES[secondary]}
        if status in ENDED:
            transition["EndTime"] = now
        transitions.append(transition)
        self._description.update(details)
        self._description |= {
            "TrainingJobStatus": status,
            "SecondaryStatus": secondary,
            "LastModifiedTime": now,
        }
