"""The record of a tuning job: what DescribeHyperParameterTuningJob answers, and the training jobs that it launched.

Counters and statuses: https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-monitor.html
"""

import copy
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.sagemaker.jobs import ENDED, TrainingJob

OBJECTIVE_HYPERPARAMETER = "_tuning_objective_metric"
"""By this a training job learns of the metric that its tuning job decides by."""
_COUNTERS = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
_LONGEST_REASON = 1024
_NOT_DESCRIBED = ("Tags",)


@dataclass(frozen=True)
class Child:
    """A training job of a search, and the values that the search chose for it."""

    job: TrainingJob
    chosen: dict[str, str]


class TuningJob:
    """A tuning job and its status. Safe to be read by requests while its search moves it on."""

    def __init__(
        self,
        description: dict[str, Any],
        children: list[Child] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._description = description
        self._children = children or []
        self._clock = clock
        self._lock = threading.Lock()

    @classmethod
    def create(cls, request: dict[str, Any], arn: str, clock: Callable[[], float] = time.time) -> "TuningJob":
        """A job in progress, from a checked CreateHyperParameterTuningJob request."""
        description = {key: copy.deepcopy(value) for key, value in request.items() if key not in _NOT_DESCRIBED}
        config, definition = description["HyperParameterTuningJobConfig"], description["TrainingJobDefinition"]
        config.setdefault("TrainingJobEarlyStoppingType", "Off")
        for each in [*_numeric(config["ParameterRanges"])]:
            each.setdefault("ScalingType", "Auto")
        metric = config["HyperParameterTuningJobObjective"]["MetricName"]
        definition.setdefault("StaticHyperParameters", {})[OBJECTIVE_HYPERPARAMETER] = metric
        now = clock()
        description |= {
            "HyperParameterTuningJobArn": arn,
            "HyperParameterTuningJobStatus": "InProgress",
            "CreationTime": now,
            "LastModifiedTime": now,
        }
        return cls(description, clock=clock)

    @property
    def name(self) -> str:
        return self._description["HyperParameterTuningJobName"]

    @property
    def arn(self) -> str:
        return self._description["HyperParameterTuningJobArn"]

    @property
    def status(self) -> str:
        return self._description["HyperParameterTuningJobStatus"]

    @property
    def config(self) -> dict[str, Any]:
        """How it searches: its HyperParameterTuningJobConfig."""
        return self._description["HyperParameterTuningJobConfig"]

    @property
    def definition(self) -> dict[str, Any]:
        """What its training jobs have in common: its TrainingJobDefinition."""
        return self._description["TrainingJobDefinition"]

    @property
    def children(self) -> list[Child]:
        """The training jobs launched so far, in their order."""
        with self._lock:
            return list(self._children)

    def add(self, child: Child) -> None:
        """One more training job was launched."""
        with self._lock:
            self._children.append(child)
            self._description["LastModifiedTime"] = self._clock()

    def request_stop(self) -> bool:
        """Go over to Stopping, unless the job has ended; return whether it has not."""
        with self._lock:
            if self.status in ENDED:
                return False
            self._description |= {"HyperParameterTuningJobStatus": "Stopping", "LastModifiedTime": self._clock()}
            return True

    def end(self, status: str, reason: str = "") -> None:
        """End as Completed, Failed or Stopped."""
        with self._lock:
            now = self._clock()
            seconds = max(1, math.ceil(now - self._description["CreationTime"]))
            self._description |= {
                "HyperParameterTuningJobStatus": status,
                "HyperParameterTuningEndTime": now,
                "LastModifiedTime": now,
                "ConsumedResources": {"RuntimeInSeconds": seconds},
            }
            if reason:
                self._description["FailureReason"] = reason[:_LONGEST_REASON]

    def describe(self) -> dict[str, Any]:
        """DescribeHyperParameterTuningJob's answer."""
        with self._lock:
            answer = copy.deepcopy(self._description)
        summaries = self.summaries()
        best = self.best(summaries)
        return answer | _counters(summaries) | ({"BestTrainingJob": best} if best else {})

    def summary(self) -> dict[str, Any]:
        """A member of ListHyperParameterTuningJobs' HyperParameterTuningJobSummaries."""
        description = self.describe()
        members = ("Name", "Arn", "Status")
        answer = {f"HyperParameterTuningJob{each}": description[f"HyperParameterTuningJob{each}"] for each in members}
        times = ("CreationTime", "LastModifiedTime", "HyperParameterTuningEndTime")
        counters = ("TrainingJobStatusCounters", "ObjectiveStatusCounters")
        answer |= {name: description[name] for name in (*times, *counters) if name in description}
        config = description["HyperParameterTuningJobConfig"]
        return answer | {"Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"]}

    def summaries(self) -> list[dict[str, Any]]:
        """The HyperParameterTrainingJobSummary of each training job."""
        metric = self.config["HyperParameterTuningJobObjective"]["MetricName"]
        return [_child_summary(child, metric) for child in self.children]

    def best(self, summaries: list[dict[str, Any]]) -> dict[str, Any] | None:
        """The training job with the best objective so far, of equals the first."""
        succeeded = [each for each in summaries if each["ObjectiveStatus"] == "Succeeded"]
        maximises = self.config["HyperParameterTuningJobObjective"]["Type"] == "Maximize"
        sign = -1 if maximises else 1
        return min(succeeded, key=lambda each: sign * objective(each), default=None)

    def saved(self) -> dict[str, Any]:
        """What is to survive the server, its training jobs by their names."""
        with self._lock:
            children = [{"name": each.job.name, "chosen": each.chosen} for each in self._children]
            return {"description": copy.deepcopy(self._description), "children": children}


