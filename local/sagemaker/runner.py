"""Runs training jobs, each in a thread of its own: download, train, upload; acting as the job's role."""

import logging
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
from local.sagemaker.metrics import DEFINITIONS, Collector
from local.sagemaker.process import AlgorithmProcess, Outcome
from local.sagemaker.validation import Location, channels

_LOGGER = logging.getLogger(__name__)

# (service, role ARN) -> a client of the embedded AWS that acts as the role. Raises PermissionError for a role that
# does not exist or does not trust SageMaker.
Clients = Callable[[str, str], BaseClient]
Command = Callable[[images.Image, Path], Sequence[str]]
_FLUSH_SECONDS = 0.5
# Control characters reach CloudWatch as `#` and three octal digits, a tab as `#011`: metric definitions count on it.
_ESCAPES = {code: f"#{code:03o}" for code in range(32)}
_JOIN_SECONDS = 5.0


@dataclass
class Runner:
    """Starts, stops and forgets runs. `base` is where job folders are made, the system's temporary folder if None."""

    clients: Clients
    base: Path | None = None
    grace_seconds: float = 120.0
    command: Command = container.command
    _runs: dict[str, "_Run"] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, job: TrainingJob, region: str) -> None:
        """Run `job` in the background."""
        run = _Run(self, job, region)
        with self._lock:
            self._runs[job.arn] = run
        run.thread.start()

    def stop(self, arn: str) -> None:
        """Let a job end early; nothing where it has ended."""
        with self._lock:
            run = self._runs.get(arn)
        if run is not None:
            run.stop.set()

    def stop_all(self, grace_seconds: float = 2.0) -> None:
        """End every job, and return when no process of theirs is left.

        The server is about to stop: nothing more is uploaded or logged, and processes are killed after a short grace.
        """
        with self._lock:
            runs = list(self._runs.values())
        for run in runs:
            run.abandoned = True
            run.job.request_stop()
            run.stop.set()
        deadline = time.monotonic() + grace_seconds
        for run in runs:
            run.thread.join(max(0.0, deadline - time.monotonic()))
            if run.process is not None:
                run.process.kill()
        for run in runs:
            run.thread.join(_JOIN_SECONDS)

    def forget(self, job: TrainingJob) -> None:
        """A run has come to its end."""
        with self._lock:
            self._runs.pop(job.arn, None)


def _end_early(job: TrainingJob, reason: str) -> None:
    if job.status == "Stopping":
        job.end("Stopped", "Stopped")
    else:
        job.fail(reason)


@dataclass
class _Run:
    """One job under way, in a thread and a folder of its own."""

    runner: Runner
    job: TrainingJob
    region: str
    stop: threading.Event = field(default_factory=threading.Event)
    collector: Collector = field(default_factory=lambda: Collector(()))
    process: AlgorithmProcess | None = None
    # Whether the server is about to stop.
    abandoned: bool = False
    thread: threading.Thread = field(init=False)
    _flushed_at: float = 0.0

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run, name=f"training {self.job.name}", daemon=True)

    def _run(self) -> None:
        job, base = self.job, self.runner.base
        try:
            if base is not None:
                base.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=f"{job.name}-", dir=base, ignore_cleanup_errors=True) as folder:
                self._stages(Path(folder))
        except transfer.TransferError as error:
            _end_early(job, str(error))
        except PermissionError as error:
            _end_early(job, f"ClientError: {error}")
        finally:
            if job.status not in ENDED:
                # A fault of ours, which the thread's traceback shows. Nobody shall wait for the job for ever.
                job.fail("InternalServerError: We encountered an internal error. Please try again.")
            self.runner.forget(job)

    def _stages(self, folder: Path) -> None:
        """Take the job to its end. Raises TransferError, PermissionError."""
        description = self.job.describe()
        s3 = self.runner.clients("s3", description["RoleArn"])
        if self.job.advance("Downloading", TrainingStartTime=time.time()):
            container.prepare(folder, description)
            for channel in channels(description):
                transfer.download(s3, channel, folder / "input" / "data" / channel.name)
        if not self.job.advance("Training"):
            self.job.end("Stopped", "Stopped")
            return
        outcome = self._train(description, folder)
        stopped = outcome.timed_out or self.job.status == "Stopping"
        if outcome.exit_code and not stopped:
            self._end("Failed", "Failed", FailureReason=container.failure_reason(folder, outcome.exit_code))
            return
        artifacts = self._upload(s3, description, folder)
        if outcome.timed_out:
            self._end("Stopped", "MaxRuntimeExceeded", **artifacts)
        elif self.job.status == "Stopping":
            self._end("Stopped", "Stopped", **artifacts)
        else:
            self._end("Completed", "Completed", **artifacts)

    def _train(self, description: dict, folder: Path) -> Outcome:
        logs = self.runner.clients("logs", description["RoleArn"])
        log = JobLog(logs, f"{self.job.name}/algo-1-{int(time.time())}")
        image = images.find(description["AlgorithmSpecification"]["TrainingImage"], self.region)
        self.collector = Collector(DEFINITIONS[image.algorithm])
        self.process = AlgorithmProcess(
            command=self.runner.command(image, folder),
            folder=folder,
            environment=container.environment(description, self.region, folder),
            on_line=lambda line: self._take(line, log),
            on_pause=lambda: self._flush(log),
            stop=self.stop,
            max_seconds=description["StoppingCondition"]["MaxRuntimeInSeconds"],
            grace_seconds=self.runner.grace_seconds,
        )
        try:
            return self.process.run()
        finally:
            self._flush(log, last=True)

    def _take(self, line: str, log: JobLog) -> None:
        now, line = time.time(), line.translate(_ESCAPES)
        self.collector.read(line, now)
        log.add(line, now)
        self._flush(log)

    def _flush(self, log: JobLog, *, last: bool = False) -> None:
        now = time.monotonic()
        if not self.abandoned and (last or now - self._flushed_at > _FLUSH_SECONDS):
            self._flushed_at = now
            log.flush()

    def _upload(self, s3: BaseClient, description: dict, folder: Path) -> dict[str, dict[str, str]]:
        """Upload what is in the model's folder; ModelArtifacts, or nothing where there is no model."""
        body = transfer.pack(folder / "model")
        if body is None or self.abandoned:
            return {}
        self.job.advance("Uploading")
        output = description["OutputDataConfig"]
        uri = f"{output['S3OutputPath'].rstrip('/')}/{self.job.name}/output/model.tar.gz"
        transfer.upload(s3, body, Location.of(uri), output.get("KmsKeyId"))
        return {"ModelArtifacts": {"S3ModelArtifacts": uri}}

    def _end(self, status: str, secondary: str, **details: object) -> None:
        metrics = self.collector.final()
        if metrics:
            details["FinalMetricDataList"] = metrics
        self.job.end(status, secondary, **details)
        _LOGGER.info(f"Training job {self.job.name}: {status} {details.get('FailureReason', '')}".rstrip())
