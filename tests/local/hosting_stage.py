"""A stage for hosting: the SageMaker service in this process, boto3 clients of it, and S3 and alarms in memory.

Containers are real processes. The clock stands still until a test moves it on.
"""

import asyncio
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from boto3.session import Session
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from local.sagemaker.model_server import ModelServer
from local.sagemaker.runner import Runner
from local.sagemaker.service import SageMakerService
from machines import until

ROLE = "arn:aws:iam::000000000000:role/models"
IMAGE = "382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1"
SESSION = Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")


class Objects:
    """S3, CloudWatch Logs and CloudWatch as far as containers use them."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.lines: dict[str, list[str]] = {}
        self.alarms: dict[str, str] = {}
        self.roles: set[tuple[str, str]] = set()
        self.faults: list[Exception] = []

    def __call__(self, service: str, role: str) -> Any:
        self.roles.add((service, role))
        return self

    def head_object(self, **place: str) -> dict[str, Any]:
        return {"ContentLength": len(self._get(place, "HeadObject"))}

    def get_object(self, **place: str) -> dict[str, Any]:
        body = self._get(place, "GetObject")
        return {"ContentLength": len(body), "Body": Stream(body)}

    def put_object(self, **request: Any) -> None:
        self.content[f"{request['Bucket']}/{request['Key']}"] = request["Body"]

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        return {"KeyCount": len(self.keys(f"{request['Bucket']}/{request['Prefix']}"))}

    def get_paginator(self, _: str) -> "Objects":
        return self

    def paginate(self, **request: Any) -> list[dict[str, Any]]:
        keys = self.keys(f"{request['Bucket']}/{request['Prefix']}")
        return [{"Contents": [{"Key": key.partition("/")[2]} for key in keys]}]

    def keys(self, prefix: str) -> list[str]:
        return sorted(key for key in self.content if key.startswith(prefix))

    def create_log_group(self, **_: str) -> None:
        pass

    def create_log_stream(self, **_: str) -> None:
        pass

    def put_log_events(self, **request: Any) -> None:
        lines = self.lines.setdefault(request["logGroupName"], [])
        lines.extend(event["message"] for event in request["logEvents"])

    def describe_alarms(self, **request: Any) -> dict[str, Any]:
        if self.faults:
            raise self.faults.pop()
        names = [name for name in request["AlarmNames"] if name in self.alarms]
        states = [{"AlarmName": name, "StateValue": self.alarms[name]} for name in names]
        return {"MetricAlarms": states if "MetricAlarm" in request["AlarmTypes"] else []}

    def _get(self, place: dict[str, str], operation: str) -> bytes:
        try:
            return self.content[f"{place['Bucket']}/{place['Key']}"]
        except KeyError:
            error: Any = {
                "Error": {"Code": "404", "Message": "Not Found"},
                "ResponseMetadata": {"HTTPStatusCode": 404},
            }
            raise ClientError(error, operation) from None


class Stream(io.BytesIO):
    """A body as boto3 gives it, and as botocore reads it."""

    def iter_chunks(self, size: int) -> Iterator[bytes]:
        while chunk := self.read(size):
            yield chunk

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


class Stage:
    """The service, and clients of its two APIs."""

    def __init__(self, folder: Path) -> None:
        self.now = 1_700_000_000.0
        self.objects = Objects()
        self.service = SageMakerService(Runner(self.objects, base=folder), clock=lambda: self.now)
        self.sagemaker = self._client("sagemaker")
        self.runtime = self._client("sagemaker-runtime")

    def _client(self, name: Any) -> Any:
        def answer(request: Any, **_: Any) -> AWSResponse:
            headers = {
                key.lower(): value.decode() if isinstance(value, bytes) else value
                for key, value in request.headers.items()
            }
            path = "/" + request.url.split("/", 3)[3]
            sent = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
            status, response_headers, body = asyncio.run(self.service.handle_request("POST", path, headers, sent, {}))
            return AWSResponse(request.url, status, response_headers, Stream(body))

        config = Config(retries={"max_attempts": 0})
        client: Any = SESSION.client(name, endpoint_url="http://127.0.0.1:9", config=config)
        client.meta.events.register("before-send", answer)
        return client

    def model(self, name: str, artefact: bytes, image: str = IMAGE, **changes: Any) -> None:
        self.objects.content[f"models/{name}/model.tar.gz"] = artefact
        container = {"Image": image, "ModelDataUrl": f"s3://models/{name}/model.tar.gz"}
        self.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE, **changes)

    def config(self, name: str, weights: dict[str, float], **changes: Any) -> None:
        """A configuration whose variants are called `<model>-variant`."""
        variants = [
            {
                "VariantName": f"{model}-variant",
                "ModelName": model,
                "InitialInstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "InitialVariantWeight": weight,
            }
            for model, weight in weights.items()
        ]
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants, **changes)

    def endpoint(self, name: str, config: str) -> dict[str, Any]:
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        return self.settled(name)

    def describe(self, name: str) -> dict[str, Any]:
        return self.sagemaker.describe_endpoint(EndpointName=name)

    def settled(self, name: str) -> dict[str, Any]:
        until(lambda: self.describe(name)["EndpointStatus"] in ("InService", "Failed"), bool, 60)
        return self.describe(name)

    def server(self, endpoint: str, variant: str) -> ModelServer:
        """What runs the container of a variant."""
        fleet = self.service.hosting.endpoints._endpoints[endpoint].blue
        return fleet.variants[variant].server

    def ask(self, name: str, body: str | bytes, content_type: str = "text/csv", **changes: Any) -> dict[str, Any]:
        return self.runtime.invoke_endpoint(EndpointName=name, ContentType=content_type, Body=body, **changes)

    def score(self, name: str, row: str, **changes: Any) -> float:
        answer = self.ask(name, row, **changes)
        return json.loads(answer["Body"].read())["predictions"][0]["score"]
