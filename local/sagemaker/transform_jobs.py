"""Transform jobs on the wire: CreateTransformJob, DescribeTransformJob, StopTransformJob, ListTransformJobs.

InProgress -> Completed | Failed, or by way of Stopping to Stopped. Times are seconds since the epoch.
"""

import copy
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError
from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region

from local.sagemaker import transfer
from local.sagemaker.arns import arn
from local.sagemaker.errors import ApiError, ResourceInUseError, UnsupportedError
from local.sagemaker.fleet import Host
from local.sagemaker.listing import Kind, page_of
from local.sagemaker.transform_records import column_filter
from local.sagemaker.transform_run import TransformError, TransformRun
from local.sagemaker.validation import Location

_LOGGER = logging.getLogger(__name__)
Operation = Callable[[dict[str, Any]], dict[str, Any]]
_KIND = Kind("TransformJobSummaries", "TransformJobName", "TransformJobStatus")
_UNSUPPORTED = ("DataCaptureConfig",)
_NOT_DESCRIBED = ("Tags",)
_UNKNOWN = "Requested resource not found."
_LONGEST_REASON = 1024
_JOIN_SECONDS = 10.0
ENDED = frozenset({"Completed", "Failed", "Stopped"})


@dataclass
class TransformJob:
    """A job's description, and its run. Safe to be read by requests while its thread moves it on."""

    description: dict[str, Any]
    run: TransformRun
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def ended(cls, description: dict[str, Any], region: str, host: Host) -> "TransformJob":
        """A job of an earlier server, which runs no more."""
        return cls(description, TransformRun(description, {}, region, host, threading.Event()))

    @property
    def status(self) -> str:
        return self.description["TransformJobStatus"]

    def describe(self) -> dict[str, Any]:
        """DescribeTransformJob's answer."""
        with self.lock:
            return copy.deepcopy(self.description)

    def summary(self) -> dict[str, Any]:
        """A member of ListTransformJobs' TransformJobSummaries."""
        members = ("TransformJobName", "TransformJobArn", "CreationTime", "TransformEndTime", "TransformJobStatus")
        description = self.describe()
        return {name: description[name] for name in (*members, "FailureReason") if name in description}

    def move(self, status: str, **details: object) -> bool:
        """Go over to a status, unless the job has ended; return whether it has not."""
        with self.lock:
            if self.status in ENDED:
                return False
            self.description |= {"TransformJobStatus": status, **details}
            return True

    def work(self) -> None:
        """Take the job to its end."""
        self.move(self.status, TransformStartTime=time.time())
        try:
            is_whole = self.run.run()
        except (TransformError, PermissionError) as error:
            status, reason = ("Stopped", "") if self.status == "Stopping" else ("Failed", str(error))
            details = {"FailureReason": reason[:_LONGEST_REASON]} if reason else {}
            self.move(status, TransformEndTime=time.time(), **details)
        else:
            self.move("Completed" if is_whole else "Stopped", TransformEndTime=time.time())
        finally:
            # A fault of ours, which the thread's traceback shows. Nobody shall wait for the job for ever.
            self.move("Failed", FailureReason="InternalServerError: We encountered an internal error.")
        _LOGGER.info("Transform job %s: %s", self.description["TransformJobName"], self.status)


