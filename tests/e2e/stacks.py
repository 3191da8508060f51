"""A deployed stack as the end-to-end tests use it, and the sample that they put into it."""

import gzip
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cli import stack
from local.account import EmbeddedAws
from machines import until

ROOT = Path(__file__).resolve().parents[2]
SAMPLE_RIDES = sorted((ROOT / "data" / "rides").glob("*.json"))
SAMPLE_WEATHER = ROOT / "data" / "weather"
# Hyperparameters that pass every check, with which the linear learner's container fails.
DIVERGING = {"learning_rate": 1e308, "epochs": 1}


@cache
def key_of(server: EmbeddedAws, key_id: str) -> str:
    """The value of an API key."""
    return server.client("apigateway").get_api_key(apiKey=key_id, includeValue=True)["value"]


@dataclass(frozen=True)
class Stack:
    """A deployed stack, as its user sees it."""

    server: EmbeddedAws
    command_stack: stack.Stack

    @property
    def name(self) -> str:
        return self.command_stack.name

    @property
    def outputs(self) -> Mapping[str, str]:
        return self.command_stack.outputs

    def client(self, service: str) -> Any:
        return self.server.client(service)

    @property
    def endpoint(self) -> str:
        return self.server.endpoint

    @property
    def bucket(self) -> str:
        return self.outputs["DataBucketName"]

    @property
    def url(self) -> str:
        """Where the API is; ends with a slash."""
        return self.command_stack.api_url

    @property
    def key(self) -> str:
        """The value of the API's key."""
        return key_of(self.server, self.outputs["ApiKeyId"])

    def upload(self, files: Iterable[Path], prefix: str = "raw/") -> None:
        for file in files:
            self.client("s3").upload_file(str(file), self.bucket, f"{prefix}{file.name}")

    def put(self, key: str, body: bytes | str) -> None:
        self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)

    def keys(self, prefix: str) -> dict[str, str]:
        """ETag by key of the objects below `prefix`."""
        pages = self.client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return {entry["Key"]: entry["ETag"] for page in pages for entry in page.get("Contents", [])}

    def read(self, key: str) -> bytes:
        return self.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def rejected(self) -> list[Any]:
        """What is under rejected/: records with their reasons, and faults of whole files."""
        objects = {key: self.read(key) for key in self.keys("rejected/")}
        texts = [gzip.decompress(data) if key.endswith(".gz") else data for key, data in objects.items()]
        return [json.loads(line) for text in texts for line in text.splitlines()]

    def start(self, name: str = "", **execution_input: Any) -> str:
        machine = self.outputs["StateMachineArn"]
        named = {"name": name} if name else {}
        started = self.client("stepfunctions").start_execution(
            stateMachineArn=machine, input=json.dumps(execution_input), **named
        )
        return started["executionArn"]

    def execution_arn(self, name: str) -> str:
        """The ARN that a retraining of this name has."""
        return f"{self.outputs['StateMachineArn'].replace(':stateMachine:', ':execution:')}:{name}"

    def ended(self, execution: str, seconds: float = 120) -> dict[str, Any]:
        """Wait for the execution's end; what DescribeExecution says of it."""
        describe = self.client("stepfunctions").describe_execution
        return until(
            lambda: describe(executionArn=execution), lambda described: described["status"] != "RUNNING", seconds
        )

    def retrain(self, name: str = "", **execution_input: Any) -> dict[str, Any]:
        """Run the workflow to its end, which must be a success; its output."""
        described = self.ended(self.start(name, **execution_input))
        assert described["status"] == "SUCCEEDED", (described.get("error"), described.get("cause"))
        return json.loads(described["output"])

    def fail(self, **execution_input: Any) -> tuple[str, str]:
        """Run the workflow to its end, which must be a failure; error and cause."""
        described = self.ended(self.start(**execution_input))
        assert described["status"] == "FAILED", described
        return described["error"], described["cause"]

    def ask(self, ride: Any) -> tuple[int, dict[str, Any]]:
        """POST to the API; status and answer, without the request's id: no two answers have the same."""
        body = ride if isinstance(ride, bytes) else json.dumps(ride).encode()
        headers = {"Content-Type": "application/json", "x-api-key": self.key}
        request = urllib.request.Request(self.url, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                status, answer = response.status, json.load(response)
        except urllib.error.HTTPError as refusal:
            status, answer = refusal.code, json.loads(refusal.read())
        return status, {name: value for name, value in answer.items() if name != "request_id"}


MakeStack = Callable[..., Stack]
