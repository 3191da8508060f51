"""A stage for training jobs: a MiniStack server for S3 and logs, the SageMaker service, and a boto3 client of it.

SageMaker's own requests go through botocore, and are handed to the service without a socket.
"""

import asyncio
import contextlib
import io
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from boto3.session import Session
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from local import account
from local.sagemaker.jobs import ENDED
from local.sagemaker.runner import Runner
from local.sagemaker.service import SageMakerService
from machines import until

ROLE = "arn:aws:iam::000000000000:role/training"
IMAGE = "382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1"
GROUP = "/aws/sagemaker/TrainingJobs"


@contextlib.contextmanager
def ministack(folder: Path) -> Iterator[str]:
    """A MiniStack server, which logs into a folder; its endpoint."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0"}
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            env=os.environ | settings | {"AUTH": "false"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: _listens(port) or server.poll() is not None, bool, 30)
        assert server.poll() is None, log.read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


class Clients:
    """boto3 clients of the server, and the roles as which they were asked for."""

    # Making a client takes longer than most calls.
    session = Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.made: dict[str, Any] = {}
        self.roles: set[tuple[str, str]] = set()

    def __call__(self, service: str, role_arn: str) -> Any:
        self.roles.add((service, role_arn))
        return self.plain(service)

    def plain(self, service: Any) -> Any:
        if service not in self.made:
            config = Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"})
            self.made[service] = self.session.client(service, endpoint_url=self.endpoint, config=config)
        return self.made[service]


class _Body(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def sagemaker_client(service: SageMakerService) -> Any:
    """A boto3 client whose requests `service` answers."""

    def answer(request: Any, **_: Any) -> AWSResponse:
        headers = {
            name.lower(): value.decode() if isinstance(value, bytes) else value
            for name, value in request.headers.items()
        }
        sent = request.body if isinstance(request.body, bytes) else request.body.encode()
        status, response_headers, body = asyncio.run(service.handle_request("POST", "/", headers, sent, {}))
        return AWSResponse(request.url, status, response_headers, _Body(body))

    client = Clients("http://127.0.0.1:9").plain("sagemaker")
    client.meta.events.register("before-send.sagemaker", answer)
    return client


class Stage:
    """A bucket with data of one training set, a service, and a client of it."""

    def __init__(self, endpoint: str, folder: Path, **settings: Any) -> None:
        self.clients = Clients(endpoint)
        self.s3, self.logs = self.clients.plain("s3"), self.clients.plain("logs")
        self.bucket = f"data-{folder.name.lower().replace('_', '-')[:50]}"
        self.folder = folder
        self.s3.create_bucket(Bucket=self.bucket)
        self.service = SageMakerService(Runner(self.clients, base=folder, **settings))
        self.sagemaker = sagemaker_client(self.service)

    def put(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def channel(self, name: str, prefix: str, **changes: Any) -> dict[str, Any]:
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{self.bucket}/{prefix}"}
        return {"ChannelName": name, "ContentType": "text/csv", "DataSource": {"S3DataSource": source}} | changes

    def create(self, name: str, **changes: Any) -> str:
        request = {
            "TrainingJobName": name,
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "RoleArn": ROLE,
            "HyperParameters": {"predictor_type": "binary_classifier", "mini_batch_size": "40", "epochs": "3"},
            "InputDataConfig": [self.channel("train", "set/train/"), self.channel("test", "set/test/")],
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/models"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
            "StoppingCondition": {"MaxRuntimeInSeconds": 120},
        }
        return self.sagemaker.create_training_job(**(request | changes))["TrainingJobArn"]

    def describe(self, name: str) -> dict[str, Any]:
        return self.sagemaker.describe_training_job(TrainingJobName=name)

    def ended(self, name: str) -> dict[str, Any]:
        until(lambda: self.describe(name)["TrainingJobStatus"] in ENDED, bool, 30)
        return self.describe(name)

    def log(self, name: str) -> list[str]:
        """The lines of the job's one log stream."""
        prefix = {"logGroupName": GROUP, "logStreamNamePrefix": f"{name}/"}
        streams = account.entries(self.logs, "describe_log_streams", "logStreams", **prefix)
        assert len(streams) == 1
        assert streams[0]["logStreamName"].startswith(f"{name}/algo-1-")
        events = self.logs.get_log_events(
            logGroupName=GROUP, logStreamName=streams[0]["logStreamName"], startFromHead=True
        )["events"]
        return [event["message"] for event in events]

    def has_logged(self, name: str, line: str) -> bool:
        try:
            return line in self.log(name)
        except (ClientError, AssertionError):
            return False
