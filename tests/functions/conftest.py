"""The data bucket in moto's S3, handlers run in process, and artefacts as MXNet writes them."""

import gzip
import importlib
import io
import json
import tarfile
import warnings
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto import mock_aws

import predict.app
from aws import s3, settings

WriteArtefact = Callable[..., bytes]

NAME = "wildrydes-data"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "DATA_BUCKET": NAME,
    "MODEL_PATH": "none",
    "POWERTOOLS_SERVICE_NAME": "wildrydes",
}


@pytest.fixture(scope="session")
def mxnet() -> ModuleType:
    """MXNet, whose import uses what NumPy has deprecated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mxnet
    return mxnet


@pytest.fixture(scope="session")
def write_artefact(mxnet: Any, tmp_path_factory: pytest.TempPathFactory) -> WriteArtefact:
    """A function of weights, bias, threshold and output operator -> the bytes of model.tar.gz."""

    def write(weights: list[float], bias: float, threshold: float, output: str = "LogisticRegressionOutput") -> bytes:
        sym = mxnet.sym
        weight = sym.Variable("fc0_weight", shape=(len(weights), 1))
        total = sym.broadcast_add(sym.dot(sym.Variable("data"), weight), sym.Variable("fc0_bias", shape=(1, 1)))
        graph = getattr(sym, output)(total, sym.Variable("out_label"))
        folder = tmp_path_factory.mktemp("artefact")
        graph.save(str(folder / "mx-mod-symbol.json"))
        arrays = {"arg:fc0_weight": [[w] for w in weights], "arg:fc0_bias": [[bias]]}
        params = {name: mxnet.nd.array(values) for name, values in arrays.items()}
        mxnet.nd.save(str(folder / "mx-mod-0000.params"), params)
        (folder / "additional-params.json").write_text(json.dumps({"threshold": threshold}))
        (folder / "manifest.json").write_text('{"mx-mod": "mxnet_module", "version": 1}')
        return packed(folder)

    return write


def packed(folder: Path) -> bytes:
    """The files of a folder as model.tar.gz: a tar of one stored zip."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    outer = io.BytesIO()
    with tarfile.open(fileobj=outer, mode="w:gz") as tar:
        member = tarfile.TarInfo("model_algo-1")
        member.size = len(inner.getvalue())
        tar.addfile(member, io.BytesIO(inner.getvalue()))
    return outer.getvalue()


@dataclass(frozen=True)
class Context:
    """What Lambda passes a handler beside the event."""

    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:function"
    aws_request_id: str = "3f7e2c3a-5b1d-4a39-9d07-2f3c6a1b8e44"


class Bucket:
    """The data bucket in moto's S3, in this process."""

    def __init__(self) -> None:
        self.s3 = boto3.client("s3")
        self.s3.create_bucket(Bucket=NAME)

    def put(self, key: str, data: bytes | str) -> str:
        body = data.encode() if isinstance(data, str) else data
        return self.s3.put_object(Bucket=NAME, Key=key, Body=body)["ETag"].strip('"')

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
        return [found["Key"] for page in pages for found in page.get("Contents", ())]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """An empty data bucket, and functions that have not read their environment yet."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for cached in (s3.client, settings.data_settings, settings.predict_settings, predict.app.live_model):
        cached.cache_clear()
    with mock_aws():
        yield Bucket()


@pytest.fixture
def run(bucket: Bucket) -> Callable[[str, Any], Any]:
    """Runs the function of a name with an event, as JSON in and out as Lambda does."""

    def run(function: str, event: Any) -> Any:
        app = importlib.import_module(f"{function}.app")
        return json.loads(json.dumps(app.handler(json.loads(json.dumps(event)), Context())))

    return run