def objective(summary: dict[str, Any]) -> float:
    """The objective metric's value in a summary that has one."""
    return summary["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]


def _numeric(ranges: dict[str, Any]) -> list[dict[str, Any]]:
    return [*ranges.get("IntegerParameterRanges", []), *ranges.get("ContinuousParameterRanges", [])]


def _child_summary(child: Child, metric: str) -> dict[str, Any]:
    description = child.job.describe()
    members = ("TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingStartTime", "TrainingEndTime")
    summary = {name: description[name] for name in members if name in description}
    status = description["TrainingJobStatus"]
    summary |= {"TrainingJobStatus": status, "TunedHyperParameters": dict(child.chosen)}
    if "FailureReason" in description:
        summary["FailureReason"] = description["FailureReason"]
    values = {each["MetricName"]: each["Value"] for each in description.get("FinalMetricDataList", [])}
    if status not in ENDED:
        return summary | {"ObjectiveStatus": "Pending"}
    if status != "Completed" or metric not in values:
        return summary | {"ObjectiveStatus": "Failed"}
    final = {"MetricName": metric, "Value": values[metric]}
    return summary | {"FinalHyperParameterTuningJobObjectiveMetric": final, "ObjectiveStatus": "Succeeded"}


def _counters(summaries: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    counters: dict[str, int] = dict.fromkeys(_COUNTERS, 0)
    objectives: dict[str, int] = dict.fromkeys(("Succeeded", "Pending", "Failed"), 0)
    for each in summaries:
        counters[_counter(each)] += 1
        objectives[each["ObjectiveStatus"]] += 1
    return {"TrainingJobStatusCounters": counters, "ObjectiveStatusCounters": objectives}


def _counter(summary: dict[str, Any]) -> str:
    """What a training job counts as: one that failed could be tried again if the service failed, not its customer."""
    status = summary["TrainingJobStatus"]
    if status == "Failed":
        internal = summary.get("FailureReason", "").startswith("InternalServerError")
        return "RetryableError" if internal else "NonRetryableError"
    return status if status in ("Completed", "Stopped") else "InProgress"
