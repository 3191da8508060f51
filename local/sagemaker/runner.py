"""Runs training jobs, each in a thread of its own: download, train, upload; acting as the job's role."""

import logging
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from botocore.client import BaseClient

from local.sagemaker import container, images, transfer
from local.sagemaker.job_log import JobLog
from local.sagemaker.jobs import ENDED, TrainingJob
from local.sagemaker.metrics import Collector
from local.sagemaker.process import AlgorithmProcess, Outcome
from local.sagemaker.validation import Location, channels

_LOGGER = logging.getLogger(__name__)

# (service, role ARN) -> a client of the embedded AWS that acts as the role. Raises PermissionError for a role that
# does not exist or does not trust SageMaker.
Clients = Callable[[str, str], BaseClient]
Command = Callable[[str, Path], Sequence[str]]
_FLUSH_SECONDS = 0.5


@dataclass(frozen=True)
class _Run:
    """A job under way."""

    job: TrainingJob
    stop: threading.Event
    thread: threading.Thread


@dataclass
class Runner:
    """Starts, stops and forgets runs. `base` is where job folders are made, the system's temporary folder if None."""

    clients: Clients
    base: Path | None = None
    grace_seconds: float = 120.0
    command: Command = container.command
    _runs: dict[str, _Run] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, job: TrainingJob, region: str) -> None:
        """Run `job` in the background."""
        stop = threading.Event()
        thread = threading.Thread(target=self._run, args=(job, region, stop), name=f"training {job.name}", daemon=True)
        with self._lock:
            self._runs[job.arn] = _Run(job, stop, thread)
        thread.start()

    def stop(self, arn: str) -> None:
        """Let a job end early; nothing where it has ended."""
        with self._lock:
            run = self._runs.get(arn)
        if run is not None:
            run.stop.set()

    def stop_all(self) -> None:
        """End every job, and return when no process of theirs is left."""
        with self._lock:
            runs = list(self._runs.values())
        for run in runs:
            run.job.request_stop()
            run.stop.set()
        for run in runs:
            run.thread.join()

    def _run(self, job: TrainingJob, region: str, stop: threading.Event) -> None:
        folder = Path(tempfile.mkdtemp(prefix=f"{job.name}-", dir=self.base))
        try:
            _Stages(self, job, region, stop, folder).run()
        except transfer.TransferError as error:
            _end_early(job, str(error))
        except PermissionError as error:
            _end_early(job, f"ClientError: {error}")
        finally:
            if job.status not in ENDED:
                # A fault of ours, which the thread's traceback tells of. Nobody shall wait for the job for ever.
                job.fail("InternalServerError: We encountered an internal error. Please try again.")
            shutil.rmtree(folder, ignore_errors=True)
            with self._lock:
                self._runs.pop(job.arn, None)


def _end_early(job: TrainingJob, reason: str) -> None:
    if job.status == "Stopping":
        job.end("Stopped", "Stopped")
    else:
        job.fail(reason)


@dataclass
class _Stages:
    """The stages of one job, in its folder."""

    runner: Runner
    job: TrainingJob
    region: str
    stop: threading.Event
    folder: Path
    collector: Collector = field(default_factory=Collector)
    _flushed_at: float = 0.0

    def run(self) -> None:
        """Take the job to its end. Raises TransferError, PermissionError."""
        described = self.job.describe()
        s3 = self.runner.clients("s3", described["RoleArn"])
        if self.job.advance("Downloading", TrainingStartTime=time.time()):
            container.prepare(self.folder, described)
            for channel in channels(described):
                transfer.download(s3, channel, self.folder / "input" / "data" / channel.name)
        if not self.job.advance("Training"):
            self.job.end("Stopped", "Stopped")
            return
        outcome = self._train(described)
        stopped = outcome.timed_out or self.job.status == "Stopping"
        if outcome.exit_code and not stopped:
            self._end("Failed", "Failed", FailureReason=container.failure_reason(self.folder, outcome.exit_code))
            return
        artifacts = self._upload(s3, described)
        if outcome.timed_out:
            self._end("Stopped", "MaxRuntimeExceeded", **artifacts)
        elif self.job.status == "Stopping":
            self._end("Stopped", "Stopped", **artifacts)
        else:
            self._end("Completed", "Completed", **artifacts)

    def _train(self, described: dict) -> Outcome:
        logs = self.runner.clients("logs", described["RoleArn"])
        log = JobLog(logs, f"{self.job.name}/algo-1-{int(time.time())}")
        module = images.algorithm_module(described["AlgorithmSpecification"]["TrainingImage"], self.region)
        process = AlgorithmProcess(
            command=self.runner.command(module, self.folder),
            folder=self.folder,
            environment=container.environment(described, self.region),
            on_line=lambda line: self._take(line, log),
            on_pause=lambda: self._flush(log),
            stop=self.stop,
            max_seconds=described["StoppingCondition"]["MaxRuntimeInSeconds"],
            grace_seconds=self.runner.grace_seconds,
        )
        try:
            return process.run()
        finally:
            log.flush()

    def _take(self, line: str, log: JobLog) -> None:
        now = time.time()
        self.collector.read(line, now)
        log.add(line, now)
        self._flush(log)

    def _flush(self, log: JobLog) -> None:
        now = time.monotonic()
        if now - self._flushed_at > _FLUSH_SECONDS:
            self._flushed_at = now
            log.flush()

    def _upload(self, s3: BaseClient, described: dict) -> dict[str, dict[str, str]]:
        """Upload what is in the model's folder; ModelArtifacts, or nothing where there is no model."""
        body = transfer.pack(self.folder / "model")
        if body is None:
            return {}
        self.job.advance("Uploading")
        output = described["OutputDataConfig"]
        uri = f"{output['S3OutputPath'].rstrip('/')}/{self.job.name}/output/model.tar.gz"
        transfer.upload(s3, body, Location.of(uri), output.get("KmsKeyId"))
        return {"ModelArtifacts": {"S3ModelArtifacts": uri}}

    def _end(self, status: str, secondary: str, **details: object) -> None:
        metrics = self.collector.final()
        if metrics:
            details["FinalMetricDataList"] = metrics
        self.job.end(status, secondary, **details)
        _LOGGER.info(f"Training job {self.job.name}: {status} {details.get('FailureReason', '')}".rstrip())