@dataclass
class TransformJobs:
    """The transform jobs of all accounts and regions. `model` describes a model, or raises ApiError."""

    host: Host
    model: Callable[[str], dict[str, Any]]
    _jobs: AccountRegionScopedDict = field(default_factory=AccountRegionScopedDict)
    _threads: list[threading.Thread] = field(default_factory=list)

    def operations(self) -> dict[str, Operation]:
        """The API's operations."""
        return {
            "CreateTransformJob": self._create,
            "DescribeTransformJob": lambda request: self._job(request).describe(),
            "StopTransformJob": self._stop,
            "ListTransformJobs": lambda request: page_of(
                (job.summary() for job in self._jobs.values()), request, _KIND
            ),
        }

    def _job(self, request: dict[str, Any]) -> TransformJob:
        job = self._jobs.get(request["TransformJobName"])
        if job is None:
            raise ApiError(_UNKNOWN)
        return job

    def _create(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["TransformJobName"]
        job_arn = arn("transform-job", name, get_region(), get_account_id())
        _check(request)
        model = self.model(request["ModelName"])
        self._check_data(request, model["ExecutionRoleArn"])
        description = {key: copy.deepcopy(value) for key, value in request.items() if key not in _NOT_DESCRIBED}
        description |= {
            "TransformJobArn": job_arn,
            "TransformJobStatus": "InProgress",
            "CreationTime": time.time(),
        }
        run = TransformRun(copy.deepcopy(request), model, get_region(), self.host, threading.Event())
        job = TransformJob(description, run)
        if self._jobs.setdefault(name, job) is not job:
            raise ResourceInUseError(
                "Job name must be unique within an AWS account and region, and a job with this name already exists "
                f"({job_arn})"
            )
        thread = threading.Thread(target=job.work, name=f"transform {name}", daemon=True)
        self._threads = [*(each for each in self._threads if each.is_alive()), thread]
        thread.start()
        return {"TransformJobArn": job_arn}

    def _check_data(self, request: dict[str, Any], role: str) -> None:
        place = Location.of(request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])
        try:
            if transfer.find_object(self.host.clients("s3", role), place):
                return
            reason = ""
        except (ClientError, PermissionError) as error:
            reason = f" {error}"
        raise ApiError(f"No S3 objects found under S3 URL s3://{place.bucket}/{place.prefix}.{reason}")

    def _stop(self, request: dict[str, Any]) -> dict[str, Any]:
        job = self._job(request)
        if not job.move("Stopping"):
            raise ApiError(f"The request was rejected because the transform job is in status {job.status}.")
        job.run.is_ending.set()
        return {}

    def stop_all(self) -> None:
        """End every job and its container: for the server's stop."""
        for job in list(self._jobs.to_dict().values()):
            job.run.is_ending.set()
            if job.run.server is not None:
                job.run.server.stop()
        for thread in self._threads:
            thread.join(_JOIN_SECONDS)

    def reset(self) -> None:
        """End and forget every job."""
        self.stop_all()
        self._jobs.clear()


def _check(request: dict[str, Any]) -> None:
    """Raise ApiError for what SageMaker refuses, or what is not implemented here."""
    for member in _UNSUPPORTED:
        if request.get(member):
            raise UnsupportedError(f"{member} of CreateTransformJob is not implemented by the embedded AWS.")
    source = request["TransformInput"]
    data = source["DataSource"]["S3DataSource"]
    if data["S3DataType"] != "S3Prefix":
        raise UnsupportedError("S3DataType ManifestFile is not implemented by the embedded AWS.")
    if source.get("SplitType", "None") not in ("None", "Line"):
        raise UnsupportedError("SplitType RecordIO and TFRecord are not implemented by the embedded AWS.")
    if source.get("CompressionType", "None") not in ("None", "Gzip"):
        raise ApiError("CompressionType must be None or Gzip.")
    Location.of(data["S3Uri"])
    Location.of(request["TransformOutput"]["S3OutputPath"])
    processing = request.get("DataProcessing") or {}
    if processing.get("JoinSource", "None") != "None" or processing.get("OutputFilter", "$") != "$":
        raise UnsupportedError("JoinSource and OutputFilter are not implemented by the embedded AWS.")
    if processing.get("InputFilter", "$") != "$" and source.get("SplitType") != "Line":
        raise ApiError("InputFilter needs SplitType Line.")
    try:
        column_filter(processing.get("InputFilter") or "$")
    except ValueError as error:
        raise UnsupportedError(f"InputFilter is not implemented for {error}.") from None
