"""A stack with a model that answers, without the retraining that would make one; and a caller of its API."""

import http.client
import json
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from bench.one_way import FEATURES
from cli import deploy
from local.account import EmbeddedAws
from local.algorithms.linear_learner import artefact
from local.algorithms.linear_learner.hyperparameters import parse
from local.sagemaker.transfer import pack
from local.server import ROOT

EXECUTION = "bench-run"
"""What is said to have trained the model."""

_KEY = f"models/{EXECUTION}/{EXECUTION}/output/model.tar.gz"
_MODEL = artefact.Model.rounded(np.array([-0.05, 0.0001, 0.0005, 0.001, 0.002, 0.003]), -0.4)


@dataclass(frozen=True)
class Api:
    """A stack's API over one connection; `fraction` of its requests are captured."""

    fraction: str
    connection: http.client.HTTPConnection
    path: str
    key: str

    def seconds(self, body: bytes) -> float:
        """How long the answer to a request took. Raises RuntimeError where it is not 200."""
        headers = {"Content-Type": "application/json", "x-api-key": self.key}
        began = time.perf_counter()
        self.connection.request("POST", self.path, body, headers)
        response = self.connection.getresponse()
        content = response.read()
        took = time.perf_counter() - began
        if response.status != 200:
            raise RuntimeError(f"the API answered {response.status}: {content[:200]!r}")
        return took


def serve(server: EmbeddedAws, package: bytes, name: str, fraction: str = "0") -> Api:
    """A stack of that name with the model as champion: its deployment finds the model's path in the SSM parameter."""
    parameters = deploy.parameters_of_champions(f"/wildrydes/{name}") | {
        "CaptureFraction": fraction,
        "ThrottleRate": "100000",
        "ThrottleBurst": "50000",
        "DailyQuota": "10000000",
    }
    server.client("ssm").put_parameter(Name=parameters["ModelPath"], Value=_KEY, Type="String")
    stack = deploy.deploy(ROOT, server, name, parameters)
    outputs = stack.outputs
    s3, card = (
        server.client("s3"),
        {
            "execution": EXECUTION,
            "target": "heavy_utilization",
            "features": FEATURES,
            "model_path": _KEY,
            "verdict": {"promote": True, "reason": "measured alone"},
        },
    )
    s3.put_object(Bucket=outputs["DataBucketName"], Key=_KEY, Body=package)
    s3.put_object(Bucket=outputs["DataBucketName"], Key=f"models/{EXECUTION}/card.json", Body=json.dumps(card))
    key = server.client("apigateway").get_api_key(apiKey=outputs["ApiKeyId"], includeValue=True)["value"]
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    return Api(fraction, connection, f"{urlsplit(stack.api_url).path}predictions", key)


def package_in(folder: Path) -> bytes:
    """A package of a small model, written below `folder`."""
    (folder / "model").mkdir()
    artefact.write(folder / "model", _MODEL, parse({"predictor_type": "binary_classifier"}))
    package = pack(folder / "model")
    if package is None:
        raise AssertionError("an artefact was written")
    return package
