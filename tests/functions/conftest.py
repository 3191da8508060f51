"""The data bucket in moto's S3, and handlers run in process."""

import gzip
import importlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import boto3
import pytest
from botocore import loaders, session
from moto import mock_aws
from moto.server import ThreadedMotoServer

import predict.app
from aws import clients, settings
from predictions import Ask
from wildrydes.bucket import Source, arrival_time

NAME = "wildrydes-data"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "DATA_BUCKET": NAME,
    "MODEL_PATH": "none",
    "TURNS_TABLE": "turns",
    "POWERTOOLS_SERVICE_NAME": "wildrydes",
}


@dataclass(frozen=True)
class Context:
    """What Lambda passes a handler beside the event."""

    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:function"
    aws_request_id: str = "3f7e2c3a-5b1d-4a39-9d07-2f3c6a1b8e44"
    remaining_milliseconds: int = 300_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_milliseconds


class Bucket:
    """The data bucket in moto's S3, in this process."""

    def __init__(self) -> None:
        self.s3 = boto3.client("s3")
        self.s3.create_bucket(Bucket=NAME)
        self.s3.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Enabled"})

    def put(self, key: str, data: bytes | str) -> str:
        """Puts an object; its ETag."""
        return self.put_version(key, data).etag

    def put_version(self, key: str, data: bytes | str) -> Source:
        """Puts an object; the source that it is, with its version and its time."""
        body = data.encode() if isinstance(data, str) else data
        put = self.s3.put_object(Bucket=NAME, Key=key, Body=body)
        arrived_at = self.s3.head_object(Bucket=NAME, Key=key, VersionId=put["VersionId"])["LastModified"]
        return Source(key, put["ETag"].strip('"'), put["VersionId"], arrival_time(arrived_at))

    def get(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=NAME, Key=key)["Body"].read()

    def json(self, key: str) -> Any:
        return json.loads(self.get(key))

    def lines(self, key: str) -> list[Any]:
        data = self.get(key)
        text = gzip.decompress(data) if key.endswith(".gz") else data
        return [json.loads(line) for line in text.splitlines()]

    def keys(self, prefix: str) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=NAME, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]


@pytest.fixture(scope="session", autouse=True)
def shared_descriptions() -> Iterator[None]:
    """Each test has boto3 sessions of its own; what botocore's files say of the services is read once for all."""
    loader = loaders.create_loader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "create_loader", lambda _search_paths=None: loader)
        yield


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    """Where moto serves over HTTP what it has in this process; boto3's calls it answers without."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, moto_server: str) -> Iterator[Bucket]:
    """An empty data bucket, and functions that have not read their environment yet."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for cached in (
        clients.session,
        clients.client,
        settings.data_settings,
        settings.rides_settings,
        settings.monitor_settings,
        settings.predict_settings,
        predict.app.load_champion,
    ):
        cached.cache_clear()
    with mock_aws():
        bucket = Bucket()
        boto3.client("dynamodb").create_table(
            TableName="turns",
            KeySchema=[{"AttributeName": "task", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "task", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        # predict has an HTTP client of its own. The other functions read through the server as well then.
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", moto_server)
        yield bucket


@pytest.fixture
def run(bucket: Bucket) -> Callable[[str, Any], Any]:
    """Runs the function of a name with an event, as JSON in and out as Lambda does."""

    def run(function: str, event: Any) -> Any:
        app = importlib.import_module(f"{function}.app")
        return json.loads(json.dumps(app.handler(json.loads(json.dumps(event)), Context())))

    return run


KEY = "models/e1/e1-job/output/model.tar.gz"
CANDIDATE = {
    "algorithm": "linear-learner",
    "model_key": KEY,
    "hyperparameters": {"epochs": "15"},
    "image": {"uri": "linear-learner@sha256:1", "digest": "sha256:1", "unknown": ""},
    "training": {"job": "e1-job", "hyperparameters": {"epochs": "15"}},
}
EVALUATION = {
    "execution": "e1",
    "task": "heavy_utilization",
    "kind": "binary_classification",
    "target": "heavy_utilization",
    "features": ["distance", "magicpoints"],
    "training_set": {"train_rows": 4, "test_rows": 4},
    "candidates": [CANDIDATE],
    "train_prefix": "training-sets/e1/split=train/",
    "test_prefix": "training-sets/e1/split=test/",
    "live_model_path": "none",
    "gate": {"min_improvement": 0.0, "promote": True, "force": False},
    "lineage": {
        "state_machine": "retrain",
        "definition_sha256": "d" * 64,
    },
}


@pytest.fixture
def model_bucket(bucket: Bucket, write_artefact: Any) -> Bucket:
    """A model that says 1 from 50 magic points a mile on, and four test rows, one of them against it."""
    bucket.put(KEY, write_artefact([-0.5, 0.01], 0.0, 0.5))
    bucket.put("ingestions/e1/processed.jsonl", "")
    bucket.put("training-sets/e1/split=test/part-0", "1,10,550\n0,10,450\n")
    bucket.put("training-sets/e1/split=test/part-1.gz", gzip.compress(b"1,20.0,1001.0\n1,10,400\n"))
    bucket.put("training-sets/e1/split=train/part-0.gz", gzip.compress(b"1,10,500\n0,20,100\n1,30,1500\n0,20,300\n"))
    return bucket


@pytest.fixture
def evaluate(model_bucket: Bucket, run: Callable[[str, Any], Any]) -> Callable[..., Any]:
    """Runs evaluate_model on that model and those rows, its rides listed before, with fields of its event changed."""

    def evaluate(**changes: Any) -> Any:
        event = EVALUATION | changes
        lineage = event["lineage"]
        if "rides" not in lineage:
            listed = run("list_rides", {"execution": event["execution"], "source": "rides"})
            names = ("prefix", "objects", "sha256", "list")
            lineage = lineage | {"rides": {name: listed[name] for name in names}, "years": listed["years"]}
        return run("evaluate_model", event | {"lineage": lineage})

    return evaluate


CARD = {
    "execution": "e1",
    "target": "heavy_utilization",
    "features": ["distance", "magicpoints"],
    "model_path": KEY,
    "training": {"distance": {"mean": 20.0, "deviation": 7.0}},
    "verdict": {"promote": True, "reason": "there is no champion"},
}


@pytest.fixture
def ask(model_bucket: Bucket, run: Callable[[str, Any], Any], monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Asks predict, with the model promoted."""
    digest = sha256(model_bucket.get(KEY)).hexdigest()
    model_bucket.put("models/e1/card.json", json.dumps(CARD | {"lineage": {"artefact_sha256": digest}}))
    monkeypatch.setenv("MODEL_PATH", KEY)
    return Ask(run, monkeypatch)
