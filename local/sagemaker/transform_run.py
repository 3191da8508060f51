"""Runs a transform job: the objects under a prefix go through the container, and what it answers goes to S3.

Each object gives one, of its own name after the prefix and `.out`. The container is as for an endpoint, but knows by
SAGEMAKER_BATCH that it is asked in a batch.
"""

import gzip
import secrets
import tempfile
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local import EmbeddedAwsError
from local.sagemaker import serving_container, transfer
from local.sagemaker.fleet import Host
from local.sagemaker.job_log import JobLog
from local.sagemaker.model_server import ModelServer
from local.sagemaker.serving_container import Container
from local.sagemaker.transform_records import RecordError, column_filter, payloads
from local.sagemaker.validation import Location

LOG_GROUP = "/aws/sagemaker/TransformJobs"
_STARTUP_SECONDS = 480.0
_MEGABYTE = 1024 * 1024
_DEFAULT_PAYLOAD_MB = 6


class TransformError(EmbeddedAwsError):
    """The job fails; the message is its FailureReason."""


@dataclass
class TransformRun:
    """One run of the job that `request` describes, for a model. `is_ending` is set to end it early."""

    request: dict[str, Any]
    model: dict[str, Any]
    region: str
    host: Host
    is_ending: threading.Event
    server: ModelServer | None = None

    def run(self) -> bool:
        """Transform every object; return whether it came to its end. Raises TransformError."""
        base = self.host.base
        if base is not None:
            base.mkdir(parents=True, exist_ok=True)
        name = self.request["TransformJobName"]
        with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=base, ignore_cleanup_errors=True) as folder:
            try:
                return self._run(Path(folder))
            except (transfer.TransferError, RecordError) as error:
                raise TransformError(str(error)) from error
            except (ClientError, BotoCoreError) as error:
                raise TransformError(f"ClientError: {transfer.describe(error)}") from error
            except (OSError, EOFError, zlib.error) as error:
                raise TransformError(f"AlgorithmError: {error}") from error
            finally:
                if self.server is not None:
                    self.server.stop()

    def _run(self, folder: Path) -> bool:
        role = self.model["ExecutionRoleArn"]
        s3: Any = self.host.clients("s3", role)
        self._start(folder, s3, role)
        source = self.request["TransformInput"]
        place = Location.of(source["DataSource"]["S3DataSource"]["S3Uri"])
        for key in _keys(s3, place):
            if self.is_ending.is_set():
                return False
            body = s3.get_object(Bucket=place.bucket, Key=key)["Body"].read()
            content = gzip.decompress(body) if source.get("CompressionType") == "Gzip" else body
            answer = b"".join(self._answers(content))
            if self.is_ending.is_set():
                return False
            target = Location.of(f"{self.request['TransformOutput']['S3OutputPath'].rstrip('/')}/{_name(key, place)}")
            transfer.upload(s3, answer, target, self.request["TransformOutput"].get("KmsKeyId"))
        return True

    def _start(self, folder: Path, s3: Any, role: str) -> None:
        definition = self.model.get("PrimaryContainer") or self.model["Containers"][0]
        container = Container.of(definition)
        variables = {**container.environment, **self.request.get("Environment", {})}
        container = Container(container.image, container.model_data, variables)
        serving_container.fetch_model(s3, container, folder / "model")
        name = self.request["TransformJobName"]
        stream = f"{name}/i-{secrets.token_hex(8)}"
        self.server = ModelServer(
            name=f"transform job {name}",
            command=lambda listener: self.host.command(container.image, self.region, folder / "model", listener),
            environment=serving_container.environment(container, self.region, folder, batch=True),
            log=JobLog(self.host.clients("logs", role), stream, group=LOG_GROUP),
        )
        if not self.server.start(_STARTUP_SECONDS):
            raise TransformError(
                "AlgorithmError: The container did not pass the ping health check. See job logs for more information."
            )

    def _answers(self, content: bytes) -> list[bytes]:
        request, source = self.request, self.request["TransformInput"]
        if self.server is None:
            return []
        by_line = source.get("SplitType", "None") == "Line"
        parts = payloads(
            content,
            by_line=by_line,
            many=request.get("BatchStrategy", "MultiRecord") == "MultiRecord",
            keep=column_filter(request.get("DataProcessing", {}).get("InputFilter") or "$"),
            most_bytes=request.get("MaxPayloadInMB", _DEFAULT_PAYLOAD_MB) * _MEGABYTE,
        )
        return [self._ask(self.server, part) for part in parts if not self.is_ending.is_set()]

    def _ask(self, server: ModelServer, payload: bytes) -> bytes:
        source, output = self.request["TransformInput"], self.request["TransformOutput"]
        headers = {"Content-Type": source.get("ContentType", ""), "Accept": output.get("Accept", "")}
        answer = server.invoke(payload, {name: value for name, value in headers.items() if value})
        if not 200 <= answer.status < 300:
            text = answer.body.decode("utf-8", "replace")
            kind = "ClientError" if 400 <= answer.status < 500 else "AlgorithmError"
            raise TransformError(f"{kind}: See job logs for more information: {answer.status} {text}")
        assembled = output.get("AssembleWith", "None") == "Line"
        return answer.body if not assembled or answer.body.endswith(b"\n") else answer.body + b"\n"


def _keys(s3: Any, place: Location) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=place.prefix)
    return [entry["Key"] for page in pages for entry in page.get("Contents", []) if not entry["Key"].endswith("/")]


def _name(key: str, place: Location) -> str:
    """`part-1.csv.out` for an object under the prefix that ends at its folder."""
    folder = place.prefix if place.prefix.endswith("/") else place.prefix.rpartition("/")[0]
    return f"{key.removeprefix(folder).lstrip('/')}.out"
