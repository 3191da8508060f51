"""The search of a tuning job, in a thread of its own: launches training jobs until all have ended or none can succeed.

A search of which no training job succeeds in five attempts fails, with the reason that SageMaker gives then.
"""

import contextvars
import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from local.sagemaker import tuning_ranges
from local.sagemaker.errors import ApiError
from local.sagemaker.jobs import ENDED, TrainingJob
from local.sagemaker.tuning_jobs import Child, TuningJob
from local.sagemaker.tuning_validation import training_request

_LOGGER = logging.getLogger(__name__)
_WAKE_SECONDS = 0.1
_ATTEMPTS = 5
INTERNAL = "InternalServerError: We encountered an internal error. Please try again."

# Starts a training job for a tuning job, from a CreateTrainingJob request and the tuning job's ARN. Raises ApiError.
Launch = Callable[[dict, str], TrainingJob]
Stop = Callable[[TrainingJob], None]


@dataclass
class Search:
    """A tuning job under way."""

    tuning: TuningJob
    launch: Launch
    stop_training: Stop
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        # The account and the region of the request that created it.
        context = contextvars.copy_context()
        self.thread = threading.Thread(
            target=lambda: context.run(self._run), name=f"tuning {self.tuning.name}", daemon=True
        )

    def _run(self) -> None:
        try:
            self._search()
        except ApiError as error:
            self._stop_children()
            self.tuning.end("Failed", f"ClientError: {error}")
        finally:
            if self.tuning.status not in ENDED:
                # A fault of ours, which the thread's traceback shows. Nobody shall wait for the job for ever.
                self.tuning.end("Failed", INTERNAL)
            _LOGGER.info(f"Tuning job {self.tuning.name}: {self.tuning.status}")

    def _search(self) -> None:
        choices = self._choices()
        parallel = self.tuning.config["ResourceLimits"]["MaxParallelTrainingJobs"]
        while True:
            if self.stop.is_set():
                self._stop_children()
                self.tuning.end("Stopped")
                return
            running = [each for each in self.tuning.children if each.job.status not in ENDED]
            if reason := self._hopeless():
                if not running:
                    self.tuning.end("Failed", reason)
                    return
            else:
                chosen = next(choices, None) if len(running) < parallel else None
                if chosen is not None:
                    self._launch(chosen)
                    continue
                if not running:
                    self._end()
                    return
            self.stop.wait(_WAKE_SECONDS)

    def _choices(self) -> Iterator[dict[str, str]]:
        config = self.tuning.config
        ranges = tuning_ranges.read(config["ParameterRanges"])
        if config["Strategy"] == "Grid":
            return iter(tuning_ranges.combinations(ranges))
        return tuning_ranges.drawn(
            ranges, config["ResourceLimits"]["MaxNumberOfTrainingJobs"], config.get("RandomSeed")
        )

    def _launch(self, chosen: dict[str, str]) -> None:
        name = f"{self.tuning.name}-{len(self.tuning.children) + 1:03d}-{secrets.token_hex(4)}"
        request = training_request(name, self.tuning.definition, chosen)
        self.tuning.add(Child(self.launch(request, self.tuning.arn), chosen))

    def _hopeless(self) -> str:
        """Why no further training job is launched; empty while one may succeed."""
        statuses = [each.job.status for each in self.tuning.children]
        failed = statuses.count("Failed")
        if failed < _ATTEMPTS or "Completed" in statuses:
            return ""
        return _no_success(_ATTEMPTS)

    def _end(self) -> None:
        """Completed where a training job has the objective metric."""
        summaries = self.tuning.summaries()
        if self.tuning.best(summaries) is not None:
            self.tuning.end("Completed")
        elif any(each["TrainingJobStatus"] == "Completed" for each in summaries):
            self.tuning.end(
                "Failed",
                f"No objective metrics found after running {len(summaries)} training jobs. Please ensure that the "
                "custom algorithm is emitting the objective metric as defined by the regular expression provided.",
            )
        else:
            self.tuning.end("Failed", _no_success(len(summaries)))

    def _stop_children(self) -> None:
        """Stop what runs, and wait until it has ended."""
        for child in self.tuning.children:
            self.stop_training(child.job)
        # Not on the event that asks to stop, which is set.
        idle = threading.Event()
        while any(each.job.status not in ENDED for each in self.tuning.children):
            idle.wait(_WAKE_SECONDS)


def _no_success(attempts: int) -> str:
    return (
        f"No training job succeeded after {attempts} attempts. For additional details, please take a look at the "
        "training job failures by listing training jobs for the hyperparameter tuning job."
    )
